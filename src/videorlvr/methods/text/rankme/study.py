"""Do SFT, DPO and RL move the rank of a language policy's states as the source says, from one checkpoint?

The source: SFT and DPO raise it, RL with verifiable rewards lowers it, with reward up and diversity down. A policy for
Maze `small` goes on by each of them; states are looked at on the same solved boards, and diversity is exact, by the
judge: pass@8 of sampled answers beside success. The three do not cost the same, and no criterion compares them in cost.

The rule was written before any run of it.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Setting, Study

LOOK: dict[str, Setting] = {
    "tasks": "maze:small",
    "num_workers": 1,
    "spectrum": True,
    "num_val": 400,
    "writing.temperature": 1.0,
}
TRIALS: dict[str, Setting] = {
    **LOOK,
    "num_steps": 60,
    "problems": 64,
    "group": 16,
    "batch": 256,
    "validate_every": 20,
}

STUDY = Study(
    name="rank-of-text",
    papers=(31,),
    question="Do SFT, DPO and RL move the effective rank of a language policy's states in opposite directions?",
    claim="From one checkpoint SFT and DPO raise the effective rank of the last layer's states, and RL with verifiable "
    "rewards lowers it.",
    runs={
        "start": Run(
            recipe="text-small-sft",
            settings={
                **LOOK,
                "num_steps": 1500,
                "batch": 512,
                "pool_grow": 32,
                "validate_every": 250,
                "model.width": 128,
                "model.depth": 4,
            },
        ),
        "sft": Run(
            recipe="text-micro-sft-more",
            settings={**LOOK, "num_steps": 300, "batch": 512, "pool_grow": 32, "validate_every": 75},
            after="start",
        ),
        "dpo": Run(recipe="text-micro-dpo", settings=TRIALS, after="start"),
        "rl": Run(recipe="text-micro-grpo", settings={**TRIALS, "lr": 5e-5}, after="start"),
    },
    arms={
        "start": Arm(run="start", role="reference", what="what the others start from"),
        "sft": Arm(run="sft", role="claim", what="SFT continued"),
        "dpo": Arm(run="dpo", role="claim", what="DPO on its own answers"),
        "rl": Arm(run="rl", role="claim", what="GRPO by the judge"),
    },
    seeds=(0, 1, 2),
    suite="maze:small:300",
    samples=8,
    pilot_suite="maze:small-val",
    pilot_seeds=(1001,),
    premises=(
        Criterion(
            measure="success",
            arm="rl",
            against="start",
            above=0.0,
            why="a training that changes nothing says nothing about what it changes",
        ),
        Criterion(measure="success", arm="sft", against="start", above=0.0, why="the same of SFT"),
    ),
    criteria=(
        Criterion(measure="rank", arm="sft", against="start", above=0.0, why="SFT spreads"),
        Criterion(measure="rank", arm="dpo", against="start", above=0.0, why="so does DPO"),
        Criterion(measure="rank", arm="rl", against="start", below=0.0, why="RL compresses"),
    ),
    asides=(
        Criterion(measure="rank", arm="rl", against="sft", below=0.0, why="are they at least ordered so?"),
        Criterion(
            measure="alpha", arm="rl", against="start", above=0.0, why="compression by the other measure"
        ),
        Criterion(
            measure="pass_at", arm="rl", against="start", above=0.0, why="did RL narrow what is found?"
        ),
        Criterion(measure="pass_at", arm="sft", against="start", above=0.0, why="and SFT?"),
        Criterion(measure="success", arm="dpo", against="start", above=0.0, why="did DPO do anything?"),
    ),
    budget=Budget(seconds=600, on="one H100, several jobs at a time on it"),
)
