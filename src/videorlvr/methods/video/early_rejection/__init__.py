"""Early rejection: judge unfinished videos, drop the worst, and give what they would have cost to others.

At step s of S the data estimate `x - sigma v` is decoded and judged like a video. Of M starts of a problem the K of
best partial reward go on to the end, and the judge's best of these is the answer. What is freed, others may have: what
N whole videos cost pays for M starts with `M (s + 1) + K (S - s - 1) <= N S`.

The judge chooses, and the judge says whether it is solved: what is measured is search with a checker at hand, in which
best-of-N solves whatever one of its N videos solves. The question is at what cost.

In the rollouts of RL (`--reject_at 2 --reject_share 0.75`, of every method that learns from groups) the worst of each
group are ended in their data estimate, a long Euler step to the end, and judged and learnt from as such. The step lies
behind the window of trained steps, so what is replayed is bit for bit what it would have been.

**Source.** Early rejection with partial reward modelling, arXiv:2508.01969, there for tokens of a reasoning step and a
learned reward.

**Differences.** Steps of denoising in the place of tokens, the exact judge in the place of a learned reward. The last
choice is by the judge on the finished video, where the released code ranks by the partial score. One rejection, no
expansion of what is kept.

**Cost.** `M (s + 1) + K (S - s - 1)` network evaluations an answer, and a judgement of each start and each kept one.

**Found** (docs/methods/wave.md). Partial scores know which of a problem's starts will solve it, but late: 74 and 70% of
pairs are in order after step 3 of 5 (Sokoban, FlowFree `micro`), 85 and 84% after step 4, and hardly more than half
after the first steps. From step 3 on the judge's choice is better than chance, and it does not beat fewer whole videos
at the same cost: best-of-N with a checker loses nothing, and what dropping saves is less than what it loses.
"""

from videorlvr.training.method import Method

METHOD = Method(
    name="early-rejection",
    title="Early rejection",
    host="video",
    summary="Judge unfinished videos at one step, drop the worst, and begin more for what they would have cost.",
    source="early rejection with partial reward modelling, arXiv:2508.01969",
    claim="Partial scores tell early which candidates are worth finishing, so that search costs a fraction.",
    config=f"{__name__}.config:EarlyRejectionConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={},
    player=f"{__name__}.run:EarlyRejection",
    study=f"{__name__}.study:STUDIES",
)
