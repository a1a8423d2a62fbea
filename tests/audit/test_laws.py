"""The public checker of worlds: every world passes it, and every law of it can fail."""

from __future__ import annotations

import dataclasses
import functools
import itertools

import numpy as np
import pytest

from videorlvr.audit.laws import (
    LAWS,
    cheats_are_refused,
    check_world,
    game_is_one_game,
    same_address_same_problem,
    theme_breaches,
    variants_are_accepted,
)
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Draft, Reward, Theme, Variant, Verdict, World
from videorlvr.worlds.problems import make_problem, oracle_trace
from videorlvr.worlds.verify import COMMON_REASONS

MAZE = WORLDS["maze"]
COUNTS = {"micro": 1, "small": 1, "paper": 1}


@pytest.mark.parametrize("level", COUNTS)
@pytest.mark.parametrize("name", WORLDS)
def test_every_world_keeps_every_law(name, level):
    assert [str(breach) for breach in check_world(WORLDS[name], level=level, count=COUNTS[level])] == []


@pytest.mark.parametrize("name", WORLDS)
def test_a_hard_problem_keeps_every_law(name):
    """One problem, and not made a second time: posing and solving hard problems takes seconds."""
    world = WORLDS[name]
    problem = make_problem(world, "hard", "train", 0)
    for law in LAWS:
        if law not in (same_address_same_problem, cheats_are_refused, variants_are_accepted):
            assert list(law(world, problem)) == []


def laws_broken(world: World) -> set[str]:
    """By one train problem; other splits ask the same laws again."""
    problem = make_problem(world, "micro", "train", 0)
    broken = {law.__name__.replace("_", " ") for law in LAWS if list(law(world, problem))}
    return broken | {breach.law for breach in theme_breaches(world)}


def changed(world: World, **parts) -> World:
    return dataclasses.replace(world, **parts)


@pytest.fixture(params=list(WORLDS))
def world(request) -> World:
    return WORLDS[request.param]


def test_a_judge_that_accepts_everything_is_found(world):
    everything = dict.fromkeys(["success", "process", *world.rewards["dense-v1"].weights], 1.0)
    lenient = changed(world, verify=lambda problem, trace: Verdict(True, "", components=everything))
    broken = laws_broken(lenient)
    assert {"cheats are refused", "judge never raises", "oracle succeeds"} <= broken


def test_a_judge_that_refuses_everything_is_found(world):
    strict = changed(world, verify=lambda problem, trace: Verdict(False, "unreadable"))
    broken = laws_broken(strict)
    assert {"oracle succeeds", "solver solves", "random play is legal", "noise is survived"} <= broken


def test_a_judge_that_wants_the_reference_solution_is_found(world):
    """Random legal play is legal, whatever the reference is."""

    def only_the_reference(problem, trace):
        verdict = world.verify(problem, trace)
        same = np.array_equal(trace.figure, oracle_trace(world, problem).figure)
        return verdict if same else Verdict(False, "illegal_move", 1, components={"process": 0.0})

    broken = laws_broken(changed(world, verify=only_the_reference))
    assert {"random play is legal", "variants are accepted"} <= broken


def test_a_judge_that_wants_perfect_pixels_is_found(world):
    def sharp(problem, trace):
        verdict = world.verify(problem, trace)
        return verdict if trace.confidence.min(initial=1) > 0.9 else Verdict(False, "unreadable", 0)

    assert laws_broken(changed(world, verify=sharp)) >= {"noise is survived"}


def test_a_judge_that_raises_is_a_breach():
    def fragile(problem, trace):
        assert trace.num_frames <= problem.num_frames
        return MAZE.verify(problem, trace)

    breaches = check_world(changed(MAZE, verify=fragile), level="micro", count=1)
    longer = {"cheats are refused", "variants are accepted"}  # some last longer than the problem's frames
    assert {breach.law for breach in breaches} == {"judge never raises", *longer}


def with_game(world: World, **parts) -> World:
    """The same world, some methods of its games exchanged: each gets the game it stands in for."""

    def make(grid):
        game, exchanged = world.game(grid), world.game(grid)
        for name, part in parts.items():
            setattr(exchanged, name, functools.partial(part, game))
        return exchanged

    return changed(world, game=make)


def test_play_that_shows_something_else_is_found(world):
    def mirrored(game, state):
        figure = game.figure(state)
        return figure if state == game.start() else figure[:, ::-1]

    broken = laws_broken(with_game(world, figure=mirrored))
    assert {"oracle succeeds", "solver solves"} <= broken


def test_a_game_that_is_at_odds_with_itself_is_found(world):
    problem = make_problem(world, "micro", "train", 0)
    parts = {
        "solved": lambda game, state: True,
        "legal": lambda game, state: [],
        "step": lambda game, state, move: state,
        "write_moves": lambda game, moves: game.write_moves(list(moves)[::-1]),
        "figure": lambda game, state: game.figure(state)[::-1],
    }
    assert not list(game_is_one_game(with_game(world), problem))
    for name, part in parts.items():
        assert list(game_is_one_game(with_game(world, **{name: part}), problem)), name


def test_a_split_that_does_not_follow_the_board_is_found(world):
    counter = itertools.count()
    fickle = changed(world, canonical=lambda grid: str(next(counter)).encode())
    breaches = check_world(fickle, level="micro", count=3)
    assert "split follows content" in {breach.law for breach in breaches}


def test_a_generator_with_randomness_of_its_own_is_found(world):
    own = np.random.default_rng(0)
    restless = changed(world, generate=lambda level, rng: world.generate(level, own))
    assert "same address same problem" in laws_broken(restless)


def with_known_solutions(world: World) -> World:
    """The same world, its drafts solved, so that problems can be posed without the solver."""

    def generate(level, rng):
        draft = world.generate(level, rng)
        return draft and Draft(draft.grid, draft.moves or world.solve(draft.grid))

    return changed(world, generate=generate)


def test_a_solver_that_gives_up_is_found(world):
    assert laws_broken(changed(with_known_solutions(world), solve=lambda grid: None)) == {"solver solves"}


def test_a_solver_that_solves_nothing_is_found(world):
    def wander(grid):
        return world.random_moves(grid, 1, np.random.default_rng(0))

    broken = laws_broken(changed(with_known_solutions(world), solve=wander))
    assert broken == {"solver solves", "variants are accepted"}


def test_a_reward_that_does_not_add_up_is_found(world):
    generous = changed(world, rewards={**world.rewards, "generous": Reward("sum", {"success": 1.1})})
    assert laws_broken(generous) == {"oracle succeeds"}


def test_a_cheat_with_another_reason_is_found(world):
    renamed = [dataclasses.replace(cheat, reasons=("no_such_reason",)) for cheat in world.cheats]
    breaches = check_world(changed(world, cheats=renamed), level="micro", count=1)
    assert {breach.law for breach in breaches} == {"cheats are refused"}
    found = " ".join(breach.remedy for breach in breaches)
    assert {cheat.name for cheat in world.cheats if f"'{cheat.name}'" in found} >= {
        "frozen-first-frame",
        "black",
    }


def test_a_variant_that_is_none_is_found(world):
    cut = next(cheat for cheat in world.cheats if cheat.name == "cut-before-the-end")
    wrong = changed(world, variants=[Variant("cut", cut.make)])
    assert laws_broken(wrong) == {"variants are accepted"}


def test_a_judge_that_forgets_a_reason_is_found(world):
    """Each reason of a world's own, but one that is rare on small boards."""
    own = set(world.reasons) - set(COMMON_REASONS) - {"not_filled"}
    seen = set()
    for level, index in (("micro", 0), ("micro", 1), ("small", 0), ("small", 1), ("small", 2), ("small", 3)):
        problem = make_problem(world, level, "train", index)
        for reason in own - seen:

            def forgetful(problem, trace, forgotten=reason):
                verdict = world.verify(problem, trace)
                return Verdict(True, "") if verdict.reason == forgotten else verdict

            if any(
                "is accepted" in breach
                for breach in cheats_are_refused(changed(world, verify=forgetful), problem)
            ):
                seen.add(reason)
    assert seen == own


def test_a_reason_without_a_meaning_is_found(world):
    assert laws_broken(changed(world, reasons={})) == {"cheats are refused"}


def near(theme: Theme) -> Theme:
    """The second figure's colour a little nearer to the first than is allowed."""
    first, second = np.array(theme.figures[:2], float)
    away = (second - first) / np.linalg.norm(second - first)
    moved = tuple(int(value) for value in first + (80 - 3) * away)
    return dataclasses.replace(theme, figures=(theme.figures[0], moved, *theme.figures[2:]))


def test_near_colours_are_found(world):
    for theme in world.themes.values():
        close = changed(world, themes={**world.themes, "default": near(theme)})
        assert "colours are apart" in laws_broken(close)


def test_equal_colours_cannot_be_read_back(world):
    theme = world.themes["default"]
    same = dataclasses.replace(theme, figures=(theme.figures[0], theme.figures[0], *theme.figures[2:]))
    broken = laws_broken(changed(world, themes={**world.themes, "default": same}))
    assert {"colours are apart", "read inverts render"} <= broken


def test_a_wall_like_the_floor_is_found(world):
    theme = world.themes["default"]
    flat = dataclasses.replace(theme, wall=theme.tiles[0])
    assert "colours are apart" in laws_broken(changed(world, themes={**world.themes, "default": flat}))


def test_a_missing_colour_is_found():
    theme = MAZE.themes["night"]
    short = dataclasses.replace(theme, figures=theme.figures[:-1])
    found = list(theme_breaches(changed(MAZE, themes={**MAZE.themes, "night": short})))
    assert [(breach.law, breach.where) for breach in found] == [("themes are complete", "night")]


def test_a_missing_colour_is_a_breach_and_no_crash():
    theme = MAZE.themes["night"]
    short = dataclasses.replace(theme, figures=theme.figures[:-1])
    breaches = check_world(changed(MAZE, themes={**MAZE.themes, "night": short}), level="micro", count=1)
    assert {breach.law for breach in breaches} == {"themes are complete", "read inverts render"}


def test_a_breach_says_where():
    strict = changed(MAZE, verify=lambda problem, trace: Verdict(False, "unreadable"))
    breach = check_world(strict, level="micro", count=1)[0]
    assert str(make_problem(MAZE, "micro", "train", 0).address) in str(breach)
