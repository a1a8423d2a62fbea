"""The verdict on a reply, as functions that other libraries' trainers call.

Law: a reply is worth what the judge says of its moves; strict or lenient decides only which moves are read in it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from videorlvr.judge.door import judge
from videorlvr.judge.reward import reward_of
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds import world_of
from videorlvr.worlds.api import SPLITS, Problem
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.asking import lenient_moves, strict_moves

SPARSE = "sparse"


def address_of(problem: Problem) -> str:
    """`maze-v1/small/train/17`."""
    return str(problem.address)


@functools.lru_cache(maxsize=4096)
def problem_at(address: str) -> Problem:
    """The problem at an address as text.

    Raises:
        ValueError: For what is no address of a problem that is made here, or one of another version of its world.
    """
    parts = address.split("/")
    name, _, version = parts[0].rpartition("-v")
    if len(parts) != 4 or parts[2] not in SPLITS or not parts[3].isdecimal() or not version.isdecimal():
        raise ValueError(f"'{address:.80}' is no address: expected one such as maze-v1/small/train/17")
    world = world_of(name)
    if world.version != int(version):
        raise ValueError(
            f"'{address:.80}' is of version {version} of {name}; here it is version {world.version}"
        )
    return make_problem(world, parts[1], parts[2], int(parts[3]))


def score(address: str, reply: str, *, reward: str = SPARSE, lenient: bool = False) -> float:
    """The reward of a reply to the problem at `address`; with `sparse` 1 for a solution and 0 for anything else."""
    problem = problem_at(address)
    world = world_of(problem.address.world)
    moves = lenient_moves(world, problem, reply) if lenient else strict_moves(reply)
    if moves is None:
        return 0.0
    return reward_of(world.name, reward)(judge(world, problem, moves, EXACT).components)


def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Mapping[str, Any] | None = None
) -> float:
    """What verl asks of a reward function (`custom_reward_function.path`, `.name`): `ground_truth` is the address."""
    reward = str((extra_info or {}).get("reward", SPARSE))
    return score(ground_truth, solution_str, reward=reward)


def solves(completions: Sequence[Any], address: Sequence[str], **_: Any) -> list[float]:
    """What TRL's GRPOTrainer asks of a reward function: completions, text or messages, and the column `address`."""
    return [score(where, _text(each)) for each, where in zip(completions, address, strict=True)]


def solves_nearly(completions: Sequence[Any], address: Sequence[str], **_: Any) -> list[float]:
    """`solves` by the dense reward, which also pays for the way, and reads leniently."""
    return [
        score(where, _text(each), reward="dense-v1", lenient=True)
        for each, where in zip(completions, address, strict=True)
    ]


def _text(completion: Any) -> str:
    return completion if isinstance(completion, str) else str(completion[-1]["content"])
