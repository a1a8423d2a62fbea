"""The worlds as a taskset of `verifiers` (0.4 and later): a question a task, and the judge as its reward.

    from videorlvr.bridges.verifiers import Boards, BoardsConfig
    tasks = Boards(BoardsConfig(world="maze", level="small", count=200))

Train problems teach, those of the validation split evaluate; the test split is for `videorlvr evaluate`.
"""

from __future__ import annotations

from collections.abc import Iterator

import verifiers.v1 as vf

from videorlvr.bridges.scoring import score
from videorlvr.bridges.tables import rows
from videorlvr.worlds.api import Split


class BoardsConfig(vf.TasksetConfig):  # type: ignore[misc]
    """Which boards, how many, and with how many solved examples in the prompt."""

    world: str = "maze"
    level: str = "small"
    split: Split = "train"
    count: int = 1000
    start: int = 0
    shots: int = 1


class BoardData(vf.TaskData):  # type: ignore[misc]
    """address: of the problem, `maze-v1/small/train/17`."""

    address: str


class BoardTask(vf.Task[BoardData]):  # type: ignore[misc]
    """One board. Its reward is strict; what a lenient reader would have found is told beside it."""

    @vf.reward(weight=1.0)  # type: ignore[untyped-decorator]
    async def solves(self, trace: vf.Trace) -> float:
        """Do the moves of the last reply solve the board, in the form that was asked for?"""
        return score(self.data.address, trace.last_reply)

    @vf.metric  # type: ignore[untyped-decorator]
    async def solves_leniently(self, trace: vf.Trace) -> float:
        """Do they as one reads them who means well?"""
        return score(self.data.address, trace.last_reply, lenient=True)


class Boards(vf.Taskset[BoardTask, BoardsConfig]):  # type: ignore[misc]
    """Problems of one level and split, no board twice."""

    def load(self) -> Iterator[BoardTask]:
        config = self.config
        listed = rows(
            config.world,
            config.level,
            config.split,
            config.count,
            "trl",
            start=config.start,
            shots=config.shots,
        )
        for row in listed:
            system, user = (message["content"] for message in row["prompt"])
            data = BoardData(id=row["address"], address=row["address"], system_prompt=system, prompt=user)
            yield BoardTask(data, config.task)
