"""A board that moves as a whole is followed, and nothing else is: not a leap, not what figures do."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from videorlvr.audit.distortions import DISTORTIONS
from videorlvr.audit.run import cheat_video
from videorlvr.base import seeding
from videorlvr.judge.decoded import UNDECIDABLE
from videorlvr.judge.door import judge
from videorlvr.judge.follow import MAX_LEAP, follow, has_moved
from videorlvr.judge.locate import Box, expected_zones
from videorlvr.judge.tolerance import DECLARED
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Problem, Video, World
from videorlvr.worlds.problems import make_problem, shown_as, theme_of
from videorlvr.worlds.render import oracle_video

WORLD_LIST = list(WORLDS.values())
every_world = pytest.mark.parametrize("world", WORLD_LIST, ids=[world.name for world in WORLD_LIST])


def large(world: World, level: str = "micro") -> Problem:
    return shown_as(world, make_problem(world, level, "val", 1), size=(160, 240))


def box_of(problem: Problem) -> Box:
    layout = problem.layout
    bottom, right = (
        layout.top_px + layout.rows * layout.cell_px,
        layout.left_px + layout.cols * layout.cell_px,
    )
    return Box(layout.left_px, right, layout.top_px, bottom)


def expected_of(world: World, problem: Problem) -> np.ndarray:
    return expected_zones(problem.grid, theme_of(world, problem))


def moved(world: World, problem: Problem, video: Video, name: str, strength: float) -> Video:
    return DISTORTIONS[name].make(world, problem, video, strength, seeding.rng("follow", name))


@every_world
def test_the_way_of_the_board_is_found_to_a_fiftieth_of_a_cell(world):
    problem = large(world)
    video = oracle_video(world, problem)
    way = np.linspace(0, 5, len(video)).round().astype(int)
    shifted = np.stack([np.roll(frame, px, axis=1) for frame, px in zip(video, way, strict=True)])
    start = box_of(problem)
    boxes = follow(shifted, start, expected_of(world, problem))
    assert len(boxes) == len(video)
    for box, px in zip(boxes, way, strict=True):
        assert box.distance(start.moved(px, px, 0, 0)) < problem.layout.cell_px / 50


@every_world
@pytest.mark.parametrize(("name", "strength"), [("pan", 0.06), ("zoom", 0.02)])
def test_an_honest_video_of_a_moving_camera_is_a_success(world, name, strength):
    problem = large(world)
    verdict = judge(
        world, problem, moved(world, problem, oracle_video(world, problem), name, strength), DECLARED
    )
    assert verdict.success, verdict.reason


@every_world
def test_a_board_that_leaves_its_frame_is_undecidable(world):
    problem = large(world)
    video = moved(world, problem, oracle_video(world, problem), "pan", 0.3)
    assert judge(world, problem, video, DECLARED).reason == UNDECIDABLE


@every_world
def test_a_cheat_of_a_moving_camera_keeps_its_reason(world):
    problem, tried = large(world), 0
    for cheat in world.cheats:
        if cheat.name in {"teleport", "end-jump", "paint-everything", "flicker", "kick", "colour-jump"}:
            video = cheat_video(world, problem, cheat)
            if video is not None:
                tried += 1
                panned = moved(world, problem, video, "pan", 0.06)
                assert judge(world, problem, panned, DECLARED).reason in cheat.reasons, cheat.name
    assert tried >= 2


@every_world
def test_a_board_that_leaps_is_not_followed(world):
    """By a whole cell it would fit again; only the rim tells, and the way between."""
    problem = large(world)
    video = oracle_video(world, problem)
    leap = round((MAX_LEAP + 0.1) * problem.layout.cell_px)
    half = len(video) // 2
    leaped = np.concatenate([video[:half], np.roll(video[half:], leap, axis=2)])
    assert len(follow(leaped, box_of(problem), expected_of(world, problem))) <= half
    assert not judge(world, problem, leaped, DECLARED).success


@every_world
def test_a_board_at_rest_has_not_moved_whatever_its_figures_do(world):
    problem = large(world)
    expected, rest = expected_of(world, problem), box_of(problem)
    rng = seeding.rng("figures anywhere")
    for frame in oracle_video(world, problem):
        assert not has_moved(frame, rest, expected)
        noisy = np.clip(frame + rng.normal(0, 16, frame.shape), 0, 255).astype(np.uint8)
        assert not has_moved(noisy, rest, expected)
    nudged = np.roll(frame, problem.layout.cell_px // 12, axis=0)
    assert has_moved(nudged, rest, expected)


def rolled(frame: np.ndarray, down: int, right: int) -> np.ndarray:
    return np.roll(frame, (down, right), axis=(0, 1))


@every_world
def test_a_board_has_moved_from_a_sixtyfourth_of_a_cell_on_either_way(world):
    """Half of what it is nudged by fits as well before as after."""
    problem = shown_as(world, make_problem(world, "micro", "val", 1), size=(64 * 6, 64 * 8))
    assert problem.layout.cell_px >= 64
    frame, rest, expected = oracle_video(world, problem)[0], box_of(problem), expected_of(world, problem)
    sixtyfourth, thirtysecond = problem.layout.cell_px // 64, problem.layout.cell_px // 32
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        assert not has_moved(rolled(frame, down * sixtyfourth, right * sixtyfourth), rest, expected)
        assert has_moved(rolled(frame, down * thirtysecond, right * thirtysecond), rest, expected)


@every_world
def test_a_board_that_wanders_off_is_followed_for_a_cell(world):
    problem = large(world)
    first, cell_px = oracle_video(world, problem)[0], problem.layout.cell_px
    room = 2 * cell_px
    wide = np.pad(first, ((room, room), (room, room), (0, 0)), mode="edge")
    steps = np.arange(9) * cell_px // 6
    walk = np.stack([rolled(wide, 0, step) for step in steps])
    start = box_of(problem).moved(room, room, room, room)
    boxes = follow(walk, start, expected_of(world, problem))
    assert np.sum(steps < 0.97 * cell_px) <= len(boxes) <= np.sum(steps < 1.03 * cell_px)


@every_world
def test_a_board_that_leaves_its_frame_is_followed_no_further(world):
    problem = large(world)
    first, cell_px = oracle_video(world, problem)[0], problem.layout.cell_px
    away = np.stack([rolled(first, -px, 0) for px in range(cell_px // 4)])
    away[:, -cell_px // 4 :] = first[-1, 0]
    boxes = follow(away, box_of(problem), expected_of(world, problem))
    assert 2 <= len(boxes) <= cell_px // 6


@every_world
def test_a_board_is_followed_with_its_cells_square(world):
    """One that only grows wider does not move as a whole."""
    problem = large(world)
    first, cell_px = oracle_video(world, problem)[0], problem.layout.cell_px
    height, width = first.shape[:2]
    wider = Image.fromarray(first).resize((width + cell_px // 4, height))
    stretched = np.asarray(wider)[:, cell_px // 8 : cell_px // 8 + width]
    for box in follow(np.stack([first, stretched]), box_of(problem), expected_of(world, problem)):
        high, wide = box.cell_px(*problem.grid.shape)
        assert high == pytest.approx(wide, rel=1e-6)


@every_world
def test_a_board_that_shrinks_is_followed_to_its_size(world):
    problem = large(world)
    first, rest = oracle_video(world, problem)[0], box_of(problem)
    height, width = first.shape[:2]
    share = 0.98
    small = Image.fromarray(first).resize((round(width * share), round(height * share)), Image.Resampling.BOX)
    shrunk = np.zeros_like(first)
    shrunk[: small.height, : small.width] = np.asarray(small)
    (_, box) = follow(np.stack([first, shrunk]), rest, expected_of(world, problem))
    high, wide = small.height / height, small.width / width
    there = Box(rest.left * wide, rest.right * wide, rest.top * high, rest.bottom * high)
    assert box.distance(there) < problem.layout.cell_px / 20
