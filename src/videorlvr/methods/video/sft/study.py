"""Does a learned bias of distance teach a policy sooner?

Positions are rotations of queries and keys; whether neighbours matter is learnt through them. A bias by frames, rows
and columns apart says it directly, at the price of a few columns (`models/bias.py`). The same steps from the same
weights, on the same batches, with and without; a policy is stopped early, where sooner and later differ.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Setting, Study

SMALL: dict[str, Setting] = {"num_steps": 500, "model.width": 96, "model.depth": 4, "num_workers": 0}
GAIN = 0.05

STUDY = Study(
    name="distance-bias",
    papers=(38,),
    question="Does a learned bias of distance speed up SFT?",
    claim="With a learned bias of attention by frames, rows and columns apart a policy solves more after the same "
    "steps.",
    runs={
        "none": Run(recipe="micro-maze-sft", settings=SMALL),
        "bias": Run(recipe="micro-maze-sft", settings={**SMALL, "model.distance_bias": "learned"}),
    },
    arms={
        "none": Arm(run="none", role="reference", what="rotary positions alone"),
        "bias": Arm(run="bias", role="claim", what="a learned bias beside them, from zero"),
    },
    seeds=(0, 1, 2),
    suite="micro-v2:maze",
    samples=2,
    pilot_suite="micro-val-v2:maze",
    pilot_seeds=(1001,),
    criteria=(
        Criterion(
            measure="success", arm="bias", against="none", above=GAIN, why="a gain that somebody would notice"
        ),
    ),
    asides=(
        Criterion(
            measure="seconds",
            arm="bias",
            against="none",
            by="ratio",
            below=1.1,
            why="what it costs on a CPU, at tokens too few for any of it to pay",
        ),
    ),
    budget=Budget(equal=("steps", "network_evaluations"), seconds=300, on="six cores, a run on each, no GPU"),
)
