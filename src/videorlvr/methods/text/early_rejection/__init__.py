"""Early rejection in words: judge unfinished steps of a beam search, drop the worst, finish the rest.

    N beams, M ways on from each: all N M are written for tau of a step's L tokens, the best N of them to its end

A search keeps the N best of N M steps by the score of what they lead to. Here the score of the first tau tokens already
decides, so that a step costs `N M tau + N (L - tau)` tokens and not `N M L`. If a step's tokens earned independently of
each other, partial and whole score would correlate with sqrt(tau / L); on validation boards both are measured.

Who scores: the exact judge (the solver's distance to the end, as a share of the board's), a scorer that was learnt (a
linear reading of the policy's last hidden state, fitted to the judge on train boards), or chance. The answer is the
beam of best whole score; with the exact judge that is search with a checker at hand, as in the video form
(`early-rejection`).

**Source.** Early rejection with partial reward modelling, arXiv:2508.01969: reasoning steps of a large model, a reward
model of billions of weights.

**Differences.** The last choice goes by whole scores, where the released code ranks by the partial one; all N M
candidates begin in the first round, where it begins with one beam and so never has N; candidates are told apart by
their number and not by their text.

**Cost.** `tokens` and `flops` count all that is written, the prompt once; a cache that is shared by beams is assumed,
and not used.
"""

from videorlvr.training.method import Method

METHOD = Method(
    name="text-early-rejection",
    title="Early rejection in words",
    host="text",
    summary="A beam search judges unfinished steps and writes only the best of them to their end.",
    source="early rejection with partial reward modelling, arXiv:2508.01969",
    claim="Scores of unfinished steps tell which are worth finishing, so that search costs a fraction.",
    config=f"{__name__}.config:TextEarlyRejectionConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={},
    player=f"{__name__}.run:TextEarlyRejection",
    study=f"{__name__}.study:STUDIES",
)
