"""Rationales of examples: as long as asked, true but for one board, and the same moves whatever stands between them."""

from __future__ import annotations

import numpy as np
import pytest

from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.rationales import NOW, rationale


def told(world, problem, restatements: int, content: str = "exact") -> str:
    rng = np.random.default_rng(0)
    return rationale(world, problem, restatements=restatements, content=content, rng=rng)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", WORLDS)
def test_every_length_and_content_has_the_same_moves(name: str) -> None:
    world = WORLDS[name]
    for index in range(3):
        problem = make_problem(world, "micro", "train", index)
        game = world.game(problem.grid)
        moves, state, boards = game.read_moves(problem.solution), game.start(), []
        for move in moves:
            state = game.step(state, move)
            boards.append(game.text(state))
        steps = [f"Step {number}: {move}" for number, move in enumerate(moves, start=1)]
        assert told(world, problem, 0).split("\n") == steps
        pairs = zip(steps, boards, strict=True)
        assert told(world, problem, 2) == "\n".join(f"{s}\n{NOW}\n{b}\n{NOW}\n{b}" for s, b in pairs)
        exact, filler, corrupted = (
            told(world, problem, 2, content) for content in ("exact", "filler", "corrupted")
        )
        assert [len(line) for line in filler.split("\n")] == [len(line) for line in exact.split("\n")]
        assert {line for line in filler.split("\n") if not line.startswith("Step")} <= {
            "." * n for n in range(1, 200)
        }
        parts = [text.split(NOW) for text in (exact, corrupted)]
        differ = [one != other for one, other in zip(*parts, strict=True)]
        assert sum(differ) == 1, "exactly one board is false"


def test_nothing_said_cannot_be_false() -> None:
    problem = make_problem(WORLDS["maze"], "micro", "train", 0)
    with pytest.raises(ValueError, match="no board to make false"):
        told(WORLDS["maze"], problem, 0, "corrupted")
