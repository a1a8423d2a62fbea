"""What lies between states: honest motion is accepted, and nothing that only looks like it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from videorlvr.audit.distortions import DISTORTIONS
from videorlvr.judge.door import inspect, judge
from videorlvr.judge.mixture import mixtures
from videorlvr.judge.passages import Passage, UnclearError, in_order
from videorlvr.judge.tolerance import DECLARED
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Problem, Video, World
from videorlvr.worlds.problems import make_problem, theme_of
from videorlvr.worlds.render import oracle_video
from videorlvr.worlds.staging import done_frame, oracle_figures

MAZE = WORLDS["maze"]


def posed(world: World, index: int = 0) -> Problem:
    return make_problem(world, "small", "val", index)


def as_bytes(values: np.ndarray) -> Video:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def mixed(video: Video, shares: list[float], after: int = 1) -> np.ndarray:
    """Between frames `after - 1` and `after`, these mixtures of both."""
    one, other = video[after - 1].astype(float), video[after].astype(float)
    between = [one + share * (other - one) for share in shares]
    return np.concatenate([video[:after], np.array(between), video[after:]])


RETIMED = {"dissolves": 3, "smoothing": 1 / 3, "interpolation": 24, "telecine": 2, "fades": 8, "cards": 24}


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("kind", RETIMED)
def test_honest_motion_is_accepted(name: str, kind: str) -> None:
    world = WORLDS[name]
    problem = posed(world)
    video = oracle_video(world, problem)
    made = DISTORTIONS[kind].make(world, problem, video, RETIMED[kind], np.random.default_rng(0))
    finding = inspect(world, problem, made, DECLARED)
    assert finding.verdict.success, (finding.verdict.reason, finding.why)


WAYS: dict[str, tuple[list[float], bool]] = {
    "there, evenly": ([0.25, 0.5, 0.75], True),
    "there, eased": ([0.05, 0.3, 0.7, 0.95], True),
    "as long as is borne": ([0.5] * 8, True),
    "too long": ([0.5] * 9, False),
    "parked for good": ([0.5] * 30, False),
    "there and back": ([0.5, 0.9, 0.4], False),
    "back at the end": ([0.3, 0.6, 0.3], False),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_transition_goes_one_way_for_a_while(way: str) -> None:
    shares, right = WAYS[way]
    problem = posed(MAZE)
    made = as_bytes(mixed(oracle_video(MAZE, problem), shares))
    assert judge(MAZE, problem, made, DECLARED).success == right


def never_ends(video: Video) -> np.ndarray:
    return np.concatenate([video[:-1], (video[-2:-1] / 2 + video[-1:] / 2)])


def dissolves_back(video: Video) -> np.ndarray:
    return np.concatenate([video, *[video[-1:] * (1 - s) + video[:1] * s for s in (0.2, 0.4)]])


def another_state_shines_through(video: Video) -> np.ndarray:
    out = mixed(video, [0.5])
    out[1] += 0.3 * (video[-1] - out[1])
    return out


def slow_leap(video: Video) -> np.ndarray:
    leap = np.concatenate([video[:1], video[-1:].repeat(12, axis=0)])
    return mixed(leap, [0.2, 0.4, 0.6, 0.8])


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("change", [never_ends, dissolves_back, another_state_shines_through, slow_leap])
def test_what_only_looks_like_motion_is_not_accepted(
    name: str, change: Callable[[Video], np.ndarray]
) -> None:
    world = WORLDS[name]
    problem = posed(world)
    solved = done_frame(oracle_figures(world, problem))
    video = oracle_video(world, problem)[: solved + 1]
    assert judge(world, problem, video, DECLARED).success
    assert not judge(world, problem, as_bytes(change(video)), DECLARED).success


def test_another_cell_that_changes_meanwhile_is_seen() -> None:
    problem = posed(MAZE)
    video = oracle_video(MAZE, problem)
    layout, theme = problem.layout, theme_of(MAZE, problem)
    empty = np.argwhere(oracle_figures(MAZE, problem)[-1] == 0)[0]
    made = as_bytes(mixed(video, [0.25, 0.5, 0.75]))
    assert judge(MAZE, problem, made, DECLARED).success
    top, left = layout.top_px + empty[0] * 8 + 2, layout.left_px + empty[1] * 8 + 2
    for strength in (0.4, 1.0):
        cheat = made.astype(float)
        cheat[2, top : top + 4, left : left + 4] += strength * (
            np.array(theme.figures[1]) - cheat[2, top, left]
        )
        assert not judge(MAZE, problem, as_bytes(cheat), DECLARED).success


def test_a_slow_illegal_move_is_an_illegal_move() -> None:
    problem = posed(MAZE)
    finding = inspect(MAZE, problem, as_bytes(slow_leap(oracle_video(MAZE, problem))), DECLARED)
    assert finding.verdict.reason in ("jump", "wall_crossed")
    assert finding.settled is not None


# The parts


def test_mixtures_are_the_nearest_shares_of_fewest_colours() -> None:
    corners = np.array([[0.0, 0, 0], [90, 0, 0], [0, 90, 0]])
    colours = np.array([[0, 0, 0], [45, 0, 0], [30, 30, 0], [90, 90, 0], [0, 0, 20.0]])
    shares, distance = mixtures(colours, corners)
    np.testing.assert_allclose(shares[:3], [[1, 0, 0], [0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3]], atol=1e-9)
    np.testing.assert_allclose(distance, [0, 0, 0, 45 * np.sqrt(2), 20], atol=1e-9)
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_changes_at_one_time_are_one_state() -> None:
    start = np.array([[1, 0, 0]], np.uint8)
    walk = [
        Passage((0, 0), 0.5, (1, 0)),
        Passage((0, 2), 1.6, (0, 1)),
        Passage((0, 1), 0.9, (0, 1, 0), (1.1,)),
    ]
    assert in_order(walk, start, 4).tolist() == [[[1, 0, 0]], [[0, 1, 0]], [[0, 0, 1]], [[0, 0, 1]]]
    with pytest.raises(UnclearError, match="more states are shown than frames"):
        in_order([Passage((0, 0), 3.5, (1, 0))], start, 4)
    with pytest.raises(UnclearError, match="order"):
        in_order([Passage((0, 0), 0.5, (2, 0))], start, 4)
