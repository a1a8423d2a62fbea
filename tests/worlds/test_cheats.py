"""The catalogue of cheats: complete, each refused for its own reason, and every reason of the judge needed."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest

from videorlvr.base import seeding
from videorlvr.judge.door import judge, judge_batch
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Layout, Problem
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.render import oracle_video
from videorlvr.worlds.verify import COMMON_REASONS, MAX_FRAMES, array_fault

ISSUE = {
    "frozen first frame": {"all": "frozen-first-frame"},
    "black": {"all": "black black-between"},
    "white": {"all": "white"},
    "noise": {"all": "noise dissolve-to-noise"},
    "last frame only": {"all": "last-frame-only"},
    "end-state jump": {"all": "end-jump late-jump"},
    "cross-fade to the solution": {"all": "cross-fade slow-cross-fade half-transparent"},
    "paint everything": {
        "maze": "paint-everything flood thick-trail",
        "flowfree": "short-cuts-filled-up one-colour-for-all random-colours",
        "sokoban": "box-duplicated",
    },
    "two heads, two players": {
        "maze": "two-heads two-walkers ghost-heads",
        "flowfree": "both-ends-at-once one-end-after-the-other",
        "sokoban": "two-players",
    },
    "teleport": {
        "maze": "teleport round-the-rim",
        "flowfree": "flow-from-nowhere round-the-rim",
        "sokoban": "teleport round-the-rim hop-over-box",
    },
    "wall crossing": {
        "maze": "through-walls through-one-wall",
        "sokoban": "player-into-wall box-into-wall through-wall",
    },
    "wall crossing, diagonal": {
        "maze": "diagonal-step",
        "flowfree": "diagonal-growth",
        "sokoban": "diagonal-step",
    },
    "wall crossing, between frames": {"maze": "wall-crossed-within-a-frame", "sokoban": "through-wall"},
    "backwards video": {"all": "reversed reversed-after-the-first-frame"},
    "another problem's solution": {
        "all": "another-problems-solution another-problem-after-the-first-frame "
        "two-problems-in-turn two-problems-side-by-side two-problems-interlaced"
    },
    "goal moved to the head": {
        "maze": "goal-moved-to-head second-goal",
        "flowfree": "endpoint-moved",
        "sokoban": "target-moved-under-box target-added-under-box",
    },
    "walls erased in passing and restored": {
        "all": "board-bare-between board-bare-for-good",
        "maze": "walls-erased-in-passing wall-gone-for-a-frame",
        "sokoban": "wall-gone-for-a-frame wall-gone-for-good loose-stone",
    },
    "box that vanishes and reappears on a target": {"sokoban": "box-vanishes box-to-target boxes-merge"},
    "pull instead of push": {"sokoban": "pull"},
    "pushing two boxes": {"sokoban": "push-two"},
    "endpoint recoloured": {"flowfree": "endpoint-recoloured endpoint-overrun endpoint-erased"},
    "colour overwritten and repainted": {"flowfree": "repainted-for-a-frame cell-stolen erased-and-regrown"},
    "flow growing from nowhere": {"flowfree": "flow-from-nowhere dashed-flow"},
    "flicker": {
        "all": "flicker flicker-with-the-solution flicker-between-samples black-between black-after-each-frame"
    },
    "given frame turned": {"all": "turning-picture"},
    "legal moves that solve nothing": {"maze": "back-and-forth", "sokoban": "walks-about"},
    "solved then unsolved": {
        "all": "solved-then-unsolved",
        "maze": "past-the-goal",
        "flowfree": "past-the-end cell-stolen",
        "sokoban": "past-the-solution",
    },
    "correct path drawn by an agent that never moves": {
        "maze": "trail-without-walker trail-from-the-goal trail-from-both-ends",
        "sokoban": "boxes-glide invisible-player",
    },
    "faint or tiny marks below the sure threshold": {"all": "faint tiny-marks"},
    "solution hidden in letterbox margins": {"all": "solution-in-the-margin"},
    "single-frame video": {"all": "single-frame"},
    "too many frames": {"all": "endless"},
    "too few frames": {"all": "no-frames single-frame"},
    "wrong size": {"all": "wrong-size doubled-size four-channels one-channel channels-first batch-of-one"},
    "NaN or out-of-range values": {
        "all": "not-a-number infinite-pixel pixel-too-bright pixel-below-zero signed-pixels sixteen-bit-pixels"
    },
}
"""What a judge must refuse, and the cheats of each world that try it."""


def variety(world, level: str, index: int) -> Problem:
    """A problem in some theme, some at a faster pace, and half of them letterboxed in cells of another size."""
    problem = make_problem(world, level, "train", index)
    pace = problem.moves_per_frame + (index % 3 == 1)
    theme = list(world.themes)[index % len(world.themes)]
    problem = dataclasses.replace(problem, theme=theme, moves_per_frame=pace)
    if index % 4 < 2:
        return problem
    (rows, cols), cell = problem.grid.shape, (9, 12, 13)[index % 3]
    size = {"height_px": rows * cell + 3, "width_px": cols * cell + 20 + index}
    return dataclasses.replace(problem, layout=Layout.letterboxed(rows, cols, **size))


PROBLEMS = [("micro", index) for index in range(4)] + [("small", index) for index in range(5)]


@cache
def outcomes(name: str) -> dict[str, list[tuple[str, str]]]:
    """Cheat -> (where, reason) for every problem that has it; "" is an accepted cheat."""
    world, found = WORLDS[name], {cheat.name: [] for cheat in WORLDS[name].cheats}
    for level, index in PROBLEMS:
        problem = variety(world, level, index)
        for cheat in world.cheats:
            video = cheat.make(world, problem, seeding.rng("test", cheat.name, index))
            if video is not None:
                verdict = judge(world, problem, video, EXACT)
                found[cheat.name].append((str(problem.address), verdict.reason))
    return found


@pytest.mark.parametrize("name", WORLDS)
def test_every_cheat_is_refused_for_its_own_reason(name):
    for cheat in WORLDS[name].cheats:
        for where, reason in outcomes(name)[cheat.name]:
            assert reason in cheat.reasons, (cheat.name, where)


@pytest.mark.parametrize("name", WORLDS)
def test_every_cheat_can_be_made(name):
    rare = {"short-cuts", "short-cuts-filled-up"}  # few small boards can be joined without being filled
    assert {cheat for cheat, found in outcomes(name).items() if not found} <= rare


@pytest.mark.parametrize("name", ["short-cuts", "short-cuts-filled-up"])
def test_rare_cheats_are_refused_for_their_own_reason(name):
    world = WORLDS["flowfree"]
    cheat = next(cheat for cheat in world.cheats if cheat.name == name)
    reasons = []
    for index in range(12):
        problem = make_problem(world, "paper", "train", index)
        video = cheat.make(world, problem, seeding.rng("test", name, index))
        if video is not None:
            reasons.append(judge(world, problem, video, EXACT).reason)
    assert reasons
    assert set(reasons) <= set(cheat.reasons)


@pytest.mark.parametrize("name", WORLDS)
def test_every_reason_but_those_of_files_refuses_a_cheat(name):
    """Without any one of its reasons the judge would be fooled. `not_filled` is that of the rare cheats below."""
    seen = {reason for found in outcomes(name).values() for _, reason in found}
    unseen = set(WORLDS[name].reasons) - seen - {"not_filled"}
    assert unseen <= set(COMMON_REASONS)
    judged = {"wrong_start", "unreadable", "wrong_size", "wrong_values", "too_few_frames", "too_many_frames"}
    assert judged <= seen


@pytest.mark.parametrize("idea", ISSUE)
def test_the_list_of_cheats_is_covered(idea):
    for world, names in ISSUE[idea].items():
        for name in WORLDS if world == "all" else [world]:
            assert set(names.split()) <= {cheat.name for cheat in WORLDS[name].cheats}, name


@pytest.mark.parametrize("name", WORLDS)
def test_cheats_have_names_of_their_own_and_say_what_they_do(name):
    for entries in (WORLDS[name].cheats, WORLDS[name].variants):
        names = [entry.name for entry in entries]
        assert len(set(names)) == len(names)
        assert all(entry.make.__doc__ for entry in entries), name


@pytest.mark.parametrize("name", WORLDS)
def test_cheats_and_variants_leave_the_problem_as_it_is_and_can_be_made_again(name):
    world = WORLDS[name]
    problem = make_problem(world, "small", "train", 1)
    before = problem.to_json()
    for entry in (*world.cheats, *world.variants):
        one, other = (entry.make(world, problem, seeding.rng("again", entry.name)) for _ in range(2))
        assert problem.to_json() == before, entry.name
        assert np.array_equal(one, other, equal_nan=one is not None and one.dtype.kind == "f"), entry.name


# Holes of published judges. Sources: VideoRLVR, arXiv 2605.15458, Fig. 5; VBVR-EvalKit, issue 240.


def made(name: str, cheat: str, index: int = 0):
    world = WORLDS[name]
    problem = make_problem(world, "small", "train", index)
    found = next(entry for entry in world.cheats if entry.name == cheat)
    video = found.make(world, problem, seeding.rng("hole", cheat))
    return world, judge(world, problem, video, EXACT)


def test_painting_every_corridor_earns_the_papers_reward_and_is_refused():
    world, verdict = made("maze", "paint-everything")
    assert world.rewards["paper"](verdict.components) == 1.0
    assert (verdict.success, verdict.reason) == (False, "trail_unwalked")
    assert world.rewards["dense-v1"](verdict.components) < 0.3


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("cheat", ["late-jump", "end-jump"])
def test_an_end_state_is_no_process(name, cheat):
    """Where the last frame alone is judged, a flash of the solution is full marks."""
    world, verdict = made(name, cheat)
    last_frame = {"maze": "paper", "flowfree": "paper"}.get(name)
    if last_frame:
        assert world.rewards[last_frame](verdict.components) == pytest.approx(1)
    assert not verdict.success
    assert verdict.components["progress"] < 1


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("cheat", ["frozen-first-frame", "faint", "tiny-marks"])
def test_nothing_is_worth_nothing(name, cheat):
    world, verdict = made(name, cheat)
    assert world.rewards["dense-v1"](verdict.components) == 0


# Arrays that are no videos.


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(()),
        np.zeros((5,)),
        np.zeros((0, 0, 0, 0)),
        np.array("a video"),
        np.full((5, 24, 24, 3), None),
        np.zeros((5, 24, 24, 3), complex),
        np.zeros((5, 24, 24, 3), bool),
        np.zeros((5, 24, 24, 3), "U1"),
        np.zeros((5, 24, 24, 3), "datetime64[s]"),
    ],
    ids=str,
)
def test_any_array_is_a_verdict(array):
    problem = make_problem(WORLDS["maze"], "micro", "train", 0)
    verdict = judge(WORLDS["maze"], problem, array, EXACT)
    assert not verdict.success
    assert verdict.reason in ("wrong_size", "wrong_values")


@pytest.mark.parametrize(
    ("value", "reason"),
    [(-0.4, ""), (255.4, ""), (-0.6, "wrong_values"), (255.6, "wrong_values"), (np.nan, "wrong_values")],
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_values_are_those_that_round_to_bytes(value, reason, dtype):
    problem = make_problem(WORLDS["maze"], "micro", "train", 0)
    video = oracle_video(WORLDS["maze"], problem).astype(dtype)
    video[2, 5, 5, 1] = value
    assert array_fault(problem, video) == reason


@pytest.mark.parametrize("extra", [0, 1])
def test_the_longest_video_that_is_judged(extra):
    world = WORLDS["maze"]
    problem = make_problem(world, "micro", "train", 0)
    video = oracle_video(world, problem)
    held = np.repeat(video[-1:], MAX_FRAMES + extra - len(video), axis=0)
    verdict = judge(world, problem, np.concatenate([video, held]), EXACT)
    assert verdict.reason == ("too_many_frames" if extra else "")


def test_one_bad_video_of_a_batch_is_refused_alone():
    world = WORLDS["maze"]
    problems = [make_problem(world, "micro", "train", index) for index in range(4)]
    videos = np.stack([oracle_video(world, problem) for problem in problems]).astype(np.float32)
    videos[1, -1, 3, 3] = np.nan
    videos[2, 0, 3, 3] = 300
    assert [verdict.reason for verdict in judge_batch(problems, videos, EXACT)] == [
        "",
        "wrong_values",
        "wrong_values",
        "",
    ]
