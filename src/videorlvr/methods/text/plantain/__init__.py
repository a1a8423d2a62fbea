"""Plantain: a plan first, which is shown and can be judged, then a thought, then the answer.

    <board>...<plan>1,2;4,0;5,5<think>TRACE<answer>MOVES<end>

The plan names the cells at which a solution decides something, in their order (`worlds.written.plans`). Who waits for
an answer sees it at once, and a bad one can be thrown away for the price of its few tokens. `plantain-rewind` is the
way of playing that does so: while a judge rejects the plan, and tokens are left, it is written anew; beside it stands
the same with whole answers.

Three judges are kept apart, for they know different things: `format` asks for a plan or moves at all; `static` for what
the rules say without solving the board (a plan's cells are on the board, none solid, its end is a goal; of an answer,
that its moves are legal); `oracle` whether it is right, and with it any search wins.

**Source.** Plantain, arXiv:2512.03176: plans in words, judged by a language model, trained by SFT and then PPO.

**Differences.** SFT alone; plans of the solver, so what is learnt from is right; a rejected plan is not shown to the
policy, which writes a new one with other noise. Judges are exact, and named by what they know.

**Cost.** Forward 1 and backward 2 a passage; of an answer `tokens` counts all that was written, what was thrown away
with it, and `first_visible` what was written before something is shown.
"""

from videorlvr.training.language.glossary import IMITATION
from videorlvr.training.method import Method

METHOD = Method(
    name="plantain",
    title="Plantain",
    host="text",
    summary="A policy learns to show a plan before it thinks and answers.",
    source="Plantain, arXiv:2512.03176",
    claim="A plan first costs no success, is seen sooner than an answer, and a bad one is cheaper to throw away.",
    config=f"{__name__}.config:PlantainConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics=IMITATION,
    shown=("loss", "val/success", "passages_per_s"),
    learner=f"{__name__}.run:Plantain",
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

REWIND = Method(
    name="plantain-rewind",
    title="Rewind",
    host="text",
    summary="While a judge rejects a plan, or an answer, it is thrown away and written anew.",
    source="Plantain, arXiv:2512.03176",
    claim="Throwing away plans solves more than throwing away answers, at equal tokens.",
    config=f"{__name__}.config:RewindConfig",
    recipes=f"{__name__}.recipes:WAYS",
    metrics={},
    player=f"{__name__}.play:Rewind",
)
