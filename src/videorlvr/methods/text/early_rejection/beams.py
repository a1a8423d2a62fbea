"""Beams: answers in the making, written on by so many tokens, with what a score needs to know of them.

Law: what is written for a beam depends on its own noise alone, which is named by board, sample, round and number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from videorlvr.base import seeding
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.language.sampling import write
from videorlvr.worlds.written.guide import Guide

Name = tuple[str, int, int, int]
"""(board, sample, round, number) of a candidate."""


@dataclass(frozen=True)
class Beam:
    """An answer in the making. state: None after an illegal move. ended: did it write its end? begun: tokens that it
    had when its step began."""

    guide: Guide
    prompt: list[int]
    state: Any
    ids: list[int] = field(default_factory=list)
    ended: bool = False
    begun: int = 0
    name: Name = ("", 0, 0, 0)

    @property
    def context(self) -> list[int]:
        return [*self.prompt, *self.ids]

    @property
    def open(self) -> bool:
        """Is there anything to write behind it?"""
        return not self.ended and self.state is not None


def written_on(
    policy: LanguagePolicy, beams: Sequence[Beam], *, upto: int, room: int, temperature: float
) -> tuple[list[Beam], list[int]]:
    """(the beams, written up to `upto` tokens of their steps, tokens that each took); closed ones as they are."""
    going = [place for place, beam in enumerate(beams) if beam.open and _wanted(beam, upto, room) > 0]
    out, took = list(beams), [0] * len(beams)
    if not going:
        return out, took
    wanted = [_wanted(beams[place], upto, room) for place in going]
    noise = torch.full((len(going), max(wanted)), 0.5, dtype=torch.float64)
    for row, place in enumerate(going):
        beam = beams[place]
        done = len(beam.ids) - beam.begun
        drawn = seeding.rng("text-early-rejection", *beam.name).random(done + wanted[row])[done:]
        noise[row, : wanted[row]] = torch.from_numpy(drawn)
    contexts = [beams[place].context for place in going]
    got = write(policy, contexts, max_tokens=max(wanted), uniform_BN=noise, temperature=temperature)
    for row, place in enumerate(going):
        ids = got.ids[row][: wanted[row]]
        out[place] = extended(policy, beams[place], ids)
        took[place] = len(ids)
    return out, took


def _wanted(beam: Beam, upto: int, room: int) -> int:
    return min(upto - (len(beam.ids) - beam.begun), room - len(beam.ids))


def extended(policy: LanguagePolicy, beam: Beam, ids: list[int]) -> Beam:
    """The beam with these tokens behind it."""
    state, ended = beam.state, bool(ids) and ids[-1] == policy.tokens.end
    text = policy.tokens.decode(ids[:-1] if ended else ids)
    for move in beam.guide.game.read_moves(text):
        if state is not None:
            state = beam.guide.after(state, move)
    return replace(beam, ids=beam.ids + ids, state=state, ended=ended)
