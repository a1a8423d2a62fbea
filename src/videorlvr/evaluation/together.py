"""Processes that evaluate together, as an evaluation sees them: it knows nothing of torch and how they were started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


class Together(Protocol):
    """rank: this process's number, the first one's is 0. size: how many there are."""

    @property
    def rank(self) -> int: ...

    @property
    def size(self) -> int: ...

    def everyones_values(self, value: Any) -> list[Any]:
        """What all have given, by rank; it waits for them."""
        ...


@dataclass(frozen=True)
class Alone:
    """This process and no other."""

    rank: int = 0
    size: int = 1

    def everyones_values(self, value: Any) -> list[Any]:
        return [value]


ALONE = Alone()
