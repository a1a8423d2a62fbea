"""Videos in the page: problem, oracle, before and after, side by side, with the verdict on each.

Law: the clips shown follow a rule that is printed beside them; nobody picks. Pictures are lossless, so what
the reader sees is what the judge saw.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from videorlvr.base.media.png import png
from videorlvr.base.media.write import animated_webp
from videorlvr.evaluation.folders import Evaluation
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, Video
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.render import first_frame, oracle_video

MAX_PER_WORLD = 6
FPS, HOLD_FRAMES = 5.0, 4
RULE = (
    f"of each world, in suite order, the first {MAX_PER_WORLD} problems of which every evaluation shown here "
    "kept its clip"
)


@dataclass(frozen=True)
class Cell:
    """One moving or still picture. outcome: "solved", "refused", or "" where there is nothing to judge."""

    label: str
    picture: str
    outcome: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Strip:
    """One problem: its address, its length in moves, and its pictures."""

    id: str
    difficulty: int
    cells: tuple[Cell, ...]


def strips(players: Sequence[tuple[str, Evaluation]]) -> list[Strip]:
    """Strips of the problems chosen by `RULE`. players: (label, evaluation), before and after."""
    clips = [evaluation.clips() for _, evaluation in players]
    firsts = [{r["id"]: r for r in evaluation.records if r["sample"] == 0} for _, evaluation in players]
    out: list[Strip] = []
    count: dict[str, int] = {}
    for name, record in firsts[0].items():
        shared = all(name in kept for kept in clips) and all(name in first for first in firsts)
        if not shared or count.get(record["world"], 0) == MAX_PER_WORLD:
            continue
        count[record["world"]] = count.get(record["world"], 0) + 1
        judged = [
            _judged(label, kept[name], first[name])
            for (label, _), kept, first in zip(players, clips, firsts, strict=True)
        ]
        out.append(Strip(name, record["difficulty"], (*_given(record), *judged)))
    return out


def problem_of(record: Mapping[str, Any]) -> Problem:
    """The problem of a record.

    Raises:
        ValueError: If the record is of another version of its world.
    """
    world = world_of(record["world"])
    version, level, split, index = record["id"].split("/")
    if version != world.id:
        raise ValueError(
            f"record {record['id']} is of {version}, this package has {world.id}: evaluate again"
        )
    return make_problem(world, level, split, int(index))


def _given(record: Mapping[str, Any]) -> tuple[Cell, Cell]:
    problem, world = problem_of(record), world_of(record["world"])
    still = data_url("png", png(first_frame(world, problem)))
    return Cell("problem", still), Cell("oracle", _moving(oracle_video(world, problem)))


def _judged(label: str, video: Video, record: Mapping[str, Any]) -> Cell:
    outcome = "solved" if record["success"] else "refused"
    where = f", frame {record['frame']}" if record["frame"] is not None else ""
    reason = "" if record["success"] else record["reason"].replace("_", " ") + where
    return Cell(label, _moving(video), outcome, reason)


def _moving(video: Video) -> str:
    held = np.concatenate([video, np.repeat(video[-1:], HOLD_FRAMES, axis=0)])
    return data_url("webp", animated_webp(held, fps=FPS))


def data_url(kind: str, data: bytes) -> str:
    """A picture of a kind such as "png" inside a page."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
