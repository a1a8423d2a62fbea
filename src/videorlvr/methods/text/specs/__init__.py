"""SPECS: before RL a policy is taught the form of an answer alone, by preference, from answers that it made itself.

    loss = - log sigmoid(beta (d(chosen) - d(rejected))) - sft_weight mean log p(token of chosen)
    GF = (1 + b^2) G_in G_out / (b^2 G_in + G_out), b = 2,  G = (success - success of the start) / success of the start

A `zero` policy, the start after a little RL, answers. Of each problem an answer that is right and well formed is
chosen; rejected is the very same answer with its form broken: without its tags, without the answer's mark alone, or
with tags in plain words. So nothing of the task is in a pair, and RL finds solutions afterwards. `pairs` says what
else can be learnt from the same answers: right against wrong (`answers`, form and task coupled), or the chosen ones
alone (`chosen`, an SFT cold start).

**Source.** arXiv:2510.25801, sections 3 and 4: stages, objective, the three ways to break a form, GF.

**Differences.** Worlds of one family stand for 'in' and 'out': the world that is trained on, and one that the start
knows, too. The start is a policy whose training answers had a broken form in a stated share. Pairs are made anew in
each iteration, by the frozen `zero`. Where a gain is not above 0, GF is not defined in the source; here it is
the smaller of the two gains then.

**Cost.** A pass with a cache for each answer of `zero`; of each pair forward 2 and backward 4, and 2 of the reference.
"""

from videorlvr.training.language.glossary import TEXT_TRIALS
from videorlvr.training.method import Method

METHOD = Method(
    name="specs",
    title="SPECS",
    host="text",
    summary="A cold start before RL that teaches the form of an answer alone, by preference among own answers.",
    source="arXiv:2510.25801",
    claim="A cold start by preference on form generalizes better than one by imitation, and RL from it ends higher.",
    config=f"{__name__}.config:SpecsConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={
        **TEXT_TRIALS,
        "loss": "the objective, mean over pairs",
        "pairs": "pairs of the iteration",
        "margin": "beta (d(chosen) - d(rejected)), mean over pairs",
        "preferred": "share of pairs of which the policy already prefers the chosen one to its start",
        "well_formed": "share of the iteration's answers that are well formed",
        "gain/*": "relative gain of success over the start, at the end: `in` on the tasks, `out` on those of beyond",
        "gf": "generalization factor of both gains, at the end",
    },
    shown=("margin", "preferred", "well_formed"),
    learner=f"{__name__}.run:Specs",
    study=f"{__name__}.study:STUDY",
    demo={
        "tasks": ["maze:micro"],
        "model": {"width": 32, "depth": 1, "heads": 2},
        "problems": 4,
        "group": 4,
        "batch": 8,
        "lr": 1e-2,
        "solver": True,
    },
)
