"""Which steps there are to choose from, and what is claimed of them: solvers, stochastic steps, windows.

Job: what a configuration names and must be able to check without torch.
Law: the step that ends at 0 is in no window. Noise put in there would stay in the video, seen by the reward and
removed by nothing.

Legend: S number of solver steps; step k goes from sigma[k] to sigma[k + 1], k = 0 .. S - 1.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

Solver = Literal["euler", "heun"]
Window = Literal["early", "late", "random", "all"]
SdeName = Literal["ddim-eta", "flow-sde", "dance", "cps"]


@dataclass(frozen=True)
class Claim:
    """What a stochastic step is true of, when the velocity is exact and the path starts at sigma = 1.

    Attributes:
        usual_noise_scale: The eta at which `early_error` is stated.
        exact_on_a_point: If the data is one point, the marginal after a step is exact for every eta.
        converges: On N(m, s^2) data the variance error falls to 0 with the number of steps, with
            `sigma_cap` at the schedule's second value.
        early_error: Bound on |variance / true - 1| over the first 5 of 10 steps, shift 5, s = 1/2.
            Wider data is coarser for every step, the ODE too: at s = 1 ddim-eta reaches 0.012.
        needs_cap: `sigma_cap` is used; without it the step is infinite at sigma = 1.
        most: Largest eta; where noise is exchanged, 1 exchanges all of it.
    """

    usual_noise_scale: float
    exact_on_a_point: bool
    converges: bool
    early_error: float
    needs_cap: bool
    most: float = math.inf


CLAIMS: Mapping[SdeName, Claim] = MappingProxyType(
    {
        "ddim-eta": Claim(
            0.7,
            exact_on_a_point=True,
            converges=True,
            early_error=0.01,
            needs_cap=False,
            most=1.0,
        ),
        "flow-sde": Claim(0.7, exact_on_a_point=False, converges=False, early_error=0.16, needs_cap=True),
        "dance": Claim(0.3, exact_on_a_point=False, converges=True, early_error=0.01, needs_cap=False),
        "cps": Claim(
            0.7,
            exact_on_a_point=True,
            converges=False,
            early_error=0.02,
            needs_cap=False,
            most=1.0,
        ),
    }
)


def check_noise_scale(name: SdeName, noise_scale: float) -> None:
    """Refuse an eta that the stochastic step cannot take.

    Raises:
        ValueError: If it is not above 0, or above what leaves old noise to exchange.
    """
    most = CLAIMS[name].most
    if not 0 < noise_scale <= most:
        bound = "" if math.isinf(most) else f" and <= {most:g}"
        raise ValueError(
            f"noise_scale={noise_scale}; expected > 0{bound}; a step without noise is path.euler_step"
        )


def window_steps(
    window: Window, num_trained: int | None, steps: int, rng: np.random.Generator | None = None
) -> tuple[int, ...]:
    """Steps that get noise in the rollout and gradient in training; everything else is the ODE.

    With S = `steps`, the solver's, and L = `num_trained`, out of the S - 1 steps that may be chosen:

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
    free = steps - 1
    if free < 1:
        raise ValueError(f"steps={steps}; expected at least 2, the last step is never trained")
    length = free if window == "all" and num_trained is None else num_trained
    if length is None or not 1 <= length <= free or (window == "all" and length != free):
        wanted = f"None or {free}" if window == "all" else f"1 to {free}"
        raise ValueError(
            f"num_trained={num_trained} with steps={steps}, window={window!r}; expected {wanted}, "
            f"for the last step is never trained; lower num_trained or raise the sampler's steps"
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
