"""Between refused, accepted and undecidable: an examination's last steps, given boards that were found."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image, ImageFilter

from videorlvr.judge import files as module
from videorlvr.judge.files import FITS, MAX_UNSEEN, RESEMBLES
from videorlvr.judge.finding import Finding
from videorlvr.judge.locate import GOOD, Box, Found, expected_zones
from videorlvr.judge.rectify import straight_layout
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Trace, Verdict, Video
from videorlvr.worlds.problems import make_problem, oracle_trace, theme_of
from videorlvr.worlds.render import oracle_video, render_trace

MAZE = WORLDS["maze"]
PROBLEM = make_problem(MAZE, "micro", "val", 0)
EXPECTED = expected_zones(PROBLEM.grid, theme_of(MAZE, PROBLEM))
ROWS, COLS = PROBLEM.grid.shape
CELL = 32
STRAIGHT = dataclasses.replace(PROBLEM, layout=straight_layout(ROWS, COLS))


def large(video: Video) -> Video:
    return video.repeat(CELL // 8, axis=1).repeat(CELL // 8, axis=2)


def blurred(video: Video, radius_px: float) -> Video:
    pictures = [Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius_px)) for picture in video]
    return np.stack([np.asarray(picture) for picture in pictures])


ORACLE = large(oracle_video(MAZE, PROBLEM))


def without_walls() -> Video:
    """The problem but for the walls of its first cell, which every frame lacks."""
    trace = oracle_trace(MAZE, PROBLEM)
    ground = np.broadcast_to(trace.ground, trace.figure.shape).copy()
    ground[:, 0, 0] &= 0xF0
    return large(render_trace(MAZE, PROBLEM, Trace.exact(ground, trace.figure)))


OTHER = without_walls()


def found(agreement: float, rival: float = 0.0, *, aside: float = 0.0) -> Found:
    """The board's place, or so many cells to the left of it."""
    left = -aside * CELL
    return Found(Box(left, left + COLS * CELL, 0, ROWS * CELL), agreement, rival)


def straightened(video: Video, place: Found) -> Finding:
    return module._straightened(MAZE, PROBLEM, video, place, EXPECTED)


def reason_of(finding: Finding) -> str:
    assert not finding.verdict.success
    return finding.verdict.reason


def test_a_start_of_another_board_is_refused_only_as_surely_as_its_place_fits() -> None:
    """Read for certain, with a confidence of 0.33: between what a good place needs and what another does."""
    hazy = blurred(OTHER, 2)
    assert reason_of(straightened(hazy, found(GOOD))) == "wrong_start"
    finding = straightened(hazy, found(GOOD - 0.01))
    assert reason_of(finding) == "undecidable"
    assert finding.why.startswith(
        "its first frame resembles the problem, but 1 of its 9 cells, 32 px wide, cannot be read as they should be"
    )
    assert reason_of(straightened(OTHER, found(GOOD - 0.01))) == "wrong_start"
    assert reason_of(straightened(blurred(OTHER, 3), found(1.0))) == "undecidable"  # two cells are not sure


def test_a_cell_that_is_not_sure_is_no_other_start() -> None:
    """Half a wall: everything else is as clear as it can be."""
    half = ((OTHER[:2].astype(int) + ORACLE[:2]) // 2).astype(np.uint8)
    assert reason_of(straightened(half, found(1.0))) == "undecidable"


def test_a_part_of_a_wall_may_be_unseen() -> None:
    for aside, expected in ((MAX_UNSEEN - 0.001, "wrong_start"), (MAX_UNSEEN + 0.001, "undecidable")):
        assert reason_of(straightened(OTHER, found(1.0, aside=aside))) == expected


def test_a_first_frame_alone_is_enough_to_refuse_a_start() -> None:
    finding = straightened(OTHER[:1], found(RESEMBLES - 0.01))
    assert (reason_of(finding), finding.verdict.frame) == ("wrong_start", 0)


def test_a_board_that_hardly_resembles_the_problem_is_not_judged() -> None:
    """Though it reads as the problem: where it is may be chance."""
    assert straightened(ORACLE, found(RESEMBLES + 0.01)).verdict.success
    assert not straightened(ORACLE, found(RESEMBLES - 0.01)).verdict.success


def test_colours_are_corrected_where_that_reads_better() -> None:
    """Without a correction the first frame reads as the problem, too, and less clearly."""
    paler = straightened((ORACLE * 0.9 + 12).round().astype(np.uint8), found(1.0))
    true = straightened(ORACLE, found(1.0))
    assert paler.verdict.success
    assert paler.seen is not None
    assert true.seen is not None
    assert np.abs(paler.seen.astype(int) - true.seen).mean() < 2


def smeared(radius_px: float) -> Video:
    """The last frame is half of the first one."""
    video = ORACLE.copy()
    video[-1] = (video[-1] / 2 + video[0] / 2).astype(np.uint8)
    return blurred(video, radius_px)


@pytest.mark.parametrize(
    ("radius_px", "agreement", "expected"),
    [
        (0, 0.8, "unreadable"),
        (2, FITS, "unreadable"),
        (2, FITS - 0.01, "undecidable"),
        (3, 1.0, "undecidable"),
    ],
)
def test_a_smear_is_held_against_a_video_as_surely_as_its_board_fits(
    radius_px: float, agreement: float, expected: str
) -> None:
    """A first frame of confidence 1, 0.44 or 0.17."""
    place = found(agreement)
    finding = straightened(smeared(radius_px), place)
    assert reason_of(finding) == expected
    assert finding.box == place.box
    assert finding.layout == STRAIGHT.layout
    assert finding.seen is not None
    assert (finding.why == "") is (expected == "unreadable")


def test_colours_are_looked_for_in_the_first_frame_alone() -> None:
    first = Finding(Verdict(False, "wrong_size"))
    grey = np.full_like(ORACLE[0], 120)
    assert module._unlike(np.stack([grey, ORACLE[0]]), first, EXPECTED) is first
    finding = module._unlike(np.stack([ORACLE[0], grey]), first, EXPECTED)
    assert reason_of(finding) == "undecidable"
    assert finding.why == "its first frame has the problem's colours, but its board was not found in it"


def test_two_places_that_fit_alike_are_told() -> None:
    """A frame that shows the board twice, side by side: one is found, and the other is as good."""
    twice = np.concatenate([ORACLE, ORACLE], axis=2)
    finding = module._searched(MAZE, PROBLEM, twice, Finding(Verdict(False, "wrong_size")))
    assert reason_of(finding) == "undecidable"
    assert finding.why == "the board fits in two places of the first frame about equally well"
    assert finding.box is not None
    side = ORACLE.shape[2]
    assert min(abs(finding.box.left), abs(finding.box.left - side)) < 1


def searched(video: Video) -> Finding:
    """Without a first look: its verdict would be that the size is another."""
    return module._searched(MAZE, PROBLEM, video, Finding(Verdict(False, "wrong_size")))


def test_a_frame_with_fewer_pixels_than_cells_need_is_not_searched() -> None:
    """By its height or its width: 3 cells need 12 px each way."""
    for height, width in ((11, 200), (200, 11)):
        finding = searched(np.zeros((1, height, width, 3), np.uint8))
        assert finding.why == "its cells are 3.7 px wide; 4 px are needed to be sure"
    assert searched(np.zeros((1, 12, 12, 3), np.uint8)).verdict.reason == "wrong_size"


def test_a_clear_start_in_its_place_is_not_looked_for() -> None:
    """Its smear is a refusal; and another board stays one, though where else it may be cannot be told."""
    small = oracle_video(MAZE, PROBLEM)
    smear = small.copy()
    smear[-1] = (smear[-1] / 2 + smear[0] / 2).astype(np.uint8)
    finding = module.look_again(MAZE, PROBLEM, smear, module.examine_directly(MAZE, PROBLEM, smear))
    assert (reason_of(finding), finding.box) == ("unreadable", None)
    flipped = small[:, ::-1]
    first = module.examine_directly(MAZE, PROBLEM, flipped)
    assert reason_of(searched(flipped)) == "undecidable"
    assert module.look_again(MAZE, PROBLEM, flipped, first) is first


def test_a_board_with_little_in_common_is_refused_if_it_is_read() -> None:
    """FlowFree's boards are mostly empty: two of them may agree in nothing, and still one is read for certain."""
    world = WORLDS["flowfree"]
    problem = make_problem(world, "micro", "val", 0)
    first = Finding(Verdict(False, "wrong_size"))
    read = module._searched(world, problem, oracle_video(world, problem)[:, ::-1], first)
    assert (reason_of(read), read.verdict.frame) == ("wrong_start", 0)
    assert read.box is not None


@pytest.mark.parametrize("drift", [40, -40])
def test_what_cannot_be_read_at_first_is_looked_at_again(drift: int) -> None:
    """Brightness that drifts by as much as is corrected: without the correction, colours are not sure."""
    world = WORLDS["flowfree"]
    problem = make_problem(world, "micro", "val", 0)
    video = oracle_video(world, problem)
    steps = np.linspace(0, drift, len(video)).round().astype(int)[:, None, None, None]
    drifting = np.clip(video.astype(int) + steps, 0, 255).astype(np.uint8)
    assert module.examine_directly(world, problem, drifting).verdict.reason == "unreadable"
    assert module.examine_frames(world, problem, lambda size: (drifting, 8.0)).verdict.success
