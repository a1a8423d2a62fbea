"""Each world as a Gymnasium environment: a board, a legal move a step, a reward for what the judge pays.

    import gymnasium
    from videorlvr.bridges.gym import register
    register()
    env = gymnasium.make("videorlvr/maze-small-v1")

Observations are ground and figure codes on the level's canvas, uint8 [2, R, C], `UNSURE` beyond the board. An action is
the number of a legal move (`info["ways"]` names them, `info["action_mask"]` tells which there are); a number that has
no move changes nothing and is counted in `info["idle"]`. The reward is 1 for solving, or with `dense` the change of the
world's dense reward. An episode ends solved, and is truncated after twice the moves of the level's longest solutions.

Law: an episode ends with reward exactly where `judge` says success of its moves.
"""

from __future__ import annotations

import functools
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from videorlvr.base import seeding
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds import WORLDS, world_of
from videorlvr.worlds.api import UNSURE, Problem, Split, Trace
from videorlvr.worlds.problems import level_of, make_problem
from videorlvr.worlds.render import render_trace

Observation = npt.NDArray[np.uint8]
NUM_MEASURED = 24


class BoardEnv(gymnasium.Env[Observation, np.int64]):
    """One world at one level. Each reset poses a problem of `split`: the one at `options["index"]`, or a drawn one."""

    metadata = {"render_modes": ["ansi", "rgb_array"], "render_fps": 4}  # noqa: RUF012

    def __init__(
        self,
        world: str = "maze",
        level: str = "small",
        *,
        split: Split = "train",
        reward: str = "sparse",
        num_problems: int = 100_000,
        render_mode: str | None = None,
    ) -> None:
        if reward not in ("sparse", "dense"):
            raise ValueError(f"reward is '{reward}': expected sparse or dense")
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode is '{render_mode}': expected ansi, rgb_array or none")
        self.world, self.level, self.split = world_of(world), level_of(world_of(world), level), split
        self.reward, self.num_problems, self.render_mode = reward, num_problems, render_mode
        self.max_moves = 2 * self.level.moves[1]
        self.num_ways = most_ways(world, level)
        self.action_space = spaces.Discrete(self.num_ways)
        self.observation_space = spaces.Box(0, 255, (2, *self.level.canvas), np.uint8)
        self.problem: Problem | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        super().reset(seed=seed)
        drawn = int(self.np_random.integers(self.num_problems))
        index = int((options or {}).get("index", drawn))
        self.problem = make_problem(self.world, self.level.name, self.split, index)
        self.game = self.world.game(self.problem.grid)
        self.state, self.moves, self.idle = self.game.start(), list[str](), 0
        self.worth = self._worth()
        return self._observed(), self._info()

    def step(self, action: np.int64) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        assert self.problem is not None, "reset first"
        ways = self._ways()
        if int(action) < len(ways):
            self.moves.append(ways[int(action)])
            self.state = self.game.step(self.state, self.moves[-1])
        else:
            self.idle += 1
        solved = bool(self.game.solved(self.state)) and self._verdict().success
        before, self.worth = self.worth, self._worth()
        earned = float(solved) if self.reward == "sparse" else self.worth - before
        truncated = not solved and len(self.moves) + self.idle >= self.max_moves
        return self._observed(), earned, solved, truncated, self._info()

    def render(self) -> Any:
        assert self.problem is not None, "reset first"
        if self.render_mode == "ansi":
            return self.game.text(self.state)
        if self.render_mode == "rgb_array":
            figures = self.game.figure(self.state)[None]
            return render_trace(self.world, self.problem, Trace.exact(self.problem.grid.ground, figures))[0]
        return None

    def _ways(self) -> list[str]:
        return list(self.game.legal(self.state))[: self.num_ways]

    def _verdict(self) -> Any:
        assert self.problem is not None
        return judge(self.world, self.problem, self.game.write_moves(self.moves), EXACT)

    def _worth(self) -> float:
        if self.reward == "sparse":
            return 0.0
        return self.world.rewards["dense-v1"](self._verdict().components)

    def _observed(self) -> Observation:
        assert self.problem is not None
        layout, cell = self.problem.layout, self.problem.layout.cell_px
        out = np.full((2, *self.level.canvas), UNSURE, np.uint8)
        row, col = layout.top_px // cell, layout.left_px // cell
        place = (slice(row, row + layout.rows), slice(col, col + layout.cols))
        out[(0, *place)], out[(1, *place)] = self.problem.grid.ground, self.game.figure(self.state)
        return out

    def _info(self) -> dict[str, Any]:
        ways = self._ways()
        mask = np.zeros(self.num_ways, np.int8)
        mask[: len(ways)] = 1
        return {
            "address": str(self.problem.address if self.problem else ""),
            "ways": ways,
            "action_mask": mask,
            "moves": self.game.write_moves(self.moves),
            "idle": self.idle,
        }


@functools.lru_cache(maxsize=64)
def most_ways(world: str, level: str) -> int:
    """Legal moves that a state of a level has at most, as reference solutions and random play of its first train
    problems meet them; an environment offers no more."""
    kind, most = world_of(world), 1
    for index in range(NUM_MEASURED):
        problem = make_problem(kind, level, "train", index)
        game = kind.game(problem.grid)
        wandered = game.wander(64, seeding.rng("most-ways", world, level, index))
        for moves in (problem.solution, wandered):
            state = game.start()
            most = max(most, len(game.legal(state)))
            for move in game.read_moves(moves):
                state = game.step(state, move)
                most = max(most, len(game.legal(state)))
    return most


def register() -> list[str]:
    """Make every level of every installed world known to `gymnasium.make`; their names."""
    names = []
    for world in WORLDS.values():
        for level in world.levels:
            name = f"videorlvr/{world.name}-{level}-v{world.version}"
            names.append(name)
            if name not in gymnasium.registry:
                gymnasium.register(
                    name,
                    entry_point="videorlvr.bridges.gym:BoardEnv",
                    kwargs={"world": world.name, "level": level},
                )
    return names
