"""Answers that are text: the moves that are judged, the words they came in, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from videorlvr.worlds.api import Problem, World


@dataclass(frozen=True)
class Answer:
    """What a language model said of a problem.

    moves: what is judged, as it stands; strict. lenient: what a reader who means well finds in the text, None where
        nobody looked. text: all of it. counts: numbers that are averaged, such as tokens.
    """

    moves: str
    text: str
    lenient: str | None = None
    counts: Mapping[str, float] = field(default_factory=dict)


TextPlayer = Callable[[World, list[Problem], int], list[Answer]]
"""(world, problems, sample index) -> an answer a problem."""
