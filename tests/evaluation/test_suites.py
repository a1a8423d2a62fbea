"""Suites: fixed lists of addresses in which no board comes twice."""

from __future__ import annotations

import dataclasses

import pytest

from videorlvr.base.choices import ChoiceError
from videorlvr.evaluation import suites
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Level
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


def test_any_level_of_any_world_is_a_suite():
    """A world of another package has no place in ours, and needs none."""
    small, val, few = (suites.suite_of(name) for name in ("maze:small", "maze:small-val", "crowded:tiny:7"))
    assert small.parts == (suites.Part("maze", "small", "test", 200),)
    assert val.parts == (suites.Part("maze", "small", "val", 256),)
    assert few.parts == (suites.Part("crowded", "tiny", "test", 7),)
    assert [suite.name for suite in (small, val, few)] == ["maze:small", "maze:small-val", "crowded:tiny:7"]
    for name, said in (
        ("maze:smal", "did you mean 'small'"),
        ("maze:small:0", "expected a count such as maze:small:50"),
        ("maze:small:x", "expected a count"),
        ("mase:small", "did you mean 'maze:LEVEL'"),
    ):
        with pytest.raises(ValueError, match=said):
            suites.suite_of(name)


def test_what_else_is_installed_changes_no_suite():
    """`crowded` is there, with all levels that ours have."""
    WORLDS["crowded"] = dataclasses.replace(WORLDS["maze"], name="crowded")
    assert suites.suite_hash(suites.suite_of("smoke-v1")) == "7177b1d5b9103a99"
    assert {tuple(part.world for part in suite.parts) for suite in suites.SUITES} == {
        ("maze", "flowfree", "sokoban")
    }
