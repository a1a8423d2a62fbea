"""Where on the path a velocity is asked for: what a policy is told besides the state.

Law: it is told, and never guessed from sigma. Whoever must know the step (grad mode, caches, tokens that are
skipped) reads `index`; two steps may have equal floats, and rounding may part what was equal.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class At:
    """One look at the velocity.

    Attributes:
        sigma: [B] float32 noise levels, on the state's device; [B, 1, T, 1, 1] in a regression with one a frame.
        index: Solver step k; [B] int64 where a replay mixes steps; None where no solver walks, as in a regression.
        items: [B] positions of these items in the batch that the walk began with; None for all, in order.
        corrector: True at the second look of a Heun step, which is at the step's end.
    """

    sigma: Tensor
    index: int | Tensor | None = None
    items: Tensor | None = None
    corrector: bool = False


Field = Callable[[Tensor, At], Tensor]
"""(x [B, ...], at) -> velocity dx/dsigma [B, ...], guidance already applied."""
