"""FLARE: before each move a tree of a few moves is searched, whole branches are judged, and one move is committed.

    a = argmax Q(s, a) + c sqrt(log N(s) / (N(s, a) + 1))       over the k moves that the policy proposes
    Q(s, a) = mean worth of the branches through (s, a);  commit argmax Q, then search anew

A branch goes on with the policy's own moves to depth H and is worth what the evaluator says of its last state: a
small model that has learnt how far a state is from solved and which are lost (`flare-value`), the exact solver (an
upper bound: that is ordinary tree search with a perfect judge), or chance (a control). Beside it stand what it is
compared with, at as many calls of models: `greedy`, which takes the likeliest move; `beam`, the likeliest sequences;
`one-step`, the move whose next state is worth most. Whoever fails with calls left begins again, with chance in its
proposals.

Traps are known exactly (`worlds.written.outlook`), so three diagnoses are, too: does the first move lose the board,
how many moves come before the first that is wrong, and how often is a board solved all the same.

**Source.** arXiv:2601.22311: look ahead, back up, commit to one move; the three diagnoses.

**Differences.** No code is published. The evaluator values single states and does not rank branches; its memory is of
equal states, not of similar ones. Legal moves, and whether a board is solved, are given to all.

**Cost.** Calls: one a state whose moves are proposed, one a state that is valued; none for a state met before.
"""

from videorlvr.training.language.glossary import IMITATION
from videorlvr.training.method import Method

METHOD = Method(
    name="flare",
    title="FLARE",
    host="text",
    summary="A language policy's moves are chosen by looking a few moves ahead and valuing where that leads.",
    source="arXiv:2601.22311",
    claim="Looking ahead, backing up and committing to one move avoids traps that step by step choice walks into.",
    config=f"{__name__}.config:FlareConfig",
    recipes=f"{__name__}.recipes:WAYS",
    metrics={},
    player=f"{__name__}.play:Flare",
    study=f"{__name__}.study:STUDIES",
)

VALUE = Method(
    name="flare-value",
    title="FLARE's evaluator",
    host="text",
    summary="A language model learns how many moves a state is from solved, and which states are lost.",
    source="arXiv:2601.22311",
    claim="A small model can tell lost states from others.",
    config=f"{__name__}.config:FlareValueConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics=IMITATION,
    shown=("loss", "passages_per_s"),
    learner=f"{__name__}.value:FlareValue",
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
