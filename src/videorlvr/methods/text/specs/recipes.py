"""Complete runs of SPECS."""

from __future__ import annotations

from videorlvr.methods.text.specs.config import SpecsConfig
from videorlvr.training.config import Task


def text_micro_specs() -> SpecsConfig:
    """Maze 3x3: the form of an answer, before `text-micro-grpo`; from a policy that thinks in a form of its own.

    Command: `videorlvr train text-micro-specs` (with `--init RUN/policy`, of `text-micro-sft --trace compress --loose
    0.7 --tasks maze:micro,sokoban:micro`).
    Cost: a minute on two CPU cores.
    Result: not measured.
    """
    return SpecsConfig(
        tasks=["maze:micro"],  # type: ignore[list-item]
        init="runs/text-micro-sft/policy",
        beyond=[Task(world="sokoban", level="micro")],
        num_steps=20,
        problems=16,
        group=8,
        batch=128,
        lr=5e-5,
    )


RECIPES = (text_micro_specs,)
