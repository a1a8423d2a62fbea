"""The way of one problem from its address to a gradient: the files that it passes, traced.

    python benchmarks/way.py [--world sokoban]

One iteration of `micro-rl` on a few problems. A file is on the way if one of its functions is handed the problem, its
video or latents, a law, a verdict, rewards or a loss, or gives one back; the others that run are what these lean on.
The list in docs/architecture.md is this one.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch

import videorlvr
from videorlvr.flow.gaussian import Transition
from videorlvr.flow.sampler import Step
from videorlvr.judge.pool import Judge
from videorlvr.methods import recipe_of
from videorlvr.methods.video.sde_grpo.math import PolicyLoss
from videorlvr.methods.video.sde_grpo.run import GRPO, Turn
from videorlvr.models.load import load_policy
from videorlvr.models.shipped import shipped_sft
from videorlvr.players.rollouts import Rolling, Rollouts, Trajectory
from videorlvr.training.batches import Batch
from videorlvr.training.experience import Judged
from videorlvr.training.learner import Bench
from videorlvr.worlds.api import Draft, Problem, Verdict

ROOT = f"{Path(videorlvr.__file__).parent}/"
CARRIERS = (
    *(Problem, Draft, Verdict, Rolling, Rollouts, Trajectory),
    *(Transition, Step, Judged, Batch, Turn, PolicyLoss),
)
REWARDS = "rewards_B"


def carries(value: Any, depth: int = 0) -> bool:
    """Is it the problem, or something that was made of it?"""
    if isinstance(value, torch.Tensor | np.ndarray):
        return value.ndim >= 4
    if isinstance(value, list | tuple) and value and depth < 2:
        return carries(value[0], depth + 1)
    return isinstance(value, CARRIERS)


class Way:
    """Files in the order in which they are entered."""

    def __init__(self) -> None:
        self.entered: dict[str, None] = {}
        self.on_it: set[str] = set()

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(ROOT):
            return None
        file = code.co_filename.removeprefix(ROOT)
        self.entered.setdefault(file)
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        if REWARDS in names or any(carries(frame.f_locals.get(name)) for name in names):
            self.on_it.add(file)
        return lambda _, event, value: self._left(file, event, value)

    def _left(self, file: str, event: str, value: Any) -> Any:
        if event == "return" and carries(value):
            self.on_it.add(file)
        return lambda _, event, value: self._left(file, event, value)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--world", default="sokoban", choices=("flowfree", "sokoban"))
    args = parser.parse_args()
    config: Any = recipe_of("micro-rl").changed(
        init=str(shipped_sft()), tasks=[f"{args.world}:micro"], problems=4, batch=32, updates=1, num_workers=0,
        device="cpu",
    )  # fmt: skip
    policy = load_policy(shipped_sft() / "policy", device=torch.device("cpu"))
    learner, way = GRPO(config, policy, Bench(judge=Judge("exact"))), Way()
    sys.settrace(way)
    line = learner.step(0)
    sys.settrace(None)
    assert line["updates"] == 1, "no group had a signal, so nothing was learnt"
    passed = [file for file in way.entered if file in way.on_it]
    print(f"{len(passed)} files on the way, of {len(way.entered)} that run:")
    print("\n".join(passed))
    print("leaning on:", ", ".join(file for file in way.entered if file not in way.on_it))


if __name__ == "__main__":
    main()
