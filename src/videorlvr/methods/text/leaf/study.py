"""Does leaving out what gradients call confounding make a distilled student look at what matters?

While it is learnt from, a tag names the first move nine times in ten, and a second board is not asked for. The
teacher, a larger model, learnt with tags by chance. Five students see the same passages as often: imitation of
solutions, distillation, and distillation with runs left out: found by gradients (LeaF), as long anywhere, or the true
confounders, which is the bound. What is asked is boards whose tags mislead, and boards whose tags say nothing.

The rule was written before any run of it.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Setting, Study

SHARED: dict[str, Setting] = {"tasks": "maze:micro", "num_steps": 1000, "pool_grow": 24, "num_workers": 1}


def _taught(mask: str) -> Run:
    return Run(
        recipe="text-micro-leaf",
        settings={**SHARED, "mask": mask, "teacher": "policy:teacher"},
        needs=("teacher",),
    )


def _arm(run: str, role: str, what: str, tags: str = "flipped") -> Arm:
    options: dict[str, Setting] = {"player": f"leaf-tags:tags={tags}"}
    return Arm.model_validate({"run": run, "role": role, "what": what, "options": options})


STUDY = Study(
    name="leaf-confounders",
    papers=(19,),
    question="Does leaving out what gradients beside a teacher's call confounding keep a student from being misled?",
    claim="A student that is distilled with and without found confounders solves more boards with misleading tags than "
    "one that is distilled, or with as much left out anywhere.",
    runs={
        "teacher": Run(
            recipe="text-micro-leaf",
            settings={**SHARED, "tags": "chance", "model.width": 192, "model.heads": 6, "num_steps": 2000},
        ),
        "imitated": Run(recipe="text-micro-leaf", settings=SHARED),
        "distilled": _taught("none"),
        "leaf": _taught("gradient"),
        "random": _taught("random"),
        "oracle": _taught("oracle"),
    },
    arms={
        "leaf": _arm("leaf", "claim", "runs left out that gradients found; tags mislead"),
        "distilled": _arm("distilled", "reference", "nothing left out; tags mislead"),
        "random": _arm("random", "control", "runs of the same length left out anywhere; tags mislead"),
        "oracle": _arm("oracle", "control", "true confounders left out; tags mislead"),
        "imitated": _arm("imitated", "control", "no teacher; tags mislead"),
        "teacher": _arm("teacher", "control", "the teacher; tags mislead"),
        "leaf-clean": _arm("leaf", "control", "LeaF; tags by chance", "chance"),
        "distilled-clean": _arm("distilled", "control", "nothing left out; tags by chance", "chance"),
    },
    seeds=(0, 1, 2),
    suite="micro-v2:maze",
    pilot_suite="micro-val-v2:maze",
    pilot_seeds=(1001,),
    premises=(
        Criterion(
            measure="success",
            arm="imitated",
            against="teacher",
            below=0.0,
            why="where tags mislead nobody there is nothing to leave out",
        ),
    ),
    criteria=(
        Criterion(measure="success", arm="leaf", against="distilled", above=0.0, why="less misled"),
        Criterion(
            measure="success", arm="leaf", against="random", above=0.0, why="it matters what is left out"
        ),
        Criterion(
            measure="success",
            arm="leaf-clean",
            against="distilled-clean",
            above=-0.02,
            why="no worse where tags say nothing",
        ),
    ),
    asides=(
        Criterion(measure="success", arm="leaf", against="oracle", above=-0.02, why="as good as the truth?"),
        Criterion(
            measure="success", arm="distilled", against="imitated", above=0.0, why="does distillation help?"
        ),
        Criterion(
            measure="detection_precision",
            arm="leaf",
            against="random",
            above=0.0,
            why="of the student that LeaF made: is it still found?",
        ),
    ),
    budget=Budget(
        equal=("samples",), except_arms=("teacher",), seconds=400, on="a shared card, four runs at a time"
    ),
)
