"""AutoThink: a policy chooses board by board whether to think before it answers; Step-SRPO teaches it when.

    <board>...<think>TRACE<answer>MOVES<end>     or     <board>...<answer>MOVES<end>

    mu_off += w mu_on                 where 0 <= mu_on - mu_off <= w mu_on      (both modes in the group)
    A_gate = (mu_mode - mu) / sigma + gamma (r - mu) / sigma
    A_rest = (r - mu_mode) / sigma_mode

The first mark is the gate: its token has the advantage of its mode over the group, whatever follows is compared with
answers of its own mode. Two stages stand before: a policy that has learnt both modes (`text-sft --direct 0.5`), and
`kat-start`, which asks it in each mode several times and teaches the gate by majority vote, thinking only where that
solves more, with the shortest right answer. `auto-think` plays: by its own gate, always, never, or by chance at the
rate that its gate has on validation boards.

**Source.** KAT-V1, arXiv:2507.08297, for template, vote and reinforcement of both steps; the two advantages after
HiPO, arXiv:2509.23967, since the former gives no formula.

**Differences.** No text of judgement before the gate. Multi-token prediction and distillation from a larger model are
left out: the solver gives the thoughts. sigma of the gate is not below `least`, so that a group of equal rewards
still feels the bias; without bias such a group gives no update. Constants are HiPO's.

**Cost.** As GRPO in words: a pass with a cache for each answer, then forward 1 and backward 2.
"""

from videorlvr.training.language.glossary import TEXT_TRIALS
from videorlvr.training.method import Method

MODES = {
    "thought": "share of the iteration's answers that begin with a thought",
    "success_on": "share of those that solve, 0 where there is none",
    "success_off": "share of those without a thought that solve, 0 where there is none",
}
DEMO = {
    "tasks": ["maze:micro"],
    "model": {"width": 32, "depth": 1, "heads": 2},
    "problems": 4,
    "group": 4,
    "batch": 8,
    "lr": 1e-2,
}

METHOD = Method(
    name="kat",
    title="Step-SRPO",
    host="text",
    summary="A policy learns by trial when to think: the gate is compared between modes, the rest within its mode.",
    source="arXiv:2507.08297; arXiv:2509.23967",
    claim="A policy that chooses when to think writes a third fewer tokens at equal success, and thinks where it is "
    "hard.",
    config=f"{__name__}.config:KATConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={
        **TEXT_TRIALS,
        **MODES,
        "policy_loss": "the clipped objective, mean over written tokens",
        "kl": "KL to the policy that RL began with, in nats a token",
        "clip_fraction": "share of written tokens whose ratio was clipped",
        "ratio_gap": "largest distance of a ratio from 1 at the first update, where it must be 0",
    },
    shown=("success", "thought"),
    learner=f"{__name__}.run:StepSRPO",
    study=f"{__name__}.study:STUDY",
    demo={**DEMO, "updates": 2, "kl_weight": 0.1},
)

START = Method(
    name="kat-start",
    title="AutoThink's cold start",
    host="text",
    summary="A policy that knows both modes learns from its own votes which boards to think about.",
    source="arXiv:2507.08297",
    claim="A majority vote over own answers tells which problems need a thought.",
    config=f"{__name__}.config:KATStartConfig",
    recipes=f"{__name__}.recipes:START_RECIPES",
    metrics={
        **TEXT_TRIALS,
        "loss": "- log-likelihood a token of the gate and the chosen answer",
        "pairs": "boards that taught",
        "margin": "how much likelier the chosen answer has become than the other gate, times beta",
        "preferred": "share of boards of which the policy already prefers the chosen gate to its start",
        "voted_on": "share of those boards that the vote is to think about",
    },
    shown=("success", "voted_on"),
    learner=f"{__name__}.start:KATStart",
    demo={**DEMO, "solver": True},
)

PLAYER = Method(
    name="auto-think",
    title="AutoThink",
    host="text",
    summary="A policy that chooses plays by its own gate, always thinking, never, or by chance at its gate's rate.",
    source="arXiv:2507.08297",
    claim="The gate knows which boards need a thought: by chance at its rate fewer are solved.",
    config=f"{__name__}.config:AutoThinkConfig",
    recipes=f"{__name__}.recipes:WAYS",
    metrics={},
    player=f"{__name__}.play:AutoThink",
)
