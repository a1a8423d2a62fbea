"""Traces of another length. Pure."""

from __future__ import annotations

from videorlvr.base import seeding
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.written.boards import CELL, BoardForm
from videorlvr.worlds.written.passages import Passage, solved
from videorlvr.worlds.written.traces import STATE, Fact, corrupted, facts_of, steps_of

FILLER = "<again>"


def lengthened(world: World, problem: Problem, restatements: int, content: str) -> list[Fact]:
    """The facts of the reference solution, each step's board said so many times; of `corrupted` one is false."""
    facts = facts_of(steps_of(world, problem), "restate", times=restatements)
    if content == "corrupted":
        rng = seeding.rng("step-length", str(problem.address))
        return corrupted(facts, rng, figures=len(world.figure_names))[0]
    return facts


def told(world: World, problem: Problem, *, form: BoardForm, restatements: int, content: str) -> Passage:
    """A problem, the trace, its answer."""
    facts = lengthened(world, problem, restatements, content)
    filled = content == "filler"
    words = (filler_of(fact) if filled and fact.tag == STATE else fact.tag + fact.text for fact in facts)
    return solved(world, problem, form=form, think="".join(words))


def filler_of(fact: Fact) -> str:
    """As many tokens as the fact has, its tag among them, that say nothing."""
    return FILLER * (1 + len(CELL.findall(fact.text)) + fact.text.count("\n"))
