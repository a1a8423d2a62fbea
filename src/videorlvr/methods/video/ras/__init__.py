"""RAS: in most steps only the tokens in focus go through the network; the others keep the velocity they had.

The first steps are dense and fill a cache of keys and values by block. From then on a share of the tokens is computed,
those whose last velocity is most important; they attend to all keys and values, their own fresh and the others as
remembered. Every few steps all are computed again. The longer a token was left out the more important it becomes.

    importance = std of the token's velocity (or its length, or 1 / std) times exp(k d),    d steps left out

**Source.** RAS, arXiv:2502.10389, there for pictures.

**Differences.** Tokens of a video in the place of a picture's; the given frame is computed in dense steps alone. The
released code multiplies the score by which it *skips* with exp(k d), so that what was skipped is skipped again; here
importance grows, and a negative `starvation` is that code's sign. The paper holds a low std for the focus, its code's
example skips from the low end; both directions are arms. Controls: fewer steps, tokens by chance, those that the
solution moves (which looks at the solution), no resets, no cache.

**Cost.** `dense` and reset steps count whole, others by the share of tokens; `players/meter` counts operations as they
happen. With tens of cells nothing is saved in time: a GPU is waiting anyway.

**Found** (docs/methods/wave.md). At `micro`, in five steps, it loses to fewer dense steps that take fewer operations,
and which tokens are computed hardly matters; without remembered keys nothing is solved. The paper's boards and times
on a GPU are stated and not yet run.
"""

from videorlvr.training.method import Method

METHOD = Method(
    name="ras",
    title="RAS",
    host="video",
    summary="Tokens are updated by region: those in focus are computed, the others keep their velocity.",
    source="RAS, arXiv:2502.10389",
    claim="Updating half of the tokens in most steps saves up to twice the operations at hardly any loss.",
    config=f"{__name__}.config:RASConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={},
    player=f"{__name__}.run:RAS",
    study=f"{__name__}.study:STUDY",
)
