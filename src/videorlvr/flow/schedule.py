"""Which noise levels a sampler visits.

Law: schedules fall strictly from exactly 1 to exactly 0.

Legend: S number of solver steps; step k goes from sigma[k] to sigma[k + 1], k = 0 .. S - 1.
"""

import numpy as np
import torch
from torch import Tensor


def sigma_schedule(steps: int, shift: float) -> Tensor:
    """Shifted uniform schedule of S + 1 noise levels.

        sigma = shift s / (1 + (shift - 1) s),    s = 1, 1 - 1/S, ..., 0

    `shift` = 1 is uniform; above 1 more steps are spent near pure noise, as long token sequences need.

    Returns:
        sigma_S: [S + 1] float32 (on the CPU), strictly falling, first exactly 1, last exactly 0.

    Raises:
        ValueError: If `steps` < 1, `shift` is not positive and finite, or levels coincide in float32.

    Source: Stable Diffusion 3, arXiv:2403.03206, resolution-dependent shift of the timestep.
    """
    if steps < 1:
        raise ValueError(f"steps={steps}; expected at least 1; a usual value is 10 to 50")
    if not (np.isfinite(shift) and shift > 0):
        raise ValueError(f"shift={shift}; expected a finite number > 0; 1 gives a uniform schedule")
    uniform = torch.linspace(1, 0, steps + 1, dtype=torch.float64)
    sigma_S = (shift * uniform / (1 + (shift - 1) * uniform)).to(torch.float32)
    sigma_S[0], sigma_S[-1] = 1.0, 0.0  # exact by definition, not by the grace of rounding
    if not bool((sigma_S.diff() < 0).all()):
        raise ValueError(
            f"steps={steps}, shift={shift}: neighbouring noise levels coincide in float32; "
            f"expected a strictly falling schedule; use fewer steps or a shift nearer 1"
        )
    return sigma_S
