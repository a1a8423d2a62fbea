"""Laws that every world keeps, as a public checker: `check_world(world)`, `videorlvr worlds check`.

An author of a world, inside or outside this package, runs it; a failure says what is most likely wrong.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from videorlvr.base import seeding
from videorlvr.judge.door import judge
from videorlvr.judge.read import read
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds.api import SPLITS, Problem, Theme, Trace, World
from videorlvr.worlds.problems import make_problem, oracle_trace, pace, split_of, theme_of
from videorlvr.worlds.render import oracle_video, render_trace

MIN_COLOUR_DISTANCE = 80.0


@dataclass(frozen=True)
class Breach:
    """A law that a world broke, where, and what is most likely wrong."""

    law: str
    where: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.law} [{self.where}]: {self.remedy}"


def same_address_same_problem(world: World, problem: Problem) -> Iterator[str]:
    address = problem.address
    again = make_problem(world, address.level, address.split, address.index)
    if again.to_json() != problem.to_json():
        yield "the address gave another problem: draw all randomness from the generator that is passed in"


def json_round_trip(world: World, problem: Problem) -> Iterator[str]:
    text = json.dumps(problem.to_json())
    if json.dumps(Problem.from_json(json.loads(text)).to_json()) != text:
        yield "the problem changed in a JSON round trip: keep only JSON values in it"


def split_follows_content(world: World, problem: Problem) -> Iterator[str]:
    if split_of(world.canonical(problem.grid)) != problem.address.split:
        yield "the board's content names another split: `canonical` must be a function of the board alone"


def oracle_succeeds(world: World, problem: Problem) -> Iterator[str]:
    verdict = judge(world, problem, oracle_video(world, problem), EXACT)
    if not verdict.success:
        yield f"the oracle video is refused ({verdict.reason}, frame {verdict.frame}): generator and judge disagree"
    elif verdict.metrics.get("f1") != 1.0:
        yield f"the oracle's f1 against itself is {verdict.metrics.get('f1')}: compare with `problem.solution`"
    else:
        for name, reward in world.rewards.items():
            if abs(reward(verdict.components) - 1) > 1e-9:
                yield f"reward '{name}' gives the oracle {reward(verdict.components)}: weights must add up to 1"


def solver_solves(world: World, problem: Problem) -> Iterator[str]:
    moves = world.solve(problem.grid)
    if moves is None:
        yield "`solve` finds no solution of a board that has one"
        return
    states = world.play(problem.grid, moves)
    pace_needed = max(1, -(-(len(states) - 1) // (problem.num_frames - 1)))
    figures = pace(
        states, num_frames=problem.num_frames, moves_per_frame=max(pace_needed, problem.moves_per_frame)
    )
    if pace_needed <= problem.moves_per_frame:
        verdict = judge(world, problem, Trace.exact(problem.grid.ground, figures), EXACT)
        if not verdict.success:
            yield f"the solver's solution is refused ({verdict.reason}, frame {verdict.frame})"


def game_is_one_game(world: World, problem: Problem) -> Iterator[str]:
    """Along the reference: what is listed as legal can be played, and only its end is solved."""
    game = world.game(problem.grid)
    moves = game.read_moves(problem.solution)
    if game.read_moves(game.write_moves(moves)) != moves:
        yield "`read_moves` does not give back what `write_moves` was given"
    state = game.start()
    if not np.array_equal(game.figure(state), problem.grid.figure):
        yield "`start` shows other figures than the grid"
    if game.solved(state):
        yield "`solved` says that the first state is solved"
    for move in moves:
        legal = game.legal(state)
        if move not in legal:
            yield f"`legal` does not list the reference's move {move!r}"
        if any(game.step(state, other) == state for other in legal):
            yield "a move that `legal` lists changes nothing"
        state = game.step(state, move)
    if not game.solved(state):
        yield "`solved` denies the end of the reference solution"


def read_inverts_render(world: World, problem: Problem) -> Iterator[str]:
    """On the oracle trace and on a trace of random codes, legal or not, in every theme."""
    oracle = oracle_trace(world, problem)
    rng = seeding.rng("read-inverts-render", str(problem.address))
    shape = oracle.figure.shape
    walls = rng.integers(0, 16, shape)
    random = Trace.exact(
        (rng.integers(0, len(world.tile_names), shape) * 16 + walls).astype(np.uint8),
        rng.integers(0, len(world.figure_names), shape).astype(np.uint8),
    )
    for name, trace in itertools.product(world.themes, (oracle, random)):
        themed = dataclasses.replace(problem, theme=name)
        video = render_trace(world, themed, trace)
        seen = read(video[None], layout=problem.layout, theme=theme_of(world, themed))[0]
        same = np.array_equal(seen.ground, trace.ground) and np.array_equal(seen.figure, trace.figure)
        if not same:
            yield f"theme '{name}': reading a rendered trace gives another one: its colours lie too near each other"


def random_play_is_legal(world: World, problem: Problem) -> Iterator[str]:
    rng = seeding.rng("random-play", str(problem.address))
    budget = problem.moves_per_frame * (problem.num_frames - 1)
    states = world.play(problem.grid, world.random_moves(problem.grid, budget, rng))
    figures = pace(states, num_frames=problem.num_frames, moves_per_frame=problem.moves_per_frame)
    verdict = judge(world, problem, Trace.exact(problem.grid.ground, figures), EXACT)
    if verdict.components.get("process") != 1.0:
        yield f"random legal moves are refused ({verdict.reason}, frame {verdict.frame}): rules and judge disagree"


def cheats_are_refused(world: World, problem: Problem) -> Iterator[str]:
    for cheat in world.cheats:
        video = cheat.make(world, problem, seeding.rng("cheat", cheat.name, str(problem.address)))
        if video is None:
            continue
        verdict = judge(world, problem, video, EXACT)
        if verdict.success:
            yield f"cheat '{cheat.name}' is accepted"
        elif verdict.reason not in cheat.reasons:
            yield f"cheat '{cheat.name}' is refused for '{verdict.reason}', expected {' or '.join(cheat.reasons)}"
        elif verdict.reason not in world.reasons:
            yield f"reason '{verdict.reason}' is not in the world's `reasons`"


def variants_are_accepted(world: World, problem: Problem) -> Iterator[str]:
    for variant in world.variants:
        video = variant.make(world, problem, seeding.rng("variant", variant.name, str(problem.address)))
        if video is None:
            continue
        verdict = judge(world, problem, video, EXACT)
        if not verdict.success:
            yield f"variant '{variant.name}' is refused ({verdict.reason}, frame {verdict.frame})"


def judge_never_raises(world: World, problem: Problem) -> Iterator[str]:
    """On traces of arbitrary codes that begin with the problem, of any length."""
    rng = seeding.rng("judge-never-raises", str(problem.address))
    for frames in (0, 1, 2, problem.num_frames, 3 * problem.num_frames):
        figure = rng.choice([*range(len(world.figure_names)), 255], (frames, *problem.grid.shape)).astype(
            np.uint8
        )
        figure[:1] = problem.grid.figure
        verdict = judge(world, problem, Trace.exact(problem.grid.ground, figure), EXACT)
        if verdict.success and frames < 2:
            yield f"a video of {frames} frames is accepted"


def noise_is_survived(world: World, problem: Problem) -> Iterator[str]:
    """Gaussian noise of 16 grey levels and a brightness shift of 10 do not change the verdict."""
    rng = seeding.rng("noise-is-survived", str(problem.address))
    video = oracle_video(world, problem).astype(np.float32)
    noisy = np.clip(video + 10 + rng.normal(0, 16, video.shape), 0, 255).astype(np.uint8)
    verdict = judge(world, problem, noisy, EXACT)
    if not verdict.success:
        yield f"a slightly noisy oracle is refused ({verdict.reason}, frame {verdict.frame})"


Law = Callable[[World, Problem], Iterator[str]]
LAWS: tuple[Law, ...] = (
    same_address_same_problem,
    json_round_trip,
    split_follows_content,
    oracle_succeeds,
    solver_solves,
    game_is_one_game,
    read_inverts_render,
    random_play_is_legal,
    cheats_are_refused,
    variants_are_accepted,
    judge_never_raises,
    noise_is_survived,
)


def theme_breaches(world: World) -> Iterator[Breach]:
    def close(colours: tuple[tuple[int, int, int], ...]) -> bool:
        table = np.array(colours, float)
        apart = np.linalg.norm(table[:, None] - table[None], axis=-1)
        np.fill_diagonal(apart, np.inf)
        return bool(apart.min() < MIN_COLOUR_DISTANCE)

    for name, theme in world.themes.items():
        if len(theme.tiles) != len(world.tile_names) or len(theme.figures) != len(world.figure_names):
            yield Breach("themes are complete", name, "give one colour for each tile and figure name")
        for colours in (theme.tiles, theme.figures, (theme.tiles[0], theme.wall)):
            if close(colours):
                yield Breach(
                    "colours are apart",
                    name,
                    f"two colours lie within {MIN_COLOUR_DISTANCE:.0f} of each other",
                )


def _remedies(law: Law, world: World, problem: Problem) -> Iterator[str]:
    """What a law says; a world that raises has broken it."""
    try:
        yield from law(world, problem)
    except Exception as error:  # of any kind: the author's code is what is being examined
        yield f"{type(error).__name__} was raised: {error}"


def check_world(world: World, *, level: str | None = None, count: int = 5) -> list[Breach]:
    """All breaches of all laws over `count` problems of each split and level; empty is a pass."""
    breaches = list(theme_breaches(world))
    for name in [level] if level else world.levels:
        for split in SPLITS:
            for index in range(count):
                problem = make_problem(world, name, split, index)
                for law in LAWS:
                    breaches += [
                        Breach(law.__name__.replace("_", " "), str(problem.address), remedy)
                        for remedy in _remedies(law, world, problem)
                    ]
    return breaches


__all__ = ["LAWS", "MIN_COLOUR_DISTANCE", "Breach", "Theme", "check_world", "theme_breaches"]
