"""MLM-U: a masked model learns to fill in any part of a solution from any other, so it plans many steps ahead and back.

    r ~ U(0, 1) a passage; each token of the answer is shown with probability r, else masked
    loss = mean over masked tokens of the batch of - log p(token | board, shown tokens)

The board is always shown. It is absorbing discrete diffusion without the 1/r weight. Answers are decoded from left
to right, a token a pass, with all earlier tokens shown.

**Source.** arXiv:2412.05117, sections 2 and 3; masking, loss and decoding after its code at b1ec3cd.

**Differences.** One stack of layers that sees masks in their places (ModernBERT, global attention, rotary positions),
and not an encoder of what is shown with a decoder of positions. An answer is filled up with masks to the longest
that its level may have, so that the masks do not tell its length. Boards are a token a cell, and not a list of
edges. Any valid solution counts; exact match is reported beside it.

**Cost.** Forward 1 and backward 2 a passage, over more tokens than next-token training reads, since masks are tokens;
`flops` counts them. Decoding costs a whole pass a token, for there is no cache.
"""

from videorlvr.training.language.glossary import IMITATION
from videorlvr.training.method import Method

METHOD = Method(
    name="mlm-u",
    title="MLM-U",
    host="text",
    summary="A masked model fills in any part of a solution from any other part.",
    source="arXiv:2412.05117",
    claim="Predicting many steps ahead and back navigates mazes that next-token prediction does not, from a quarter of "
    "the samples.",
    config=f"{__name__}.config:MLMUConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics=IMITATION,
    shown=("loss", "val/success", "passages_per_s"),
    learner=f"{__name__}.run:MLMU",
    study=f"{__name__}.study:STUDY",
    demo={
        "tasks": ["maze:micro"],
        "model": {"family": "masked", "width": 32, "depth": 1, "heads": 2},
        "batch": 4,
        "warmup": 0,
        "log_every": 1,
        "pool_start": 16,
        "pool_grow": 0,
        "pool_size": 16,
    },
)
