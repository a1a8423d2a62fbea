"""The catalogue of right videos: each accepted, on every board, in every theme and size of cells."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest
from test_cheats import variety

from videorlvr.base import seeding
from videorlvr.judge.door import judge
from videorlvr.judge.read import read
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem, oracle_trace, theme_of
from videorlvr.worlds.render import oracle_video

LIKE_THE_REFERENCE = {"reference", "float-pixels", "busy-margin"}
"""Variants whose states are the oracle's."""


@cache
def videos(name: str) -> list[tuple]:
    """(variant, problem, video) of every variant that a problem has."""
    world, found = WORLDS[name], []
    for level, index in [
        *(("micro", index) for index in range(6)),
        *(("small", index) for index in range(8)),
    ]:
        problem = variety(world, level, index)
        for variant in world.variants:
            video = variant.make(world, problem, seeding.rng("test", variant.name, index))
            if video is not None:
                found.append((variant.name, problem, video))
    return found


@pytest.mark.parametrize("name", WORLDS)
def test_every_variant_is_accepted(name):
    for variant, problem, video in videos(name):
        verdict = judge(WORLDS[name], problem, video, EXACT)
        assert verdict.success, (variant, problem.address, verdict)
        for reward in WORLDS[name].rewards.values():
            assert reward(verdict.components) == pytest.approx(1), variant


@pytest.mark.parametrize("name", WORLDS)
def test_every_variant_can_be_made_and_is_one(name):
    made = set()
    for variant, problem, video in videos(name):
        trace = read(video[None], layout=problem.layout, theme=theme_of(WORLDS[name], problem))[0]
        oracle = oracle_trace(WORLDS[name], problem)
        if (variant in LIKE_THE_REFERENCE) == np.array_equal(trace.figure, oracle.figure):
            made.add(variant)
    rare = {"another-cover", "other-pushes"}  # looked for below
    assert made >= {variant.name for variant in WORLDS[name].variants} - rare


def first_of(name: str, variant: str, level: str, count: int = 40):
    """The first problem of a level that has the variant, and its video."""
    world = WORLDS[name]
    found = next(entry for entry in world.variants if entry.name == variant)
    for index in range(count):
        problem = make_problem(world, level, "train", index)
        video = found.make(world, problem, seeding.rng("first", variant, index))
        if video is not None:
            return problem, video
    raise AssertionError(f"no problem of {count} has the variant {variant}")


@pytest.mark.parametrize(
    ("name", "variant", "level"),
    [
        ("flowfree", "another-cover", "paper"),
        ("maze", "another-route", "small"),
        ("sokoban", "other-pushes", "small"),
    ],
)
def test_another_solution_is_as_good_as_the_reference(name, variant, level):
    """Where one reference is compared with, the same video is partly or wholly wrong."""
    problem, video = first_of(name, variant, level)
    verdict = judge(WORLDS[name], problem, video, EXACT)
    assert verdict.success
    assert verdict.metrics["f1"] < 1


def test_a_walk_through_every_corridor_is_right_and_painting_them_is_not():
    world = WORLDS["maze"]
    problem, walked = first_of("maze", "every-corridor", "small")
    painted = next(cheat for cheat in world.cheats if cheat.name == "paint-everything")
    assert judge(world, problem, walked, EXACT).success
    video = painted.make(world, problem, seeding.rng("painted"))
    assert not judge(world, problem, video, EXACT).success


@pytest.mark.parametrize(
    ("name", "level"), [("maze", "paper"), ("maze", "hard"), ("flowfree", "paper"), ("sokoban", "paper")]
)
def test_variants_of_large_boards_are_accepted(name, level):
    world = WORLDS[name]
    problem = make_problem(world, level, "train", 0)
    for variant in world.variants:
        video = variant.make(world, problem, seeding.rng("large", variant.name))
        if video is not None:
            assert judge(world, problem, video, EXACT).success, variant.name


@pytest.mark.parametrize("name", WORLDS)
def test_a_problem_of_one_move_a_frame_has_its_variants(name):
    """Paces other than the levels'."""
    world = WORLDS[name]
    problem = make_problem(world, "micro", "train", 2)
    moves = len(world.play(problem.grid, problem.solution)) - 1
    slow = dataclasses.replace(problem, moves_per_frame=1, num_frames=moves + 1)
    assert len(oracle_video(world, slow)) == moves + 1
    for variant in world.variants:
        video = variant.make(world, slow, seeding.rng("slow", variant.name))
        if video is not None:
            assert judge(world, slow, video, EXACT).success, variant.name
