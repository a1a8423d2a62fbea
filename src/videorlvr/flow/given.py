"""The given part of a video: latents that are conditioning, not choice (the clean first frame).

Job: hold the mask and the clean values, and put them where they belong.
Law: where `free_mask` is False the state is `clean` and the velocity is exactly 0, so a given frame
neither moves nor carries gradient, whatever the network says there.

Legend: `x`, `clean`, `free_mask` [B, ...] of one shape; True = free dimension.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from videorlvr.flow.at import At, Field


@dataclass(frozen=True, eq=False)
class Given:
    """`clean` where `free_mask` is False; no given part at all if both are None."""

    free_mask: Tensor | None
    clean: Tensor | None

    @classmethod
    def of(cls, x: Tensor, free_mask: Tensor | None, clean: Tensor | None) -> "Given":
        """Checked against the state `x`; the mask is expanded to its shape.

        Raises:
            ValueError: If one of the two is missing, the mask is not bool of x's rank or does not
                broadcast to x, or `clean` is not shaped like x.
        """
        if free_mask is None and clean is None:
            return cls(None, None)
        if free_mask is None or clean is None:
            raise ValueError("one of free_mask and clean is None; expected both or neither; pass the other")
        fits = free_mask.dtype == torch.bool and free_mask.ndim == x.ndim and clean.shape == x.shape
        if not fits or any(m not in (1, n) for m, n in zip(free_mask.shape, x.shape, strict=True)):
            raise ValueError(
                f"free_mask {free_mask.dtype} {tuple(free_mask.shape)}, clean {tuple(clean.shape)}; expected "
                f"a bool mask that broadcasts to x {tuple(x.shape)} axis by axis, and clean of that shape"
            )
        return cls(free_mask.expand(x.shape), clean.to(x))

    def impose(self, x: Tensor) -> Tensor:
        """x with the clean values in place."""
        if self.free_mask is None or self.clean is None:
            return x
        return torch.where(self.free_mask, x, self.clean)

    def still(self, field: Field) -> Field:
        """`field` in float32, not allowed to move the given part.

        So a state that holds the clean values keeps them through every point an ODE step asks about.
        """

        def velocity_of(x: Tensor, at: At) -> Tensor:
            velocity = field(x, at).to(torch.float32)
            if velocity.shape != x.shape:
                raise ValueError(
                    f"the field returned {tuple(velocity.shape)}; expected the shape of x, {tuple(x.shape)}"
                )
            if self.free_mask is None:
                return velocity
            return torch.where(self.free_mask, velocity, torch.zeros_like(velocity))

        return velocity_of

    def pick(self, keep: Tensor) -> "Given":
        """The given part of the batch items `keep` (bool [B] or indices)."""
        if self.free_mask is None or self.clean is None:
            return self
        return Given(self.free_mask[keep], self.clean[keep])
