"""How moves are shown: at once, by sliding or by a dissolve; boards and addresses of steps stay as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from videorlvr.audit import second
from videorlvr.cli.main import main
from videorlvr.evaluation.score import score
from videorlvr.evaluation.suites import suite_hash, suite_of
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import DECLARED, EXACT
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Trace
from videorlvr.worlds.motion import ways_between
from videorlvr.worlds.problems import level_moving, level_of, make_problem, oracle_trace
from videorlvr.worlds.render import oracle_video

MAZE = WORLDS["maze"]
WAYS = [
    f"{motion}-{frames}" for motion, frames in (("slide", 2), ("slide", 5), ("dissolve", 3), ("slide", 8))
]


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("way", WAYS)
def test_any_honest_video_of_any_motion_is_accepted(name: str, way: str) -> None:
    world = WORLDS[name]
    problem = make_problem(world, f"micro~{way}", "val", 1)
    assert problem.grid == make_problem(world, "micro", "val", 1).grid
    video = oracle_video(world, problem)
    assert len(video) == problem.num_frames
    assert second.legal(problem, oracle_trace(world, problem)).success
    for tolerance in (EXACT, DECLARED):
        assert judge(world, problem, video, tolerance).success


@pytest.mark.parametrize("way", ["slide-4", "dissolve-4"])
def test_cheats_of_a_level_that_moves_are_refused(way: str) -> None:
    for name in (
        "end-jump",
        "flicker",
        "wall-walk",
        "teleport",
        "slow-leap",
        "slides-there-and-back",
        "half-way-for-long",
    ):
        cheat = next((cheat for cheat in MAZE.cheats if cheat.name == name), None)
        problem = make_problem(MAZE, f"micro~{way}", "val", 2)
        video = cheat.make(MAZE, problem, np.random.default_rng(0)) if cheat else None
        for tolerance in (EXACT, DECLARED) if video is not None else ():
            assert not judge(MAZE, problem, video, tolerance).success, name


def test_where_moves_are_steps_nothing_is_between_them_under_exact() -> None:
    problem = make_problem(MAZE, "micro", "val", 1)
    video = oracle_video(MAZE, make_problem(MAZE, "micro~slide-4", "val", 1))
    assert judge(MAZE, problem, video, EXACT).reason in ("unexplained", "unreadable")
    assert judge(MAZE, problem, video, DECLARED).success


def test_moves_come_at_most_twice_as_fast_as_they_are_shown() -> None:
    problem = make_problem(MAZE, "micro~slide-4", "val", 1)
    states = MAZE.play(problem.grid, problem.solution)
    for frames_per_move, legal in ((4, True), (2, True), (1, False)):
        at = np.minimum(np.arange(problem.num_frames) // frames_per_move, len(states) - 1)
        trace = Trace.exact(problem.grid.ground, states[at])
        assert MAZE.verify(problem, trace).success == second.legal(problem, trace).success == legal


def test_a_level_is_named_with_its_motion() -> None:
    assert level_moving("small", "step", 4) == "small"
    level = level_of(MAZE, level_moving("small", "slide", 4))
    assert (level.motion, level.frames_per_move, level.num_frames) == ("slide", 4, 89)
    for wrong in ("small~slide-1", "small~slide-9", "small~hop-3", "small~"):
        with pytest.raises(ValueError, match="no way to show a move"):
            level_of(MAZE, wrong)
    assert suite_hash(suite_of("maze:micro:3")) != suite_hash(suite_of("maze:micro~slide-4:3"))


def test_figures_go_and_grow() -> None:
    before, after = np.array([[1, 2, 0, 0]], np.uint8), np.array([[0, 1, 2, 0]], np.uint8)
    assert set(ways_between(before, after)) == {((0, 0), (0, 1), 1), ((0, 1), (0, 2), 2)}
    grown = np.array([[1, 2, 2, 0]], np.uint8)
    assert ways_between(before, grown) == [((0, 1), (0, 2), 2)]


def test_an_export_says_how_moves_are_shown_and_its_oracle_is_right(tmp_path: Path) -> None:
    words = ["worlds", "export", "maze", "--level", "micro", "--count", "2", "--out", str(tmp_path / "e")]
    assert main([*words, "--motion", "slide", "--frames-per-move", "4"]) == 0
    manifest = tmp_path / "e" / "manifest.jsonl"
    assert '"micro~slide-4"' in manifest.read_text()
    summary = score(manifest, tmp_path / "e" / "oracle")["summary"]
    assert summary["reasons"] in ({}, {"": 2}), summary
    assert main([*words, "--frames-per-move", "4"]) == 2


def test_a_pool_holds_what_the_oracle_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from videorlvr.training import data
    from videorlvr.training.task import Task

    monkeypatch.setattr(data, "BLOCK", 4)
    for name in ("maze:micro~slide-3", "sokoban:small~slide-2", "maze:micro~dissolve-2@64x80x20"):
        task = Task.model_validate(name)
        pool = data.OracleVideos(
            task, seed=0, start=1, grow=0, size=1, workers=None, num_workers=0, device=torch.device("cpu")
        )
        world = WORLDS[task.world]
        problem = task.shown(make_problem(world, task.level, "train", pool.first))
        assert np.array_equal(pool.batch(0, 2)[1].numpy(), oracle_video(world, problem))
