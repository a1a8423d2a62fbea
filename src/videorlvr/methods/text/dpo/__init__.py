"""DPO in words, with an SFT term: of two of its own answers a policy learns to prefer the one that the judge prefers.

    loss = - log sigmoid(beta (d(chosen) - d(rejected))) - sft_weight mean log p(token of chosen)
    d(answer) = log p(answer) - log p_start(answer)

Of each group the answer with the highest reward is chosen and the one with the lowest rejected, among equals the first;
a group without a spread has no pair, unless `teacher` puts the solver's solution in the place of a chosen one that does
not solve.

**Source.** arXiv:2305.18290, equation 7; the SFT term after arXiv:2404.19733, section 2.

**Differences.** Pairs are made anew in each iteration from the policy of then, judged by the world; the reference stays
the policy that training began with. Where there are ready pairs and a model of billions of weights, TRL's DPOTrainer
does it well (`videorlvr.bridges.trl` writes the pairs).

**Cost.** A pass with a cache for each answer; of each pair forward 2 and backward 4, and 2 of the reference.
"""

from videorlvr.training.language.glossary import TEXT_TRIALS
from videorlvr.training.method import Method

METHOD = Method(
    name="text-dpo",
    title="Text DPO",
    host="text",
    summary="Of two of its own answers a language policy learns to prefer the one that the judge prefers.",
    source="arXiv:2305.18290; arXiv:2404.19733",
    claim="Preferences improve a policy without a reward model and without sampling inside the update.",
    config=f"{__name__}.config:TextDPOConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={
        **TEXT_TRIALS,
        "loss": "the objective, mean over pairs",
        "pairs": "pairs of the iteration",
        "margin": "beta (d(chosen) - d(rejected)), mean over pairs",
        "preferred": "share of pairs of which the policy already prefers the chosen one to its start",
    },
    shown=("reward", "success", "margin"),
    learner=f"{__name__}.run:TextDPO",
    demo={
        "tasks": ["maze:micro"],
        "model": {"width": 32, "depth": 1, "heads": 2},
        "problems": 4,
        "group": 4,
        "batch": 8,
        "lr": 1e-2,
        "teacher": True,
    },
)
