"""RankMe and alpha-ReQ: the shape of hidden states, as a policy learns.

The last block's hidden states of a fixed set of noised videos are a cloud in as many dimensions as the network is
wide. Its effective rank is exp of the entropy of its variances, as shares; alpha is how fast variances fall. Both are
told at every validation of any run with `--spectrum true`, and of any policy by `videorlvr methods look`.

Two conventions of the rank are told side by side: of variances, as in the source, and of standard deviations, as RankMe
was first defined. Videos, noise and the 64 tokens of a video that are looked at are named, so that two policies, or one
at two steps, are compared on the same; the bootstrap draws videos and not tokens, which are no separate evidence.

**Source.** Representation geometry over training, arXiv:2509.23024; RankMe, arXiv:2210.02885; alpha-ReQ,
arXiv:2202.05808.

**Differences.** Tokens of videos at one noise level (0.75), where the source takes the last token of texts. With v
validation videos there are 64 v samples for a width of 96 to 512; with fewer than ten a dimension the rank is biased
low, and the same way for all that are compared.

**Cost.** One network evaluation of each validation video, where the validation itself takes one a solver step.
"""

from videorlvr.training.method import Method

METHOD = Method(
    name="rankme",
    title="RankMe",
    host="video",
    summary="Effective rank and eigenspectrum decay of hidden states, at validation or of any policy.",
    source="representation geometry over training, arXiv:2509.23024; RankMe, arXiv:2210.02885",
    claim="SFT spreads representations over more directions, RL with verifiable rewards compresses them.",
    config=f"{__name__}.config:RankMeConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={},
    probe=f"{__name__}.run:look",
    study=f"{__name__}.study:STUDY",
)
