"""LET on videos: an early block of a large policy is drawn, early in training, to the last of a small trained one.

    loss = regression - weight max(0, (stop - step) / stop) mean over tokens of cos(h_k, stretch(h_T))

h_k are the states behind block k of the policy that learns, h_T those behind the teacher's last block, both of the same
noisy videos, stretched to one width. From step `stop` on the teacher is gone, and what is left is SFT, bit for bit.
The teacher needs the learner's grid of tokens, so a plain transformer is taught by a plain one.

**Source.** LET, arXiv:2602.05393, there for language.

**Differences.** Tokens of noisy videos in the place of words, at whatever noise level is being trained. k and stop are
not in what was read of the paper: here an early block and the first third of the steps, as settings. Widths are bridged
by linear interpolation along the features, as the paper does. The teacher's own training is not counted.

**Cost.** SFT's, and until `stop` a forward pass of the teacher, which counts as a network evaluation though the network
is smaller; seconds are what to compare.
"""

from videorlvr.training.glossary import SUPERVISED
from videorlvr.training.method import Method

METHOD = Method(
    name="let-video",
    title="LET on videos",
    host="video",
    summary="Early blocks of a policy are drawn to the last block of a small trained one, early in training.",
    source="LET, arXiv:2602.05393",
    claim="Late knowledge of a small model in early layers and steps of a larger one saves training.",
    config=f"{__name__}.config:LETVideoConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={
        **SUPERVISED,
        "align": "what the teacher adds to the loss before its weight, mean since the last line",
    },
    shown=("loss", "align", "val/success"),
    learner=f"{__name__}.run:LETVideo",
    study=f"{__name__}.study:STUDY",
    demo={
        "tasks": ["maze:micro"],
        "model": {"width": 32, "depth": 2, "heads": 2},
        "teacher_model": {"width": 32, "depth": 1, "heads": 2},
        "layer": 1,
        "until": 1.0,
        "batch": 4,
        "warmup": 0,
        "log_every": 1,
        "pool_start": 16,
        "pool_grow": 0,
        "pool_size": 16,
    },
)
