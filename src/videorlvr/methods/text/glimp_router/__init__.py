"""GlimpRouter: a small model writes a solution step by step, and hands on to a large one the steps it is unsure about.

    H = - sum_v p(v) ln p(v)  of the small model's law of a step's first token;  H > threshold: the large one's step

A step begins where the move that the small model would make next decides something (a junction, a push; see
`Game.is_choice`), or would be illegal, or the end. Other signals stand beside the entropy of the first token: its
margin, the mean entropy of the whole step (for which the small model has to write it), chance, and an oracle that knows
by the solver whether the small model's step is wrong. The threshold comes from validation boards: the one at which a
given share of steps is handed on.

On the same boards the signal's AUC is measured: how often it is higher at a step that the small model gets wrong than
at one that it gets right.

**Source.** GlimpRouter, arXiv:2601.05110: steps of a thought that end with a blank line, 20 most likely tokens.

**Differences.** Steps of moves instead of paragraphs, all tokens of the law instead of the first 20, the whole answer
routed (the source has the large model write all final answers). The released thresholds were chosen on test problems;
here validation boards choose, and say at which share of steps.

**Cost.** `flops` counts what both models read and write with a cache, drafts that are thrown away included; it computes
without one, so seconds say nothing.
"""

from videorlvr.training.method import Method

METHOD = Method(
    name="glimp-router",
    title="GlimpRouter",
    host="text",
    summary="The entropy of a step's first token decides whether a small or a large model writes it.",
    source="GlimpRouter, arXiv:2601.05110",
    claim="The first token of a step tells how hard it is, so that few steps of a large model keep its success.",
    config=f"{__name__}.config:GlimpRouterConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={},
    player=f"{__name__}.run:GlimpRouter",
    study=f"{__name__}.study:STUDY",
)
