"""Does Early-Step Focus save time at equal success?

VideoRLVR trains only the first half of the denoising steps, and reports two fifths less time a step at equal success
on Maze, with every step as the one comparison. Here the window is tested on Maze `micro`, on a CPU, with a late
window of the same length beside it, and with the start of the training, without which 'equal' would be empty: two
trainings that did nothing are equal, too.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Study

MARGIN = 0.05
"""Success that may be lost for the time that is saved, in the sense of non-inferiority."""
SAVING = 0.85
"""Seconds a step of the window, as a share of those of all steps, that count as saving time."""
NUM_STEPS = 16
SMALL: dict[str, str | int | float | bool] = {"model.width": 96, "model.depth": 4, "num_workers": 0}


def _rl(window: str, num_trained: int | str) -> Run:
    return Run(
        recipe="micro-maze-rl",
        settings={
            "num_steps": NUM_STEPS,
            "problems": 16,
            "window": window,
            "num_trained": num_trained,
            "num_workers": 0,
        },
        after="start",
    )


STUDY = Study(
    name="early-step-focus",
    papers=(1,),
    question="Does training only the early denoising steps save time at equal success?",
    claim="SDE-GRPO with noise and gradient in the first half of the steps solves as much as with all of them, in "
    "less time an iteration.",
    runs={
        "start": Run(recipe="micro-maze-sft", settings={"num_steps": 650, **SMALL}),
        "early": _rl("early", 2),
        "all": _rl("all", "null"),
        "late": _rl("late", 2),
    },
    arms={
        "start": Arm(run="start", role="control", what="the SFT policy that the others start from"),
        "early": Arm(run="early", role="claim", what="steps 1 and 2 of 5 trained"),
        "all": Arm(run="all", role="reference", what="steps 1 to 4 trained, all that can be"),
        "late": Arm(run="late", role="control", what="steps 3 and 4 trained: as many, but late"),
    },
    seeds=(0, 1, 2),
    suite="micro-v2:maze",
    samples=2,
    pilot_suite="micro-val-v2:maze",
    pilot_seeds=(1001,),
    premises=(
        Criterion(
            measure="success",
            arm="all",
            against="start",
            above=0.0,
            why="a training that does not raise success says nothing about how to train",
        ),
    ),
    criteria=(
        Criterion(
            measure="success",
            arm="early",
            against="all",
            above=-MARGIN,
            why="equal success, in the sense that no more than the margin is lost",
        ),
        Criterion(
            measure="seconds_a_step",
            arm="early",
            against="all",
            by="ratio",
            below=SAVING,
            why="a saving that somebody would notice",
        ),
    ),
    asides=(
        Criterion(
            measure="success",
            arm="early",
            against="late",
            above=0.0,
            why="is it the early steps, or would any two do?",
        ),
        Criterion(
            measure="success",
            arm="early",
            against="start",
            above=0.0,
            why="does the window by itself improve the policy?",
        ),
        Criterion(
            measure="network_evaluations",
            arm="early",
            against="all",
            by="ratio",
            below=SAVING,
            why="the saving without the clock, which other programs disturb",
        ),
    ),
    budget=Budget(
        equal=("steps",),
        except_arms=("start",),
        seconds=720,
        on="two cores, one run on each, no GPU",
    ),
)


def _after_start(recipe: str) -> Run:
    return Run(recipe=recipe, settings={"num_workers": 0}, after="start")


CONTROL = Study(
    name="rl-beside-more-sft",
    papers=(1,),
    question="Where every board has a demonstration, is more SFT the better use of the time that RL takes?",
    claim="At equal network evaluations SFT continued on new demonstrations solves more of Maze `micro` than SDE-GRPO "
    "from the same policy.",
    runs={
        "start": Run(recipe="micro-maze-sft", settings={"num_workers": 0}),
        "more": _after_start("micro-maze-sft-more"),
        "rl": _after_start("micro-maze-rl"),
        "awm": _after_start("micro-maze-awm"),
        "nft": _after_start("micro-maze-nft"),
        "preference": _after_start("micro-maze-preference"),
        "rejection": _after_start("micro-maze-rejection-sft"),
    },
    arms={
        "start": Arm(run="start", role="control", what="the SFT policy that the others start from"),
        "more": Arm(
            run="more", role="claim", what="SFT continued, on boards as they come, each with its solution"
        ),
        "rl": Arm(run="rl", role="reference", what="SDE-GRPO, against the judge and without solutions"),
        **{
            name: Arm(run=name, role="control", what=f"{title}, at what 40 iterations of it take")
            for name, title in (
                ("awm", "advantage-weighted matching"),
                ("nft", "DiffusionNFT"),
                ("preference", "group preference"),
                ("rejection", "rejection SFT"),
            )
        },
    },
    seeds=(0, 1, 2),
    suite="micro-v2:maze",
    pilot_suite="micro-val-v2:maze",
    pilot_seeds=(1001,),
    criteria=(
        Criterion(
            measure="success",
            arm="more",
            against="rl",
            above=0.0,
            why="the same compute, spent on demonstrations",
        ),
    ),
    asides=(
        Criterion(
            measure="success", arm="rl", against="start", above=0.0, why="does RL do something at all?"
        ),
        *(
            Criterion(measure="success", arm="more", against=name, above=0.0, why="or another method of RL?")
            for name in ("awm", "nft", "preference", "rejection")
        ),
    ),
    budget=Budget(
        equal=("network_evaluations",),
        within=0.1,
        except_arms=("start", "awm", "nft", "preference", "rejection"),
        seconds=3600,
        on="two cores, one run on each, no GPU",
    ),
)

STUDIES = (STUDY, CONTROL)
