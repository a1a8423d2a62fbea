"""Which noise levels a sampler visits, and at which of its steps it explores.

Job: make the sigma grid, and choose the window of steps that are stochastic and trained.
Law: grids fall strictly from exactly 1 to exactly 0; the step that ends at 0 is in no window. Noise
put in there would stay in the video, seen by the reward and removed by nothing.

Legend: S number of solver steps; step k goes from sigma[k] to sigma[k + 1], k = 0 .. S - 1.
"""

from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

Window = Literal["early", "late", "random", "all"]


def sigma_grid(num_steps: int, shift: float) -> Tensor:
    """Shifted uniform grid of S + 1 noise levels.

        sigma = shift s / (1 + (shift - 1) s),    s = 1, 1 - 1/S, ..., 0

    `shift` = 1 is uniform; above 1 more steps are spent near pure noise, as long token sequences need.

    Returns:
        sigma_S: [S + 1] float32 (on the CPU), strictly falling, first exactly 1, last exactly 0.

    Raises:
        ValueError: If `num_steps` < 1, `shift` is not positive and finite, or levels coincide in float32.

    Source: Stable Diffusion 3, arXiv:2403.03206, resolution-dependent shift of the timestep.
    """
    if num_steps < 1:
        raise ValueError(f"num_steps={num_steps}; expected at least 1; a usual value is 10 to 50")
    if not (np.isfinite(shift) and shift > 0):
        raise ValueError(f"shift={shift}; expected a finite number > 0; 1 gives a uniform grid")
    uniform = torch.linspace(1, 0, num_steps + 1, dtype=torch.float64)
    sigma_S = (shift * uniform / (1 + (shift - 1) * uniform)).to(torch.float32)
    sigma_S[0], sigma_S[-1] = 1.0, 0.0  # exact by definition, not by the grace of rounding
    if not bool((sigma_S.diff() < 0).all()):
        raise ValueError(
            f"num_steps={num_steps}, shift={shift}: neighbouring noise levels coincide in float32; "
            f"expected a strictly falling grid; use fewer steps or a shift nearer 1"
        )
    return sigma_S


def window_steps(
    window: Window, num_trained: int | None, num_steps: int, rng: np.random.Generator | None = None
) -> tuple[int, ...]:
    """Steps that get noise in the rollout and gradient in training; everything else is the ODE.

    With S = `num_steps` and L = `num_trained`, out of the S - 1 steps that may be chosen:

        early   0 .. L - 1                      (Early-Step Focus)
        late    S - 1 - L .. S - 2
        random  L distinct ones, sorted
        all     0 .. S - 2

    All samples of a group must share one window, else their rewards differ by how much noise
    each was given: draw it once a group (or once an update) and hand it out.

    Args:
        num_trained: L in [1, S - 1]. For `all` it is None, or S - 1 to say the same.
        rng: Source of the draw; needed by `random` only.

    Raises:
        ValueError: If the window is unknown, L does not fit, or `random` has no `rng`.

    Source: Early-Step Focus, VideoRLVR, arXiv:2605.15458; windows of SDE steps, MixGRPO, arXiv:2507.21802.
    """
    free = num_steps - 1
    if free < 1:
        raise ValueError(f"num_steps={num_steps}; expected at least 2, the last step is never trained")
    length = free if window == "all" and num_trained is None else num_trained
    if length is None or not 1 <= length <= free or (window == "all" and length != free):
        wanted = f"None or {free}" if window == "all" else f"1 to {free}"
        raise ValueError(
            f"num_trained={num_trained} with num_steps={num_steps}, window={window!r}; expected {wanted}, "
            f"for the last step is never trained; lower num_trained or raise num_steps"
        )
    match window:
        case "early" | "all":
            return tuple(range(length))
        case "late":
            return tuple(range(free - length, free))
        case "random":
            if rng is None:
                raise ValueError("window='random' without rng; expected a numpy Generator; pass rng=")
            return tuple(sorted(int(k) for k in rng.choice(free, size=length, replace=False)))
        case _:
            raise ValueError(f"window={window!r}; expected one of {get_args(Window)}")
