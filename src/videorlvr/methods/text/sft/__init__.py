"""Next-token SFT: a language policy imitates solved problems, token by token.

    loss = - sum_n w_n log p(token_n | tokens before it) / sum_n w_n

The weight is 1 for tokens of the answer (and of the solver's trace, where one is thought before it), 0 for the board.

**Source.** Maximum likelihood; the control of every other method of this host, and the standard objective that
arXiv:2412.05117 compares with.

**Differences.** Boards are a token a cell instead of a list of edges. Problems are made while training runs, from a
pool that grows. What is saved and validated is the running average of the weights.

**Cost.** Forward 1 and backward 2 a passage; `flops` in the metrics counts operations. `text-micro-sft`: two minutes on
two cores.
"""

from videorlvr.training.language.glossary import IMITATION
from videorlvr.training.method import Method

METHOD = Method(
    name="text-sft",
    title="Next-token SFT",
    host="text",
    summary="A language policy imitates solved problems, token by token.",
    source="maximum likelihood",
    claim="A language model learns a world's rules and its plans from solved examples.",
    config=f"{__name__}.config:TextSFTConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics=IMITATION,
    shown=("loss", "val/success", "passages_per_s"),
    learner=f"{__name__}.run:TextSFT",
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
