"""Rejection SFT (expert iteration): imitate one's own successes.

    loss = e of each own video that the judge accepts,    e as in SFT

The cheapest use of a checker, and the control that tells whether failures teach anything: AWM with advantage 1 for
successes and none for the others.

**Source.** Expert iteration, arXiv:1705.08439; as a control for RL, arXiv:2308.01825.

**Differences.** Own videos are imitated as sampled, not drawn anew. No buffer: a success is learnt from in the
iteration that found it, `draws` times.

**Cost.** As AWM with p the share of successes.

**Found** (docs/log.md, 2026-11-28). With Muon at 2e-3 and no falling rate it ends below its start in three of four
runs: to imitate oneself at such a rate costs more than the choice gains. A small or a falling rate was not tried.
"""

from videorlvr.training.glossary import OWN_VIDEOS
from videorlvr.training.matching_config import TINY
from videorlvr.training.method import Method

METHOD = Method(
    name="rejection-sft",
    title="Rejection SFT",
    host="video",
    summary="Imitate the own videos that the judge accepts.",
    source="expert iteration, arXiv:1705.08439; rejection sampling fine-tuning, arXiv:2308.01825",
    claim="A policy improves on problems that no one has solved for it by imitating its own successes.",
    config=f"{__name__}.config:RejectionSFTConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics=OWN_VIDEOS,
    shown=("reward", "success", "val/success", "signal"),
    learner=f"{__name__}.run:RejectionSFT",
    demo=TINY,
)
