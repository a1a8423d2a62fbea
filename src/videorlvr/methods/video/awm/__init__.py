"""Advantage-weighted matching: own videos, pulled or pushed by their advantage, on the forward process.

    loss = A e,    e = mean over free dimensions of |v(x_sigma, sigma) - (eps - x0)|^2 of an own video x0

A policy gradient whose log-likelihood is minus the matching error: any solver rolls out, no trajectory is stored, and
the gradient is that of SFT with weights of either sign. `credit frame` gives each frame its own A, from the judge's
first faulty frame on (`training.credit`): frames after the fault have none, and no noise.

**Source.** Advantage Weighted Matching, arXiv:2509.25050, and its authors' code. Credit by frame is ours.

**Differences.** Few updates an iteration, so the ratio to the policy that rolled out is taken as 1 unless `clip` is
set. Moments are warmed up before the first step, the rate may fall, demonstrations may be imitated beside, and a run
that falls below its start stops. With equal positive advantages it is SFT on own videos.

**Cost.** With S solver steps, K draws and a share p of videos in groups with spread: S + 3 K p network evaluations a
video. `flowfree-awm` and `maze-few-awm`: two minutes of an H100 each.

**Found** (docs/log.md, 2026-11-28; one run an arm). Credit by frame beats credit by video at equal time in both worlds
at the paper's boards: 65.1 against 61.3% (Maze), 67.3 against 64.5% (FlowFree). Muon at 1e-3 without a falling rate
falls apart where few groups have spread.
"""

from videorlvr.training.glossary import OWN_VIDEOS
from videorlvr.training.matching_config import TINY
from videorlvr.training.method import Method

METHOD = Method(
    name="awm",
    title="AWM",
    host="video",
    summary="Policy gradient by the matching loss of own videos, weighted by their advantage, a video or a frame.",
    source="Advantage Weighted Matching, arXiv:2509.25050",
    claim="The matching loss as log-likelihood has less variance than the reverse process: many times faster.",
    config=f"{__name__}.config:AWMConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics=OWN_VIDEOS,
    shown=("reward", "success", "val/success", "signal"),
    learner=f"{__name__}.run:AWM",
    demo=TINY | {"demonstrations": 2, "kl_weight": 0.1},
)
