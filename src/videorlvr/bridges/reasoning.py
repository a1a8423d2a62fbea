"""Each world as a dataset of reasoning-gym: `question`, `answer`, `metadata`, and a scorer that takes any solution.

    import reasoning_gym
    import videorlvr.bridges.reasoning
    data = reasoning_gym.create_dataset("videorlvr", world="maze", level="small", size=100, seed=1)

An answer is move text, or a whole reply that ends with `MOVES: ` and moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reasoning_gym.dataset import ProceduralDataset
from reasoning_gym.factory import DATASETS, register_dataset

from videorlvr.bridges.scoring import problem_at
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import level_of, make_problem
from videorlvr.worlds.written.asking import LABEL, lenient_moves, messages

NAME = "videorlvr"
APART = 1_000_000
"""Problems between two seeds' first."""


@dataclass
class BoardsConfig:
    """What reasoning-gym is told: which boards, how many, and from where on."""

    world: str = "maze"
    level: str = "small"
    split: str = "train"
    shots: int = 1
    seed: int | None = None
    size: int = 500

    def validate(self) -> None:
        level_of(world_of(self.world), self.level)
        assert self.size > 0, "size must be positive"
        assert self.shots >= 0, "shots must not be negative"


class BoardsDataset(ProceduralDataset):  # type: ignore[misc]
    """Problems of one level; item i of seed s is always the same."""

    def __init__(self, config: BoardsConfig) -> None:
        super().__init__(config=config, seed=config.seed, size=config.size)
        self.world = world_of(config.world)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        first = (self.seed % 1000) * APART
        problem = make_problem(self.world, self.config.level, self.config.split, first + idx)
        asked = messages(self.world, problem, shots=self.config.shots)
        return {
            "question": "\n\n".join(each["content"] for each in asked),
            "answer": problem.solution,
            "metadata": {
                "source_dataset": NAME,
                "source_index": idx,
                "address": str(problem.address),
                "difficulty": {
                    "level": self.config.level,
                    "moves": len(self.world.play(problem.grid, problem.solution)) - 1,
                },
            },
        }

    def score_answer(self, answer: str | None, entry: dict[str, Any]) -> float:
        """1 for moves that solve the board, whatever they are; 0.01 for moves that do not; 0 for what is none."""
        if not isinstance(answer, str) or not answer.strip():
            return 0.0
        problem = problem_at(entry["metadata"]["address"])
        world = world_of(problem.address.world)  # reasoning-gym scores with a dataset of defaults
        moves = lenient_moves(world, problem, answer if LABEL in answer else f"{LABEL} {answer.strip()}")
        if moves is None:
            return 0.0
        return 1.0 if judge(world, problem, moves, EXACT).success else 0.01


if NAME not in DATASETS:
    register_dataset(NAME, BoardsDataset, BoardsConfig)
