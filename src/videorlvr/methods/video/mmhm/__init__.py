"""MMHM: all settings of sampling on the same boards and noise, one score of several measures, one setting chosen.

Steps by guidance by model are played on validation boards. Each is measured four times: solved, dense reward, legal
transitions, and how near the features of its frames lie to those of solutions (Frechet distance). Measures are scaled
to u in [0, 1], and

    MMHM = 4 / sum over measures of 1 / (0.001 + u)

chooses. Beside it stand the choice by the distance alone, by success alone, and the settings that no other beats in
everything; what a choice is worth is told on other boards than it was made by. The player's `found`, in the summary of
its evaluation, is the whole table.

Guidance is by the first frame and the prompt (`players/guidance.py`), of policies that have learnt some videos without
them (`--drop 0.1` of SFT); its second look is counted.

**Source.** MMHM, arXiv:2603.14186, there of one-step and multi-step models of pictures.

**Differences.** The judge's measures in the place of scores by pretrained networks, and features of the policy that
ships in the place of Inception's. The source scales by the least and most of what is compared, so that whoever is worst
on one measure has 0.004 whatever the rest and a setting that is added moves all (`stability` tells how often the choice
hangs on one of the others); `bounds=frozen` scales shares as they are and the distance by that of videos that stand
still.

**Cost.** Steps times two, with guidance, of twice `problems` validation videos a setting, once; then those of the
chosen one.
"""

from videorlvr.training.method import Method

METHOD = Method(
    name="mmhm",
    title="MMHM",
    host="video",
    summary="Steps, guidance and models compared on the same boards, one chosen by a harmonic mean of measures.",
    source="MMHM, arXiv:2603.14186",
    claim="What a feature distance alone likes misleads at few steps; a harmonic mean of several measures does not.",
    config=f"{__name__}.config:MMHMConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={},
    player=f"{__name__}.run:MMHM",
    study=f"{__name__}.study:STUDY",
)
