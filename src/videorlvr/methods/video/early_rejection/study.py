"""Does a partial judgement tell early which videos are worth finishing? In search, and in the rollouts of RL.

Four starts a problem: all finished (best-of-4), or the worst dropped after each of the four steps that may be judged,
by the judge and by chance; beside them three whole videos, which cost as much as what is claimed. The policy solves
about half of Maze `micro`, and is trained anew for each seed.

What the final reward as an oracle would keep is best-of-4 by definition, so the distance to it is what the partial
score loses.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Setting, Study

SAVED = 0.75
"""Network evaluations of best-of-4, as a share, at which rejection must still solve as much, to within the margin."""
MARGIN = 0.05


def _arm(role: str, what: str, player: str) -> Arm:
    return Arm.model_validate({"run": "start", "role": role, "what": what, "options": {"player": player}})


SEARCH = Study(
    name="early-rejection",
    papers=(12,),
    question="Does judging unfinished videos save network evaluations of search at equal success?",
    claim="The judge's score of the data estimate predicts the finished video's, so dropping the worst early solves "
    "as much as finishing all, for a fraction of the network evaluations.",
    runs={
        "start": Run(
            recipe="micro-maze-sft",
            settings={"num_steps": 500, "model.width": 96, "model.depth": 4, "num_workers": 0},
        )
    },
    arms={
        "one": Arm(run="start", role="control", what="one sample"),
        "best-of-4": _arm("reference", "four whole videos, the judge chooses", "best-of-4"),
        "best-of-3": _arm("control", "three whole videos: dearer than the claim", "best-of-4:starts=3"),
        "after-1": _arm("claim", "4 starts, 2 kept after step 1", "early-rejection:at=0,keep=2"),
        "after-2": _arm("claim", "4 starts, 2 kept after step 2", "early-rejection:at=1,keep=2"),
        "after-3": _arm("claim", "4 starts, 1 kept after step 3", "early-rejection:at=2,keep=1"),
        "after-4": _arm("claim", "4 starts, 1 kept after step 4", "early-rejection:at=3,keep=1"),
        "chance-3": _arm(
            "control",
            "4 starts, 1 kept by chance after step 3",
            "early-rejection:at=2,keep=1,choose=random",
        ),
    },
    seeds=(0, 1, 2),
    suite="micro-v2:maze",
    pilot_suite="micro-val-v2:maze",
    pilot_seeds=(1001,),
    premises=(
        Criterion(
            measure="success",
            arm="best-of-4",
            against="one",
            above=0.05,
            why="where more videos solve no more there is nothing to save",
        ),
    ),
    criteria=(
        Criterion(
            measure="success",
            arm="after-3",
            against="best-of-4",
            above=-MARGIN,
            why="equal success, in the sense that no more than the margin is lost",
        ),
        Criterion(
            measure="evaluations_an_answer",
            arm="after-3",
            against="best-of-4",
            by="ratio",
            below=SAVED,
            why="a saving that somebody would notice",
        ),
        Criterion(
            measure="success",
            arm="after-3",
            against="chance-3",
            above=0.05,
            why="it is the judgement that helps, not the starts",
        ),
        Criterion(
            measure="success",
            arm="after-3",
            against="best-of-3",
            above=0.0,
            why="is it better than fewer whole videos, which cost more?",
        ),
    ),
    asides=(
        Criterion(
            measure="success", arm="after-1", against="best-of-3", above=0.0, why="after the first step?"
        ),
        Criterion(measure="success", arm="after-2", against="best-of-3", above=0.0, why="after the second?"),
        Criterion(measure="success", arm="after-4", against="best-of-3", above=0.0, why="after the fourth?"),
    ),
    budget=Budget(seconds=400, on="three cores, a seed on each, no GPU"),
)

SMALL_RL: dict[str, Setting] = {"num_steps": 16, "problems": 16, "num_workers": 0}
ENDED: dict[str, Setting] = {"reject_at": 2, "reject_share": 0.75}

ROLLOUTS = Study(
    name="early-rejection-rl",
    papers=(12,),
    question="Does ending the worst rollouts of a group early make RL cheaper at equal success?",
    claim="SDE-GRPO that ends three quarters of each group after the first step behind its window learns as much as "
    "one that finishes all.",
    runs={
        "start": Run(
            recipe="micro-maze-sft",
            settings={"num_steps": 650, "model.width": 96, "model.depth": 4, "num_workers": 0},
        ),
        "whole": Run(recipe="micro-maze-rl", settings=SMALL_RL, after="start"),
        "ended": Run(recipe="micro-maze-rl", settings={**SMALL_RL, **ENDED}, after="start"),
        "chance": Run(
            recipe="micro-maze-rl", settings={**SMALL_RL, **ENDED, "reject_by": "random"}, after="start"
        ),
    },
    arms={
        "start": Arm(run="start", role="control", what="the SFT policy that the others start from"),
        "whole": Arm(run="whole", role="reference", what="every video finished"),
        "ended": Arm(
            run="ended", role="claim", what="the worst 6 of 8 ended in their data estimate after step 3"
        ),
        "chance": Arm(run="chance", role="control", what="6 of 8 ended there by chance"),
    },
    seeds=(0, 1, 2),
    suite="micro-v2:maze",
    samples=2,
    pilot_suite="micro-val-v2:maze",
    pilot_seeds=(1001,),
    premises=(
        Criterion(
            measure="success",
            arm="whole",
            against="start",
            above=0.0,
            why="a training that does not raise success says nothing about how to train",
        ),
    ),
    criteria=(
        Criterion(
            measure="success",
            arm="ended",
            against="whole",
            above=-MARGIN,
            why="equal success, in the sense that no more than the margin is lost",
        ),
        Criterion(
            measure="network_evaluations",
            arm="ended",
            against="whole",
            by="ratio",
            below=0.9,
            why="a saving that somebody would notice",
        ),
    ),
    asides=(
        Criterion(
            measure="success", arm="ended", against="chance", above=0.0, why="does it matter which are ended?"
        ),
        Criterion(
            measure="seconds_a_step",
            arm="ended",
            against="whole",
            by="ratio",
            below=0.7,
            why="the aim was 30% of an iteration's time; judging twice costs some of what is saved",
        ),
    ),
    budget=Budget(
        equal=("steps",), except_arms=("start",), seconds=400, on="nine cores, a run on each, no GPU"
    ),
)

STUDIES = (SEARCH, ROLLOUTS)
