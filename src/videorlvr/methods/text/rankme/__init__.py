"""RankMe and alpha-ReQ of policies that write: the shape of hidden states, and where SFT, DPO and RL move it.

Each layer's states at four tokens of solved validation boards are a cloud in as many dimensions as the model is wide:
its effective rank is exp of the entropy of its variances, as shares; alpha is how fast variances fall. Both are told at
every validation of any run with `--spectrum true`, and of any policy by `videorlvr methods look`.

**Source.** Representation geometry over training, arXiv:2509.23024; RankMe, arXiv:2210.02885; alpha-ReQ,
arXiv:2202.05808. The video form is `rankme`.

**Differences.** Four places of a passage, from the answer's mark to its end, where the source takes the last token of
thousands of texts; the bootstrap draws boards. Both conventions of rank, of variances and of standard deviations, are
told. Diversity and reward are exact: pass@k and different right answers by the judge.

**Cost.** One forward pass over each validation board.
"""

from videorlvr.training.method import Method

METHOD = Method(
    name="text-rankme",
    title="RankMe in words",
    host="text",
    summary="Effective rank and eigenspectrum decay of a language policy's states on solved boards.",
    source="representation geometry over training, arXiv:2509.23024; RankMe, arXiv:2210.02885",
    claim="SFT and DPO spread representations over more directions, RL with verifiable rewards compresses them.",
    config=f"{__name__}.config:TextRankMeConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={},
    probe=f"{__name__}.run:look",
    study=f"{__name__}.study:STUDY",
)
