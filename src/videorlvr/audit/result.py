"""What an audit found: counts by name, how sure they are, and which of them should not have been."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from videorlvr.base.stats import wilson
from videorlvr.worlds.api import Split
from videorlvr.worlds.declared import MAX_FALSE_REFUSALS


@dataclass(frozen=True)
class Tally:
    """What became of the videos of one name.

    name: of the variant, the cheat, or the distortion.
    strength: of the distortion, if it is one.
    absent: problems that have no such video.
    reasons: refusals by reason, most frequent first. Code that raised counts as a refusal `raised ...`.
    wrong_reasons: those of them that the cheat does not name; none for honest videos.
    examples: the first address for each reason, and for `accepted`; behind a distorted cheat its name.
    """

    name: str
    strength: float | None
    videos: int
    accepted: int
    absent: int
    reasons: Mapping[str, int]
    wrong_reasons: Mapping[str, int]
    examples: Mapping[str, str]

    @property
    def refused(self) -> int:
        return self.videos - self.accepted

    @property
    def refused_wrongly(self) -> int:
        return sum(self.wrong_reasons.values())


@dataclass(frozen=True)
class Failure:
    """What should not have been. address: of a problem that shows it."""

    sentence: str
    address: str

    def __str__(self) -> str:
        return f"{self.sentence}, as {self.address}"


@dataclass(frozen=True)
class AuditResult:
    """The audit of one world and level.

    world, package, judge: who judged. size: (H, W) of frames, None for the level's own.
    cells_px: the smallest and the largest cell.
    boards: how many of the problems are different puzzles; at `micro` far from all.
    distorted: how many of the problems went through all distortions at all strengths.
    at_declared: how many, those included, went through them at the declared strength.
    declared: the strengths that `tolerance` declares for what was audited.
    valid: the oracle and each variant, to be accepted. cheats: to be refused.
    tolerance: oracle videos, a tally for each distortion and strength.
    distorted_cheats: cheats at the declared strength of each distortion, to be refused.
    """

    world: str
    package: str
    judge: int
    level: str
    split: Split
    size: tuple[int, int] | None
    cells_px: tuple[int, int]
    problems: int
    boards: int
    distorted: int
    at_declared: int
    declared: Mapping[str, float]
    valid: tuple[Tally, ...]
    cheats: tuple[Tally, ...]
    tolerance: tuple[Tally, ...]
    distorted_cheats: tuple[Tally, ...]

    @property
    def name(self) -> str:
        return f"{self.world}/{self.level}" + (f" at {self.size[0]}x{self.size[1]}" if self.size else "")

    @property
    def at_declared_strength(self) -> tuple[Tally, ...]:
        """Those of `tolerance` that a declaration is about: of the oracle as it is, too."""
        return tuple(t for t in self.tolerance if t.strength == self.declared.get(t.name))

    @property
    def num_videos(self) -> int:
        parts = (self.valid, self.cheats, self.tolerance, self.distorted_cheats)
        return sum(tally.videos for part in parts for tally in part)

    def failures(self) -> list[Failure]:
        """Missed targets: honest videos refused, cheats accepted, declared tolerances surely not kept."""
        return [*_refusals(self), *_acceptances(self), *_broken_declarations(self)]

    def mistaken(self) -> list[Failure]:
        """Cheats that are refused, but for a reason of another."""
        return [
            Failure(
                f"{self.name}: {count} of {tally.videos} cheats '{tally.name}' refused for {reason}", where
            )
            for tally in self.cheats
            for reason, count in tally.wrong_reasons.items()
            for where in [tally.examples[reason]]
        ]

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> AuditResult:
        """Inverse of `to_json`.

        Raises:
            ValueError: If it is not an audit's result.
        """
        parts = ("valid", "cheats", "tolerance", "distorted_cheats")
        try:
            tallies = {part: tuple(Tally(**tally) for tally in value[part]) for part in parts}
            size = tuple(value["size"]) if value["size"] else None
            return AuditResult(**{**value, **tallies, "size": size, "cells_px": tuple(value["cells_px"])})
        except (KeyError, TypeError) as error:
            raise ValueError(f"not the result of an audit: {type(error).__name__} {error}") from None


def _refusals(result: AuditResult) -> Iterator[Failure]:
    for tally in result.valid:
        for reason, count in tally.reasons.items():
            sentence = f"{count} of {tally.videos} videos '{tally.name}' refused for {reason}"
            yield Failure(f"{result.name}: {sentence}", tally.examples[reason])


def _acceptances(result: AuditResult) -> Iterator[Failure]:
    """Cheats accepted, or not judged because code raised."""
    for tally in (*result.cheats, *result.distorted_cheats):
        found = {"accepted": tally.accepted} if tally.accepted else {}
        found |= {reason: count for reason, count in tally.reasons.items() if reason.startswith("raised ")}
        for fate, count in found.items():
            told = f"'{tally.name}' {fate}" if tally.strength is None else f"{fate} under {tally.name}"
            yield Failure(f"{result.name}: {count} of {tally.videos} cheats {told}", tally.examples[fate])


def _broken_declarations(result: AuditResult) -> Iterator[Failure]:
    """Declared strengths under which surely too many honest videos are refused."""
    for tally in result.at_declared_strength:
        if wilson(tally.refused, tally.videos)[0] > MAX_FALSE_REFUSALS:
            reason = next(iter(tally.reasons))
            what = f"the declared {tally.name} {tally.strength:g}"
            sentence = f"{tally.refused} of {tally.videos} oracle videos refused under {what}"
            yield Failure(f"{result.name}: {sentence}", tally.examples[reason])
