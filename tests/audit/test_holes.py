"""The published holes: every rule is fooled by its videos, the judge is not, and the list names what there is."""

from __future__ import annotations

import dataclasses
from functools import cache

import pytest

from videorlvr.audit import hole_outcomes, naive_rules
from videorlvr.audit.hole_outcomes import outcomes, video_of, videos_of
from videorlvr.audit.holes import HOLES
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Verdict
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.render import oracle_video

BY_NAME = {hole.name: hole for hole in HOLES}
PROBLEMS = {
    "regions for paths": 4,
    "gaps are straight lines": 8,
    "one reference": 3,
    "one reference's track": 3,
}
"""How many problems are judged, for holes whose videos few problems have; of the others one is enough."""
PARTLY = {"gaps are straight lines", "a tracker that slips"}
"""Holes that only some problems show in some of their videos."""


@cache
def measured(name: str):
    return list(outcomes(BY_NAME[name], level="small", count=PROBLEMS.get(name, 1)))


@pytest.mark.parametrize("name", BY_NAME)
def test_the_published_rule_is_fooled_and_the_judge_is_not(name):
    shown = [outcome for outcome in measured(name) if outcome.made]
    assert shown
    assert all(outcome.is_held for outcome in shown)
    if name in PARTLY:
        assert any(outcome.is_fooled for outcome in shown)
    else:
        assert [outcome.video for outcome in shown if not outcome.is_fooled] == []


@pytest.mark.parametrize("name", BY_NAME)
def test_the_rule_knows_a_right_video(name):
    """A rule that pays the oracle little would be fooled by nothing. The tracker's hole is that it does so."""
    hole = BY_NAME[name]
    if hole.cheats:
        for outcome in measured(name):
            assert outcome.oracle >= min(0.5, hole.bar + 0.1)
            assert outcome.oracle >= outcome.reward - 0.05


def test_the_list_names_cheats_and_variants_that_exist():
    for hole in HOLES:
        listed = list(videos_of(hole))
        assert listed, hole.name
        for world, kind, name in listed:
            made = WORLDS[world].cheats if kind == "cheat" else WORLDS[world].variants
            assert name in {entry.name for entry in made}, (hole.name, world, name)
    assert len(BY_NAME) == len(HOLES)


def test_a_name_that_does_not_exist_is_an_error():
    problem = make_problem(WORLDS["maze"], "micro", "test", 0)
    with pytest.raises(ValueError, match="no cheat 'paint-nothing'"):
        video_of(WORLDS["maze"], problem, "cheat", "paint-nothing")


def test_a_judge_with_the_hole_is_found(monkeypatch):
    """Planted: the judge looks at the last frame alone, or refuses everything."""

    def by_last_frame(world, problem, video, tolerance):
        return Verdict(naive_rules.last_frame(world, problem, video) == 1, "")

    hole = dataclasses.replace(BY_NAME["every corridor painted"], cheats={"maze": ("paint-everything",)})
    monkeypatch.setattr(hole_outcomes, "judge", by_last_frame)
    assert [outcome.is_held for outcome in outcomes(hole, level="micro", count=2)] == [False]
    monkeypatch.setattr(hole_outcomes, "judge", lambda world, problem, video, tolerance: Verdict(False, "no"))
    timing = dataclasses.replace(BY_NAME["one reference's timing"], variants={"maze": ("late-start",)})
    assert not any(outcome.is_held for outcome in outcomes(timing, level="small", count=2))


def test_a_rule_that_looks_at_the_process_is_not_fooled():
    """The other side of `is_fooled`: our judge as the published rule."""
    rule = lambda world, problem, video: float(hole_outcomes.judge(world, problem, video, EXACT).success)  # noqa: E731
    hole = dataclasses.replace(BY_NAME["only the last frame counts"], rule=rule)
    assert not any(outcome.is_fooled for outcome in outcomes(hole, level="micro", count=1) if outcome.made)


def test_the_change_mask_sees_walls():
    """The published Maze rule is not blind: a way through walls joins nothing, and a still picture has no change."""
    world = WORLDS["maze"]
    for index in range(3):
        problem = make_problem(world, "small", "test", index)
        for name in ("through-walls", "frozen-first-frame"):
            video = video_of(world, problem, "cheat", name)
            assert video is None or naive_rules.maze_change_mask(world, problem, video) == 0
        assert naive_rules.maze_change_mask(world, problem, oracle_video(world, problem)) == 1
