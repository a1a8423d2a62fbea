"""A verifiers taskset, and what its rewards say of a right reply and of a wrong one."""

import asyncio
from types import SimpleNamespace

from videorlvr.bridges.scoring import problem_at
from videorlvr.bridges.verifiers import Boards, BoardsConfig

tasks = list(Boards(BoardsConfig(world="maze", level="micro", count=4)))
task = tasks[0]
print(task.data.idx, task.data.address, task.data.prompt, sep="\n")


def rewards(reply: str) -> list[float]:
    """What the task pays for a reply, without a model behind it."""
    trace = SimpleNamespace(last_reply=reply)
    return [asyncio.run(task.solves(trace)), asyncio.run(task.solves_leniently(trace))]


solution = problem_at(task.data.address).solution
print(
    "right",
    rewards(f"MOVES: {solution}"),
    "careless",
    rewards(f"moves: {solution}"),
    "wrong",
    rewards("MOVES: UUUU"),
)
