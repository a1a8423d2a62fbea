"""A frame is a state only if every pixel of its board looks like it: a slow second opinion, bounds, and ghosts."""

from __future__ import annotations

import numpy as np
import pytest

from videorlvr.base import seeding
from videorlvr.judge import explain
from videorlvr.judge.door import judge
from videorlvr.judge.explain import expected_parts, unexplained
from videorlvr.judge.frames import UNEXPLAINED
from videorlvr.judge.read import measure, read
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds import WORLDS
from videorlvr.worlds.draw import tile_table
from videorlvr.worlds.problems import make_problem, oracle_trace, shown_as, theme_of
from videorlvr.worlds.render import oracle_video

SIZES = {"8 px": None, "27 px": (108, 140)}


def posed(world, size, index=0, level="micro"):
    problem = make_problem(world, level, "val", index)
    return problem if size is None else shown_as(world, problem, size=size)


def excess_of(world, problem, video):
    trace = read(video[None], layout=problem.layout, theme=theme_of(world, problem))[0]
    measured = measure(video[None], problem.layout)
    return unexplained(measured, trace.ground[None], trace.figure[None], theme_of(world, problem))[0]


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("cell_px", [8, 11, 24, 37])
def test_what_is_expected_is_what_the_hand_draws(world, cell_px):
    """The two share no code: the geometry in the document is all that they have in common."""
    from videorlvr.judge.read import _masks

    for theme in world.themes.values():
        parts = expected_parts(theme)
        drawn = tile_table(theme, cell_px).astype(np.float32)
        shown = np.einsum("gfpc,pyx->gfyxc", parts, _masks(cell_px, 0))
        assert np.array_equal(shown, drawn)


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_every_pixel_counts(world, size):
    """One pixel of the board turned to its opposite is a residual of its cell; pixel by pixel, the slow way."""
    problem = posed(world, size)
    layout, oracle = problem.layout, oracle_video(world, problem)[:1]
    assert excess_of(world, problem, oracle).max() == 0
    rng = seeding.rng("every-pixel", world.name)
    for _ in range(40):
        row, col = rng.integers(layout.rows * layout.cell_px), rng.integers(layout.cols * layout.cell_px)
        video = oracle.copy()
        pixel = video[0, layout.top_px + row, layout.left_px + col]
        before = pixel.astype(float)
        pixel[:] = np.where(pixel > 127, 0, 255)
        residual = np.sqrt(np.sum((pixel - before) ** 2) / (3 * layout.cell_px**2))
        found = excess_of(world, problem, video)[0]
        cell = row // layout.cell_px, col // layout.cell_px
        others = found.copy()
        others[cell] = 0
        assert others.max() == 0
        assert found[cell] >= min(residual / explain.MAX_RESIDUAL, 1) - 1e-3
        assert found[cell] > 0


def shifted(video, by):
    return np.clip(video.astype(int) + by, 0, 255).astype(np.uint8)


def test_a_shift_is_the_frames_own_and_bounded():
    world = WORLDS["sokoban"]
    problem = posed(world, None)
    video = oracle_video(world, problem)
    assert excess_of(world, problem, shifted(video, (16, -16, 16))).max() <= 1
    assert excess_of(world, problem, shifted(video, 45)).max() > 1
    part = video.copy()
    part[:, :8] = shifted(part[:, :8], 16)
    assert excess_of(world, problem, part).max() > 1, "a shift of a few cells is none of the frame"
    late = video.copy()
    late[0] = shifted(late[0], 16)
    late[1:, :8] = shifted(late[1:, :8], 16)
    assert excess_of(world, problem, late)[1:].max() > 1, "nothing is taken from another frame"


def test_noise_all_over_is_borne_and_noise_in_a_cell_is_not():
    world = WORLDS["maze"]
    problem = posed(world, None, level="small")
    video = oracle_video(world, problem).astype(np.float32)
    noise = seeding.rng("explain-noise").normal(0, 1, video.shape)
    assert excess_of(world, problem, (video + 16 * noise).clip(0, 255)).max() <= 1
    assert excess_of(world, problem, (video + 60 * noise).clip(0, 255)).max() > 1
    one = video.copy()
    one[:, 8:16, 8:16] += 16 * noise[:, 8:16, 8:16]
    assert (excess_of(world, problem, one.clip(0, 255)) > 1).any(axis=0).nonzero() == (1, 1)


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("share", [0.25, 0.35, 0.42])
def test_ghosts_are_refused_where_they_are(world, share):
    """The end of the solution shines through its third frame; rules alone would have accepted that."""
    problem = posed(world, None, level="small")
    video = oracle_video(world, problem).astype(np.float32)
    video[2] += share * (video[-1] - video[2])
    verdict = judge(world, problem, video, EXACT)
    assert (verdict.reason in (UNEXPLAINED, "unreadable"), verdict.frame) == (True, 2)
    assert verdict.components["process"] < 1
    assert UNEXPLAINED in world.reasons


def test_what_cannot_be_read_keeps_its_name_and_what_breaks_a_rule_first_too():
    world = WORLDS["maze"]
    problem = posed(world, None, level="small")
    video = oracle_video(world, problem).astype(np.float32)
    half = video.copy()
    half[2] += 0.5 * (video[-1] - video[2])
    assert judge(world, problem, half, EXACT).reason == "unreadable"
    jumped = video.copy()
    jumped[1] = video[-1]
    jumped[2] += 0.4 * (video[-1] - video[2])
    assert judge(world, problem, jumped, EXACT).frame == 1
    faint = video.copy()
    faint[2] += 0.05 * (video[-1] - video[2])
    assert judge(world, problem, faint, EXACT).success
    assert oracle_trace(world, problem).num_frames == len(video)
