"""Suites: fixed lists of addresses in which no board comes twice."""

from __future__ import annotations

import dataclasses

import pytest

from videorlvr.base.choices import ChoiceError
from videorlvr.evaluation import suites
from videorlvr.worlds import WORLDS, world_of
from videorlvr.worlds.api import Level
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.symmetry import images

# Mazes of six cells: few boards, which come again and again.
TINY = Level(name="tiny", rows=(2, 2), cols=(3, 3), moves=(1, 5), num_frames=6, moves_per_frame=1)
CROWDED = suites.Suite(
    "crowded", (suites.Part("crowded", "tiny", "train", 60), suites.Part("maze", "micro", "val", 9))
)


@pytest.fixture(autouse=True)
def crowded_world(monkeypatch):
    world = dataclasses.replace(WORLDS["maze"], name="crowded", levels={"tiny": TINY})
    monkeypatch.setitem(WORLDS, "crowded", world)


def test_a_suite_is_found_by_its_name():
    small, only = suites.suite_of("small-v2"), suites.suite_of("small-v2:maze")
    assert only.parts == tuple(part for part in small.parts if part.world == "maze")
    assert only.size == 1000
    names = [suite.name for suite in suites.SUITES]
    assert len(set(names)) == len(names)
    assert all(part.split == "val" for s in suites.SUITES if "-val-" in s.name for part in s.parts)
    assert all(part.split == "test" for s in suites.SUITES if "-val-" not in s.name for part in s.parts)
    with pytest.raises(ChoiceError, match="did you mean 'small-v2'"):
        suites.suite_of("smal-v2")
    with pytest.raises(ChoiceError, match="did you mean 'maze'"):
        suites.suite_of("small-v2:mazes")


def test_a_suite_holds_the_first_problems_of_each_different_board():
    """By the definition, one index after the other: an index is there unless a lower one has its board."""
    listed = suites.problems(CROWDED, workers=1)
    for part in CROWDED.parts:
        ours = [problem for problem in listed if problem.address.world == part.world]
        world, expected = world_of(part.world), []
        for index in range(ours[-1].address.index + 1):
            problem = make_problem(world, part.level, part.split, index)
            if not any(problem.grid == earlier.grid for earlier in expected):
                expected.append(problem)
        assert [p.to_json() for p in ours] == [p.to_json() for p in expected]
        assert len(ours) == part.size
    assert max(p.address.index for p in listed) >= 60, "no board came twice: the test says nothing"


def test_a_larger_suite_begins_with_the_smaller_one():
    def walked(size):
        part = suites.Part("crowded", "tiny", "train", size)
        return [str(p.address) for p in suites.problems(suites.Suite("sized", (part,)), workers=1)]

    assert walked(60)[:40] == walked(40)


def test_a_level_with_too_few_boards_is_refused(monkeypatch):
    monkeypatch.setattr(suites, "MAX_WALK", 3)
    part = suites.Part("crowded", "tiny", "test", 100)
    with pytest.raises(
        ValueError, match=r"crowd wants 100 different boards of crowded:tiny.* show only \d\d: take"
    ):
        suites.problems(suites.Suite("crowd", (part,)), workers=1)


def test_puzzles_are_counted_up_to_images():
    listed = suites.problems(CROWDED, workers=1)
    for world, count in suites.num_puzzles(listed).items():
        classes = {frozenset(image_bytes(p.grid)) for p in listed if p.address.world == world}
        assert count == len(classes)
    assert suites.num_puzzles(listed)["crowded"] < 60


def image_bytes(grid):
    return [bytes(image.shape) + image.ground.tobytes() + image.figure.tobytes() for image in images(grid)]


def test_the_hash_stands_for_addresses():
    one = suites.Suite("one", (suites.Part("maze", "micro", "test", 8),))
    renamed, longer = suites.Suite("two", one.parts), suites.Suite("one", (one.parts[0]._replace(size=9),))
    assert suites.suite_hash(one) == suites.suite_hash(renamed)
    assert suites.suite_hash(one) != suites.suite_hash(longer)
    assert suites.suite_hash(one) != suites.suite_hash(
        suites.Suite("one", (one.parts[0]._replace(split="val"),))
    )


def test_a_pool_makes_the_same_problems():
    suite = suites.Suite("pool", (suites.Part("maze", "micro", "val", 70),))
    alone, pooled = suites.problems(suite, workers=1), suites.problems(suite, workers=2)
    assert [p.to_json() for p in alone] == [p.to_json() for p in pooled]
