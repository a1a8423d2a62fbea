"""STeP: a policy acts, the solver interrupts it at each wrong move, and it learns from what came of that.

    <board>...<answer>R U L<wrong>R U ...<end>     L was wrong: <wrong> says so, R makes up for it, the policy goes on

    loss = - sum_n d_n log p(token_n | before) / sum_n d_n,   d_n = 0 for wrong moves, 1 for all others

The policy that training begins with writes moves on boards of its own; a move that brings the solver's end no nearer is
wrong. It stays in the answer, since it was made; behind it stand a reflection and the solver's next move. What cannot
be made up for (an illegal move, a deadlock, an end too soon) is not made: the teacher's move stands in its place, and
it is counted apart. Training mixes such trajectories with golden solutions of other boards. A reflection is no move:
whoever reads the answer leaves it out.

`injected-error` is the way of playing that asks what it is for: a solution is begun, a wrong move made that can be made
up for, and the policy goes on from there.

**Source.** STeP, arXiv:2505.20023: trajectories of a language model in text worlds, with a larger one as the teacher.

**Differences.** The solver is the teacher, so a reflection is a mark and never mistaken. The acting policy acts once,
before training, as the source's does. Equal budgets are counted in tokens.

**Cost.** Acting costs a forward pass a move, without a cache; then forward 1 and backward 2 a passage.
"""

from videorlvr.training.language.glossary import IMITATION
from videorlvr.training.method import Method

METHOD = Method(
    name="step-reflect",
    title="STeP",
    host="text",
    summary="A policy learns from its own answers, in which the solver corrected each wrong move, errors masked.",
    source="STeP, arXiv:2505.20023",
    claim="Corrected trajectories teach an agent to recover from its errors, and masking these keeps it from learning "
    "them.",
    config=f"{__name__}.config:StepReflectConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={
        **IMITATION,
        "acted_errors": "wrong moves in a trajectory that were corrected behind them, mean",
        "acted_lost": "moves of a trajectory that could not be made up for and were replaced, mean",
    },
    shown=("loss", "val/success", "passages_per_s"),
    learner=f"{__name__}.run:StepReflect",
    study=f"{__name__}.study:STUDY",
    demo={
        "tasks": ["maze:micro"],
        "model": {"width": 32, "depth": 1, "heads": 2},
        "batch": 8,
        "warmup": 0,
        "log_every": 1,
        "pool_start": 8,
        "pool_grow": 0,
        "pool_size": 8,
        "acted": 6,
    },
)

INJECTED = Method(
    name="injected-error",
    title="Injected error",
    host="text",
    summary="A solution is begun for a policy, a wrong move made, and the policy has to go on from there.",
    source="STeP, arXiv:2505.20023",
    claim="An agent that has learnt from corrections recovers from an error that it would not have made.",
    config=f"{__name__}.config:InjectedErrorConfig",
    recipes=f"{__name__}.recipes:WAYS",
    metrics={},
    player=f"{__name__}.play:InjectedError",
)
