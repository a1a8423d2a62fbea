"""What the doctor says of one thing: pass, fail with a remedy, or not applicable with the reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["pass", "fail", "not applicable"]


@dataclass(frozen=True)
class Check:
    """name: what was looked at. found: what was seen, in words with figures. remedy: what to do, of a failure."""

    name: str
    status: Status
    found: str
    remedy: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def held(name: str, good: bool, found: str, remedy: str) -> Check:
    """Pass or fail; the remedy is told only of a failure."""
    return Check(name, "pass", found) if good else Check(name, "fail", found, remedy)


def without(name: str, why: str) -> Check:
    return Check(name, "not applicable", why)
