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
