"""Supervised fine-tuning: velocity regression on oracle videos, from scratch or from a policy.

    loss = mean over free dimensions of |v(x_sigma, sigma) - (noise - x0)|^2,    sigma = shifted uniform

The given first frame is clean in the input and outside the loss. Where there is a solver this is the cheap way to a
policy, and the control of every method that learns otherwise: `*-sft-more` continues it at equal compute.

With `model.distance_bias=learned` attention has a bias by frames, rows and columns apart, in factors
(`models/bias.py`).

**Source.** Flow matching, arXiv:2210.02747; rectified flow, arXiv:2209.03003; the bias, FlashBias, arXiv:2505.12044.

**Differences.** Noise levels are drawn with the sampler's shift, as in arXiv:2403.03206, so that training looks where
sampling goes. Problems are made while training runs, from a pool that grows: a step draws from what is known by then.
What is saved and validated is the running average of the weights.

**Cost.** Three network evaluations a video (forward 1, backward 2). `micro-maze-sft`: two minutes on two cores;
`small-sft`: eight minutes on an H200.
"""

from videorlvr.training.glossary import SUPERVISED
from videorlvr.training.method import Method

METHOD = Method(
    name="sft",
    title="SFT",
    host="video",
    summary="Regression of the velocity on oracle videos, from scratch or from a policy.",
    source="flow matching, arXiv:2210.02747; rectified flow, arXiv:2209.03003; bias in factors, arXiv:2505.12044",
    claim="A video model learns a world's rules and its plans from solved examples.",
    config=f"{__name__}.config:SFTConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics=SUPERVISED,
    shown=("loss", "val/success", "samples_per_s"),
    learner=f"{__name__}.run:SFT",
    study=f"{__name__}.study:STUDY",
    demo={
        "tasks": ["maze:micro"],
        "model": {"width": 32, "depth": 1, "heads": 2},
        "batch": 4,
        "warmup": 0,
        "log_every": 1,
        "pool_start": 16,
        "pool_grow": 0,
        "pool_size": 16,
    },
)
