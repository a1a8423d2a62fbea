"""GRPO in words: a language policy learns from groups of its own answers, judged by the world, without solutions.

    A[p, g, s] = (r[p, g, s] - mean over g) / std over g                 problem p, answer g, segment s
    loss = - mean over written tokens of min(ratio A, clip(ratio, 1 - low, 1 + high) A) + kl_weight KL(policy || start)

A token has the advantage of its segment: what is thought before an answer is judged for the facts it states and for the
answer that it led to, the answer for itself. Any valid solution counts.

**Source.** GRPO, arXiv:2402.03300, section 4.1; the mean over tokens and the two-sided clip after DAPO,
arXiv:2503.14476; the KL estimate is that of the former.

**Differences.** The trace of thought has its own reward, exact since the rules decide each fact. Old log-probabilities
are replayed before the first update in the batches that are learnt from, so that its ratio is exactly 1. For models of
billions of weights, TRL's trainers take the same verdicts (`videorlvr.bridges.trl`).

**Cost.** A pass with a cache for each answer, then forward 1 and backward 2; `tokens` counts written ones.
"""

from videorlvr.training.language.glossary import TEXT_TRIALS
from videorlvr.training.method import Method

METHOD = Method(
    name="text-grpo",
    title="Text GRPO",
    host="text",
    summary="A language policy learns from groups of its own judged answers, with credit by segment.",
    source="arXiv:2402.03300; arXiv:2503.14476",
    claim="Rewards that can be checked improve a language model where there are no solutions to imitate.",
    config=f"{__name__}.config:TextGRPOConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={
        **TEXT_TRIALS,
        "policy_loss": "the clipped objective, mean over written tokens",
        "kl": "KL to the policy that RL began with, in nats a token",
        "clip_fraction": "share of written tokens whose ratio was clipped",
        "ratio_gap": "largest distance of a ratio from 1 at the first update, where it must be 0",
    },
    shown=("reward", "success"),
    learner=f"{__name__}.run:TextGRPO",
    demo={
        "tasks": ["maze:micro"],
        "model": {"width": 32, "depth": 1, "heads": 2},
        "problems": 4,
        "group": 4,
        "batch": 8,
        "lr": 1e-2,
        "updates": 2,
        "kl_weight": 0.1,
    },
)
