"""No board twice: one law for suites, exports and validation."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from videorlvr.evaluation import suites
from videorlvr.evaluation.export import export
from videorlvr.worlds import WORLDS, different, world_of
from videorlvr.worlds.api import Level, Problem
from videorlvr.worlds.different import Part, different_boards
from videorlvr.worlds.problems import make_problem

# Mazes of six cells: few boards, which come again and again.
TINY = Level(name="tiny", rows=(2, 2), cols=(3, 3), moves=(1, 5), num_frames=6, moves_per_frame=1)
CROWDED, MICRO = Part("crowded", "tiny", "train", 60), Part("maze", "micro", "val", 9)


@pytest.fixture(autouse=True)
def crowded_world(monkeypatch: pytest.MonkeyPatch) -> None:
    world = dataclasses.replace(WORLDS["maze"], name="crowded", levels={"tiny": TINY})
    monkeypatch.setitem(WORLDS, "crowded", world)


def by_definition(part: Part) -> list[Problem]:
    """One index after the other: an index is there unless a lower one has its board."""
    world, expected, index = world_of(part.world), list[Problem](), part.start
    while len(expected) < part.size:
        problem = make_problem(world, part.level, part.split, index)
        if not any(problem.grid == earlier.grid for earlier in expected):
            expected.append(problem)
        index += 1
    return expected


def texts(listed: Sequence[Problem]) -> list[str]:
    return [str(problem.address) for problem in listed]


@pytest.mark.parametrize("start", [0, 7])
def test_the_first_problems_of_each_different_board(start: int) -> None:
    parts = [CROWDED._replace(start=start), MICRO._replace(start=start)]
    listed = different_boards(parts, "a test", workers=1)
    expected = [problem for part in parts for problem in by_definition(part)]
    assert [problem.to_json() for problem in listed] == [problem.to_json() for problem in expected]
    assert listed[59].address.index >= start + 60, "no board came twice: the test says nothing"


def test_more_of_them_begin_with_the_same_ones() -> None:
    fewer, more = (different_boards([CROWDED._replace(size=size)], "a test") for size in (40, 60))
    assert texts(more)[:40] == texts(fewer)


def test_a_level_with_too_few_boards_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(different, "MAX_WALK", 3)
    part = Part("crowded", "tiny", "test", 100)
    said = r"suite crowd wants 100 different boards of crowded:tiny.* show only \d\d: take"
    with pytest.raises(ValueError, match=said):
        suites.problems(suites.Suite("crowd", (part,)), workers=1)


def test_a_pool_makes_the_same_problems() -> None:
    part = Part("maze", "micro", "val", 70)
    alone, pooled = (different_boards([part], "a test", workers=workers) for workers in (1, 2))
    assert [p.to_json() for p in alone] == [p.to_json() for p in pooled]


def test_an_export_repeats_no_board(tmp_path: Path) -> None:
    """At Sokoban `micro`, 200 addresses in a row hold about 107 boards."""
    sokoban, count = WORLDS["sokoban"], 40
    lines = export(sokoban, "micro", "test", count, tmp_path).read_text().splitlines()
    boards = {json.dumps(json.loads(line)["problem"]["grid"]) for line in lines}
    assert len(boards) == len(lines) == count
    expected = different_boards([Part("sokoban", "micro", "test", count)], "a test")
    assert [json.loads(line)["id"] for line in lines] == [problem.address.file_id for problem in expected]
    assert expected[-1].address.index >= count, "no board came twice: the test says nothing"
