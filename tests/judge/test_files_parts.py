"""The steps of an examination, each by itself: sizes that are asked for, bounds from both sides, what is told."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from videorlvr.base.media.png import write_png
from videorlvr.base.media.write import write_mp4
from videorlvr.judge import files as module
from videorlvr.judge.door import inspect
from videorlvr.judge.files import (
    CRISP,
    FITS,
    HAZY,
    MAX_ASPECT_ERROR,
    MAX_UNSEEN,
    MIN_CELL_PX,
    RESEMBLES,
    SMALL_CELL_PX,
    examine_directly,
    examine_frames,
    look_again,
)
from videorlvr.judge.locate import GOOD, Box, Found
from videorlvr.judge.rectify import CELL_PX
from videorlvr.judge.tolerance import DECLARED
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import UNSURE, Layout, Problem, Trace, Video, World
from videorlvr.worlds.problems import make_problem, oracle_trace
from videorlvr.worlds.render import oracle_video, render_trace

MAZE = WORLDS["maze"]
PROBLEM = make_problem(MAZE, "micro", "val", 0)
ORACLE = oracle_video(MAZE, PROBLEM)
WIDE = Layout(height_px=40, width_px=80, top_px=0, left_px=0, cell_px=8, rows=5, cols=10)


def scaled(video: Video, factor: int) -> Video:
    return video.repeat(factor, axis=1).repeat(factor, axis=2)


def padded(video: Video, *sides: int, level: int = 20) -> Video:
    top, bottom, left, right = sides
    return np.pad(video, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=level)


def tinted(video: Video, gain: float, offset: float) -> Video:
    return np.clip(video.astype(float) * gain + offset, 0, 255).round().astype(np.uint8)


def examined(problem: Problem, video: Video) -> module.Finding:
    """As a file whose frames come in their own size, whatever is asked for."""
    return examine_frames(MAZE, problem, lambda size: (video, 8.0))


# Sizes


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((40, 80), (40, 80)),
        ((20, 40), (40, 80)),
        ((400, 800), (40, 80)),
        ((1000, 2000 * (1 + MAX_ASPECT_ERROR) - 1), (40, 80)),
        ((1000, 2000 * (1 - MAX_ASPECT_ERROR) + 1), (40, 80)),
        ((1000, 2000 * (1 + MAX_ASPECT_ERROR) + 1), (120, 245)),
        ((1000, 2000 * (1 - MAX_ASPECT_ERROR) - 1), (123, 240)),
    ],
)
def test_a_video_of_the_layout_s_shape_is_wanted_in_its_size(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    height, width = round(size[0]), round(size[1])
    assert module._direct_size(height, width, WIDE) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((40, 80), (40, 80)),  # never larger
        ((1, 1), (1, 1)),
        ((120, 240), (120, 240)),  # cells of 24
        ((240, 480), (120, 240)),
        ((240, 240), (240, 240)),  # a board that fills the width has cells of 24 already
        ((120, 480), (120, 480)),
        ((1, 5000), (1, 5000)),
        ((480, 4800), (120, 1200)),
        ((100_000, 240), (100_000, 240)),
    ],
)
def test_other_videos_are_wanted_as_large_as_cells_can_be_read(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert CELL_PX == 24
    assert module._working_size(*size, WIDE) == expected


@pytest.mark.parametrize("high", [True, False])
def test_no_side_is_wanted_without_a_pixel(high: bool) -> None:
    layout = Layout(height_px=800, width_px=8, top_px=0, left_px=0, cell_px=8, rows=100, cols=1)
    turned = Layout(height_px=8, width_px=800, top_px=0, left_px=0, cell_px=8, rows=1, cols=100)
    assert module._working_size(4000, 100, layout) == (2400, 60)
    assert (
        min(module._working_size(10**6, 10, layout) if high else module._working_size(10, 10**6, turned)) >= 1
    )


def test_frames_are_asked_for_again_only_where_the_board_is_looked_for() -> None:
    """First in the layout's size, then as large as cells of 24 px are; what came last is in the finding."""
    size = ORACLE.shape[1]
    asked: list[tuple[int, int]] = []

    def frames(video: Video, again: Video) -> module.Finding:
        def get(rule: module.SizeRule) -> tuple[Video, float]:
            asked.append(rule(1200, 1200))
            return (video, 12.5) if len(asked) == 1 else (again, 25.0)

        asked.clear()
        return examine_frames(MAZE, PROBLEM, get)

    finding = frames(ORACLE, ORACLE)
    assert asked == [(size, size)]
    assert finding.verdict.success
    assert finding.video is ORACLE
    assert (finding.fps, finding.box, finding.layout, finding.why) == (12.5, None, PROBLEM.layout, "")
    large = padded(scaled(ORACLE, 3), 10, 20, 30, 40)
    for first in (255 - ORACLE, large):  # wrong start, wrong size
        finding = frames(first, large)
        assert asked == [(size, size), (3 * size, 3 * size)]
        assert finding.verdict.success
        assert finding.video is large
        assert finding.fps == 25.0
        assert finding.box is not None
        assert finding.box.distance(Box(30, 30 + 3 * size, 10, 10 + 3 * size)) < 0.3
        assert finding.seen is not None
        assert finding.layout is not None
        assert finding.seen.shape[1:3] == (finding.layout.height_px, finding.layout.width_px)
    finding = frames(ORACLE[:1], large)
    assert (asked, finding.verdict.reason) == ([(size, size)], "too_few_frames")


# Files


def test_files_that_are_not_there_or_elsewhere(tmp_path: Path) -> None:
    missing = inspect(MAZE, PROBLEM, [], DECLARED).verdict
    assert (missing.success, missing.reason) == (False, "missing_file")
    inside, outside = tmp_path / "videos", tmp_path / "v.mp4"
    write_mp4(outside, ORACLE, fps=8, lossless=True)
    write_mp4(inside / "v.mp4", ORACLE, fps=8, lossless=True)
    (inside / "near.mp4").symlink_to(inside / "v.mp4")
    (inside / "far.mp4").symlink_to(outside)
    finding = inspect(MAZE, PROBLEM, [inside / "near.mp4"], DECLARED)
    assert finding.verdict.success
    assert finding.fps == pytest.approx(8)
    assert inspect(MAZE, PROBLEM, [outside], DECLARED).verdict.success
    far = inspect(MAZE, PROBLEM, [inside / "far.mp4"], DECLARED).verdict
    assert (far.success, far.reason) == (False, "outside_folder")
    assert inspect(MAZE, PROBLEM, [inside / "none.mp4"], DECLARED).verdict.reason == "missing_file"
    (inside / "text.mp4").write_text("no video")
    assert inspect(MAZE, PROBLEM, [inside / "text.mp4"], DECLARED).verdict.reason == "unreadable_video"
    (inside / "empty").mkdir()
    empty = inspect(MAZE, PROBLEM, [inside / "empty"], DECLARED)
    assert (empty.verdict.reason, empty.why) == ("unreadable_video", "empty: it holds no .png files")
    two = inspect(MAZE, PROBLEM, [inside / "v.mp4", outside], DECLARED)
    assert two.why == "there are 2 videos for this problem: v.mp4 and v.mp4; keep one"
    assert (two.verdict.success, two.verdict.reason, two.seen) == (False, "undecidable", None)


def test_files_are_resized_while_they_are_decoded(tmp_path: Path) -> None:
    """In the layout's shape to its size; where the board is looked for, to cells of 24 px."""
    write_mp4(tmp_path / "v.mp4", scaled(ORACLE, 5), fps=8, lossless=True)
    finding = inspect(MAZE, PROBLEM, [tmp_path / "v.mp4"], DECLARED)
    assert finding.verdict.success
    assert finding.video is not None
    assert finding.video.shape == ORACLE.shape


def test_pictures_of_another_size_in_a_folder_are_examined(tmp_path: Path) -> None:
    for number, picture in enumerate(padded(scaled(ORACLE, 3), 10, 20, 30, 40)):
        write_png(tmp_path / "v" / f"{number}.png", picture)
    assert inspect(MAZE, PROBLEM, [tmp_path / "v"], DECLARED).verdict.success


# The first look


def test_the_first_look_tells_what_it_saw() -> None:
    found = examine_directly(MAZE, PROBLEM, ORACLE)
    assert found.verdict.success
    assert found.seen is ORACLE
    assert found.layout == PROBLEM.layout
    few = examine_directly(MAZE, PROBLEM, ORACLE[:1])
    assert (few.verdict.reason, few.verdict.frame, few.layout) == ("too_few_frames", 0, PROBLEM.layout)
    assert not few.verdict.success
    assert few.seen is not None
    wrong = examine_directly(MAZE, PROBLEM, scaled(ORACLE, 2))
    assert (wrong.verdict.reason, wrong.seen, wrong.layout) == ("wrong_size", None, PROBLEM.layout)
    few = examine_directly(MAZE, PROBLEM, scaled(ORACLE, 2)[:1])
    assert (few.verdict.reason, few.seen) == ("too_few_frames", None)
    assert examine_directly(MAZE, PROBLEM, ORACLE[:, :-1]).verdict.reason == "wrong_size"
    assert examine_directly(MAZE, PROBLEM, ORACLE[:, :, :-1]).verdict.reason == "wrong_size"


def test_a_tint_is_taken_back_only_where_the_first_frame_reads_as_the_problem() -> None:
    tint = tinted(ORACLE, 1, -30)
    found = examine_directly(MAZE, PROBLEM, tint)
    assert found.verdict.success
    assert found.seen is not None
    assert np.abs(found.seen.astype(int) - ORACLE).max() <= 30
    changed = ORACLE.max(axis=(0, 1, 2)) > 30
    assert np.abs(found.seen.astype(int) - ORACLE).mean() < np.abs(tint.astype(int) - ORACLE).mean() / 4
    assert changed.all()
    last = tinted(ORACLE[::-1], 1, -30)
    assert examine_directly(MAZE, PROBLEM, last).seen is last


# What the first frame allows


def found_of(cell_px: float, agreement: float, *, cell_height: float | None = None) -> Found:
    rows, cols = PROBLEM.grid.shape
    return Found(Box(0, cols * cell_px, 0, rows * (cell_height or cell_px)), agreement, 0.0)


def test_small_cells_and_poor_fits_must_be_read_with_more_confidence() -> None:
    for fit in (GOOD, FITS):

        def least(found: Found | None, fit: float = fit) -> float:
            return module._least_confidence(PROBLEM, found, fit)

        assert least(None) == HAZY
        assert least(found_of(SMALL_CELL_PX, fit)) == HAZY
        assert least(found_of(SMALL_CELL_PX - 0.01, fit)) == CRISP
        assert least(found_of(SMALL_CELL_PX, fit - 0.01)) == CRISP
        assert least(found_of(9, fit, cell_height=SMALL_CELL_PX - 0.01)) == CRISP
        assert least(found_of(SMALL_CELL_PX - 0.01, fit, cell_height=9)) == CRISP


def test_cells_of_a_first_frame_are_counted() -> None:
    trace = oracle_trace(MAZE, PROBLEM)

    def spoiled(ground: tuple[tuple[int, ...], ...], figure: tuple[tuple[int, ...], ...]) -> Trace:
        codes = np.broadcast_to(trace.ground, trace.figure.shape).copy(), trace.figure.copy()
        for part, places in zip(codes, (ground, figure), strict=True):
            for place in places:
                part[place] = UNSURE
        return Trace.exact(*codes)

    for places, count in (((), 0), (((0, 1, 0),), 1), (((0, 1, 0), (0, 2, 2)), 2)):
        for start in (spoiled(places, ()), spoiled((), places), spoiled(places, places)):
            assert module._faults(PROBLEM, start) == count
            assert module._all_sure(start) is (count == 0)
    # A cell counts once, and only in the first frame.
    assert module._faults(PROBLEM, spoiled(((0, 0, 0),), ((0, 0, 0), (0, 2, 2)))) == 2
    assert module._all_sure(spoiled((), ((1, 0, 0),)))


# The second look


def cells_of(video: Video, cell_px: float) -> Video:
    side = round(PROBLEM.grid.shape[0] * cell_px)
    frames = [Image.fromarray(picture).resize((side, side), Image.Resampling.BOX) for picture in video]
    return np.stack([np.asarray(frame) for frame in frames])


def test_small_cells_are_told_with_their_size() -> None:
    rows = PROBLEM.grid.shape[0]
    small = cells_of(scaled(ORACLE, 10), (rows * MIN_CELL_PX - 1) / rows)
    finding = examined(PROBLEM, small)
    assert finding.verdict.reason == "undecidable"
    assert finding.why == f"its cells are {small.shape[1] / rows:.1f} px wide; 4 px are needed to be sure"
    assert "px wide; 4 px are needed" in examined(PROBLEM, padded(small, 0, 0, 20, 20)).why
    assert "px wide; 4 px are needed" in examined(PROBLEM, padded(small, 20, 20, 0, 0)).why
    inside = padded(small, 30, 30, 30, 30)  # the frame is large, the board in it is not
    assert "px wide; 4 px are needed" in examined(PROBLEM, inside).why
    assert "px are needed" not in examined(PROBLEM, cells_of(scaled(ORACLE, 10), 1.25 * MIN_CELL_PX)).why
    assert "px are needed" not in examined(PROBLEM, padded(scaled(ORACLE, 1), 1, 1, 1, 1)).why


def other_start(world: World) -> tuple[Problem, Video]:
    """A problem, and the oracle of another one of the same shape."""
    problem, *others = (make_problem(world, "micro", "val", index) for index in range(4, 12))
    other = next(other for other in others if other.grid.shape == problem.grid.shape)
    return problem, oracle_video(world, other)


def test_another_board_that_is_read_for_certain_is_a_refusal_wherever_it_is() -> None:
    problem, video = other_start(MAZE)
    first = examine_directly(MAZE, problem, video)
    again = look_again(MAZE, problem, video, first)
    assert (again.verdict.reason, again.verdict.frame) == ("wrong_start", 0)


def test_a_frame_without_the_board_or_its_colours_keeps_the_first_verdict() -> None:
    grey = np.full_like(padded(ORACLE, 9, 9, 9, 9), 90)
    finding = examined(PROBLEM, grey)
    assert (finding.verdict.reason, finding.box, finding.seen) == ("wrong_size", None, None)


def changed_start(problem: Problem, count: int) -> Video:
    """The oracle without the wall stripes of its first cells, in the first frame and all others."""
    trace = oracle_trace(MAZE, problem)
    ground = np.broadcast_to(trace.ground, trace.figure.shape).copy()
    ground.reshape(len(ground), -1)[:, :count] &= 0xF0
    return render_trace(MAZE, problem, Trace.exact(ground, trace.figure))


def test_a_start_that_differs_in_a_cell_is_refused_in_bars() -> None:
    """Found, read for certain, and not the problem: told with what was seen, where, and in which frame."""
    problem = make_problem(MAZE, "small", "val", 0)
    video = padded(scaled(changed_start(problem, 1), 3), 20, 10, 30, 40)
    finding = examined(problem, video)
    assert (finding.verdict.success, finding.verdict.reason, finding.verdict.frame) == (
        False,
        "wrong_start",
        0,
    )
    assert finding.why == ""
    assert finding.box is not None
    assert finding.box.distance(Box(30, 30 + 144, 20, 20 + 144)) < 1
    assert finding.seen is not None
    assert finding.layout == Layout(144, 144, 0, 0, CELL_PX, 6, 6)
    assert finding.seen.shape == (len(video), 144, 144, 3)


def test_a_blurred_start_in_bars_is_told_with_its_cells() -> None:
    large = scaled(ORACLE, 4)
    blurred = [
        np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(5.5))) for picture in large
    ]
    finding = examined(PROBLEM, padded(np.stack(blurred), 20, 10, 30, 40))
    assert finding.verdict.reason == "undecidable"
    assert re.match(
        r"its first frame resembles the problem, but \d of its 9 cells, 3[0-3] px wide, cannot be read as they",
        finding.why,
    )
    assert finding.box is not None
    assert finding.seen is not None
    assert finding.layout == Layout(72, 72, 0, 0, CELL_PX, 3, 3)


def test_colours_too_far_off_are_told() -> None:
    problem = make_problem(MAZE, "small", "val", 0)
    pale = tinted(padded(scaled(oracle_video(MAZE, problem), 3), 20, 10, 30, 40), 0.4, 80)
    finding = examined(problem, pale)
    assert finding.verdict.reason == "undecidable"
    assert finding.why.endswith(
        ", and its contrast or colours are further from the problem's than is corrected"
    )


@pytest.mark.parametrize("bars", [False, True])
def test_a_smear_is_told_with_its_frame_and_the_confidence(bars: bool) -> None:
    problem = make_problem(MAZE, "small", "val", 0)
    video = oracle_video(MAZE, problem)
    video[-1] = (video[-1] / 2 + video[0] / 2).astype(np.uint8)
    large = scaled(video, 4)
    blurred = np.stack(
        [np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(4))) for picture in large]
    )
    finding = examined(problem, padded(blurred, 20, 10, 30, 40) if bars else blurred)
    assert finding.verdict.reason == "undecidable"
    assert finding.why.startswith("a cell of frame ")
    assert "cannot be read, but the first frame itself is read with a confidence of only 0." in finding.why
    assert finding.why.endswith(": the file may be at fault")
    assert finding.seen is not None
    assert finding.layout is not None
    assert finding.seen.shape[1] == finding.layout.height_px


def test_bounds_are_in_order() -> None:
    assert 0 < HAZY < CRISP < 1
    assert RESEMBLES < GOOD < FITS < 1
    assert MIN_CELL_PX < SMALL_CELL_PX < 8
    assert MAX_UNSEEN < 1 / 8
