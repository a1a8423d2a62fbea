"""LET: an early layer of a large model is drawn, early in training, to the last layer of a small one that is trained.

    loss = next token - weight max(0, (stop - step) / stop) mean over tokens of cos(h_k, stretch(h_T))

h_k is the state behind layer k of the model that learns, h_T that behind the teacher's last layer, stretched to its
width. From step `stop` on the teacher is gone, and what is left is next-token training.

**Source.** arXiv:2602.05393.

**Differences.** k and stop are not in what was read of the paper: here the first third of layers and of steps, as
settings. Widths are bridged by linear interpolation along the features, as the paper does. Teacher and learner share
a tokenizer.

**Cost.** Next-token training, and until `stop` a forward pass of the teacher; `flops` counts both.
"""

from videorlvr.training.language.glossary import IMITATION
from videorlvr.training.method import Method

METHOD = Method(
    name="let",
    title="LET",
    host="text",
    summary="Early layers of a model are drawn to the last layer of a small trained one, early in training.",
    source="arXiv:2602.05393",
    claim="Late knowledge of a small model in early layers and steps of a larger one saves training.",
    config=f"{__name__}.config:LETConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={
        **IMITATION,
        "align": "what the teacher adds to the loss before its weight, mean since the last line",
    },
    shown=("loss", "align", "val/success"),
    learner=f"{__name__}.run:LET",
    study=f"{__name__}.study:STUDY",
    demo={
        "tasks": ["maze:micro"],
        "model": {"width": 32, "depth": 2, "heads": 2},
        "teacher_model": {"width": 16, "depth": 1, "heads": 2},
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
