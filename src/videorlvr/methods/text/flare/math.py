"""Which branch is tried next, what a state is worth, and how its value is written. Pure."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence

LOST = "<wrong>"
LEFT = string.digits + string.ascii_letters
"""A character a number of moves that are left; the last one stands for more."""


def word_of(left: int | None) -> str:
    """How the value of a state is written: a character for the moves that are left, `<wrong>` where it is lost."""
    return LOST if left is None else LEFT[min(left, len(LEFT) - 1)]


def worth(left: int | None, discount: float) -> float:
    """discount^left in [0, 1], 0 of a lost state."""
    return 0.0 if left is None else float(discount**left)


def expected_worth(law: Mapping[str, float], discount: float) -> float:
    """sum p(word) worth(word) / sum p(word), over the words that say a value."""
    values = {**{word: worth(left, discount) for left, word in enumerate(LEFT)}, LOST: 0.0}
    total = sum(law.values())
    return sum(share * values[word] for word, share in law.items()) / total if total else 0.0


def upper_bounds(worths: Sequence[float], tries: Sequence[int], explore: float) -> list[float]:
    """Q(s, a) + c sqrt(log N(s) / (N(s, a) + 1)), N(s) the sum of tries. Source: arXiv:2601.22311."""
    total = sum(tries)
    return [
        value + explore * math.sqrt(math.log(max(total, 1)) / (count + 1))
        for value, count in zip(worths, tries, strict=True)
    ]
