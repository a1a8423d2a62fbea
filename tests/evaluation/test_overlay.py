"""The overlay says what the judge read and when it refused: a person can check it, and so can a test."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from videorlvr.base import seeding
from videorlvr.base.media.read import read_video
from videorlvr.base.media.video import Video
from videorlvr.base.media.write import write_mp4
from videorlvr.evaluation.overlay import (
    AMBER,
    BORDER_PX,
    HOLD_FRAMES,
    ON_ITS_WAY,
    OUTLINE,
    PAD,
    PANEL_PX,
    RED,
    TITLE_PX,
    fault_frame,
    overlay,
    panel_layout,
    shown_frames,
    trace_of,
    write_overlay,
)
from videorlvr.judge.door import inspect
from videorlvr.judge.finding import Finding
from videorlvr.judge.read import read
from videorlvr.judge.tolerance import DECLARED
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import UNSURE, Problem, World
from videorlvr.worlds.problems import make_problem, oracle_trace, theme_of
from videorlvr.worlds.render import oracle_video


def finding_on(problem: Problem, video: Video, folder: Path) -> Finding:
    write_mp4(folder / "v.mp4", video, fps=8)
    return inspect(WORLDS[problem.address.world], problem, [folder / "v.mp4"], DECLARED)


def cheating(world: World, problem: Problem, name: str) -> Video:
    (cheat,) = (cheat for cheat in world.cheats if cheat.name == name)
    video = cheat.make(world, problem, seeding.rng(name))
    assert video is not None
    return video


def bordered(page: Video, colour: tuple[int, int, int]) -> bool:
    """Is the whole rim of a frame of this colour?"""
    rims = (page[:BORDER_PX], page[-BORDER_PX:], page[:, :BORDER_PX], page[:, -BORDER_PX:])
    return all((rim == np.array(colour)).all() for rim in rims)


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_the_reading_in_the_overlay_reads_as_the_trace(world: World, tmp_path: Path) -> None:
    problem = make_problem(world, "small", "val", 0)
    finding = finding_on(problem, oracle_video(world, problem), tmp_path)
    frames, layout = overlay(problem, finding), panel_layout(problem)
    top, left = PAD + TITLE_PX, frames.shape[2] - PAD - layout.width_px
    panel = frames[:, top : top + layout.height_px, left : left + layout.width_px]
    (seen,) = read(panel[None], layout=layout, theme=theme_of(world, problem))
    np.testing.assert_array_equal(seen.figure, oracle_trace(world, problem).figure)
    np.testing.assert_array_equal(seen.ground, oracle_trace(world, problem).ground)
    assert not any(bordered(page, RED) for page in frames)


def test_the_frame_at_fault_is_held_in_a_red_border(tmp_path: Path) -> None:
    world = WORLDS["maze"]
    problem = make_problem(world, "small", "val", 0)
    finding = finding_on(problem, cheating(world, problem, "teleport"), tmp_path)
    assert finding.verdict.frame
    frames, shown = overlay(problem, finding), shown_frames(finding)
    assert len(frames) == problem.num_frames + HOLD_FRAMES
    assert [bordered(page, RED) for page in frames] == [index == finding.verdict.frame for index in shown]
    assert shown.count(finding.verdict.frame) == 1 + HOLD_FRAMES
    assert sorted(set(shown)) == list(range(problem.num_frames))
    assert shown == sorted(shown)


def test_what_could_not_be_read_is_hatched(tmp_path: Path) -> None:
    world = WORLDS["flowfree"]
    problem = make_problem(world, "small", "val", 0)
    video = oracle_video(world, problem)
    video[4, 18:22, 18:22] = 125  # a grey core in the cell at row 2, col 2
    finding = finding_on(problem, video, tmp_path)
    trace = trace_of(problem, finding)
    assert trace is not None
    assert finding.verdict.reason == "unreadable"
    unsure = (trace.ground[4] == UNSURE) | (trace.figure[4] == UNSURE)
    frames, layout = overlay(problem, finding), panel_layout(problem)
    page = frames[shown_frames(finding).index(4)]
    panel = page[PAD + TITLE_PX :, page.shape[1] - PAD - layout.width_px :][
        : layout.height_px, : layout.width_px
    ]
    reddish = (panel == np.array(RED)).all(axis=-1)
    cells = reddish.reshape(layout.rows, layout.cell_px, layout.cols, layout.cell_px).mean(axis=(1, 3))
    np.testing.assert_array_equal(cells > 0.3, unsure)


def test_what_is_least_explained_and_what_is_on_its_way_are_outlined() -> None:
    world = WORLDS["maze"]
    problem = make_problem(world, "small", "val", 0)
    layout = panel_layout(problem)

    def outlined(finding: Finding, index: int, colour: tuple[int, int, int]) -> list[tuple[int, int]]:
        page = overlay(problem, finding)[shown_frames(finding).index(index)]
        panel = page[PAD + TITLE_PX :, page.shape[1] - PAD - layout.width_px :]
        panel = panel[: layout.height_px, : layout.width_px]
        there = (panel == np.array(colour)).all(axis=-1)
        cells = there.reshape(layout.rows, layout.cell_px, layout.cols, layout.cell_px).mean(axis=(1, 3))
        return [(int(row), int(col)) for row, col in np.argwhere(cells > 0.05)]

    (cheat,) = [cheat for cheat in world.cheats if cheat.name == "painted-corners"]
    marked = cheat.make(world, problem, seeding.rng("marks"))
    assert marked is not None
    finding = inspect(world, problem, marked, DECLARED)
    assert not finding.verdict.success
    assert finding.place is not None
    frame, *cell = finding.place
    assert outlined(finding, frame, OUTLINE) == [tuple(cell)]

    moving = inspect(
        world, problem, oracle_video(world, make_problem(world, "small~dissolve-3", "val", 0)), DECLARED
    )
    assert moving.verdict.success
    assert moving.settled is not None
    passing = moving.settled.cells | moving.settled.cores
    first = int(passing.any(axis=(1, 2)).argmax())
    assert outlined(moving, first, ON_ITS_WAY) == [(int(r), int(c)) for r, c in np.argwhere(passing[first])]


def test_undecidable_is_marked_on_the_first_frame_and_no_video_on_none(tmp_path: Path) -> None:
    world = WORLDS["maze"]
    problem = make_problem(world, "small", "val", 0)
    tiny = oracle_video(world, problem)[:, ::3, ::3]
    finding = finding_on(problem, tiny, tmp_path)
    assert (finding.verdict.reason, fault_frame(finding)) == ("undecidable", 0)
    frames = overlay(problem, finding)
    assert [bordered(page, AMBER) for page in frames] == [index == 0 for index in shown_frames(finding)]
    assert inspect(WORLDS[problem.address.world], problem, [], DECLARED).video is None


@pytest.mark.parametrize("shape", [(12, 48, 48), (12, 33, 77), (12, 720, 405), (1, 8, 8)])
def test_any_video_gives_an_mp4_that_plays(shape: tuple[int, int, int], tmp_path: Path) -> None:
    """Sides are even, and small videos are enlarged so that a person sees them."""
    problem = make_problem(WORLDS["sokoban"], "micro", "val", 0)
    finding = finding_on(problem, np.zeros((*shape, 3), np.uint8), tmp_path)
    write_overlay(tmp_path / "o" / "o.mp4", problem, finding)
    seen, fps = read_video(tmp_path / "o" / "o.mp4")
    assert fps == 8
    assert len(seen) == len(shown_frames(finding))
    assert PANEL_PX <= seen.shape[1] <= 2 * PANEL_PX


def test_of_a_long_video_every_so_many_frames_are_shown_and_the_one_at_fault(tmp_path: Path) -> None:
    world = WORLDS["maze"]
    problem = make_problem(world, "small", "val", 0)
    video = cheating(world, problem, "teleport").repeat(7, axis=0)
    finding = finding_on(problem, video, tmp_path)
    fault, last = finding.verdict.frame, len(video) - 1
    assert fault
    shown = shown_frames(finding, at_most=20)
    assert set(shown) == {*range(0, last + 1, 5), fault, last}
    assert shown == sorted(shown)
    assert shown.count(fault) == 1 + HOLD_FRAMES
    frames = overlay(problem, finding, at_most=20)
    assert [bordered(page, RED) for page in frames] == [index == fault for index in shown]


def test_a_long_overlay_plays_at_the_speed_of_its_video_and_is_made_frame_by_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = make_problem(WORLDS["sokoban"], "micro", "val", 0)
    finding = finding_on(problem, np.zeros((64, 16, 16, 3), np.uint8), tmp_path)
    monkeypatch.setattr("videorlvr.evaluation.overlay.MAX_SHOWN", 16)
    tracemalloc.start()
    write_overlay(tmp_path / "o.mp4", problem, finding)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    seen, fps = read_video(tmp_path / "o.mp4")
    assert fps == 2
    assert len(seen) == 16 + 1 + HOLD_FRAMES  # the last frame, which is at fault, is no fourth one
    assert peak < 6 * seen[0].size, "pages are kept"
