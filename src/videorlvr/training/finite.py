"""One look at whether numbers are numbers, before they do harm."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def check_finite(doing: str, **values: Tensor) -> list[float]:
    """The values as numbers; the device is waited for once.

    Raises:
        FloatingPointError: If one is not finite, naming it. The weights have not been touched, and the last
            checkpoint stays.
    """
    found = torch.stack([value.detach().float() for value in values.values()]).tolist()
    bad = [f"{name} {value}" for name, value in zip(values, found, strict=True) if not math.isfinite(value)]
    if bad:
        raise FloatingPointError(
            f"{doing}: {', '.join(bad)}; the run stops before it is learnt from, and its last checkpoint is good: "
            "lower lr, in a new folder"
        )
    return found


class Watched:
    """`check_finite` a step late on a GPU, so that the host prepares the next step while the device is at this one.

    Law: what is not finite ends the run before the second step after it, and no checkpoint holds it, since a
    checkpoint looks at all its numbers itself. On a CPU nothing is late.
    """

    def __init__(self, *, late: bool) -> None:
        self.late = late
        self._kept: tuple[str, dict[str, Tensor], torch.cuda.Event | None] | None = None

    def look(self, doing: str, **values: Tensor) -> None:
        """Check these values, or, where it is late, those of the last call, and keep these for the next.

        Raises:
            FloatingPointError: As `check_finite`.
        """
        if not self.late:
            check_finite(doing, **values)
            return
        self.settle()
        found = torch.stack([value.detach().float() for value in values.values()])
        copied = None
        if found.device.type == "cuda":
            found = torch.empty(found.shape, pin_memory=True).copy_(found, non_blocking=True)
            copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
            copied.record()
        self._kept = doing, dict(zip(values, found, strict=True)), copied

    def settle(self) -> None:
        """Check what is left; raises as `look`."""
        if self._kept is None:
            return
        (doing, values, copied), self._kept = self._kept, None
        if copied is not None:
            copied.synchronize()
        check_finite(doing, **values)
