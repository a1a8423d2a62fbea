"""Complete runs of STeP, and the way of playing that begins with an error."""

from __future__ import annotations

from videorlvr.methods.text.step_reflect.config import InjectedErrorConfig, StepReflectConfig


def text_small_reflect() -> StepReflectConfig:
    """Maze 6x6, on from a policy that knows it a little, with its own corrected trajectories.

    Command: `videorlvr train text-small-reflect` (with `--init RUN/policy`). Cost: a minute on a GPU.
    Result: not measured; study `step-reflections`.
    """
    return StepReflectConfig(
        tasks=["maze:small"],  # type: ignore[list-item]
        init="runs/text-small-sft/policy",
        num_steps=1000,
        batch=128,
        lr=3e-4,
        pool_start=2048,
        pool_grow=0,
        pool_size=2048,
    )


def injected_error() -> InjectedErrorConfig:
    """A wrong move behind a part of the reference, then the policy.

    Command: `videorlvr evaluate RUN --player injected-error`. Cost: that of an answer.
    Result: not measured; study `step-reflections`.
    """
    return InjectedErrorConfig()


RECIPES = (text_small_reflect,)
WAYS = (injected_error,)
