"""Do scores of unfinished steps save tokens of a beam search at equal success, and how early do they know?

One policy, trained anew for each seed, plays with four beams and four ways on from each: steps written whole (the
reference), or dropped after 1, 2 or 3 of 6 tokens, by the exact judge, by a learnt score and by chance. Beside them
stands a narrower search of whole steps that costs about as much as the claim.

In Maze every move is seen to be right or wrong at once; in Sokoban a walk around a box looks like nothing until the
push, which is where partial scores should mislead. The rule was written before any run of it.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Study

MARGIN = 0.03
"""Success that counts as equal."""


def _arm(role: str, what: str, play: str, task: str) -> Arm:
    return Arm.model_validate(
        {"run": "start", "role": role, "what": what, "options": {"player": f"{play},task={task}"}}
    )


def _study(world: str, task: str, boards: int, steps: int) -> Study:
    early = "text-early-rejection:tau="
    return Study(
        name=f"early-rejection-words-{world}",
        papers=(12,),
        question=f"Does scoring unfinished steps save tokens of a beam search on {world} at equal success?",
        claim="Two tokens of a step of six say which steps are worth finishing: the search solves as much for two "
        "thirds of the operations or less, and partial and whole scores correlate more than independent tokens would.",
        runs={
            "start": Run(
                recipe="text-small-sft",
                settings={
                    "tasks": task,
                    "num_workers": 1,
                    "model.width": 128,
                    "model.depth": 3,
                    "num_steps": steps,
                    "batch": 512,
                    "pool_grow": 32,
                },
            )
        },
        arms={
            "one": Arm(run="start", role="control", what="the likeliest answer"),
            "whole": _arm("reference", "4 beams x 4, steps written whole", "text-beams:score=exact", task),
            "narrow": _arm("control", "2 beams x 4, steps written whole", "text-beams:beams=2", task),
            "after-1": _arm("claim", "12 of 16 dropped after 1 token", f"{early}1", task),
            "after-2": _arm("claim", "12 of 16 dropped after 2 tokens", f"{early}2", task),
            "after-3": _arm("claim", "12 of 16 dropped after 3 tokens", f"{early}3", task),
            "learned-2": _arm("claim", "after 2 tokens, by a learnt score", f"{early}2,score=learned", task),
            "learned-whole": _arm(
                "control", "whole steps, by a learnt score", "text-beams:score=learned", task
            ),
            "chance-2": _arm("control", "dropped by chance after 2 tokens", f"{early}2,score=random", task),
        },
        seeds=(0, 1, 2),
        suite=f"{task}:{boards}",
        pilot_suite=f"{task}-val",
        pilot_seeds=(1001,),
        premises=(
            Criterion(
                measure="success", arm="whole", against="one", above=0.05, why="else there is nothing to save"
            ),
        ),
        criteria=(
            Criterion(measure="success", arm="after-2", against="whole", above=-MARGIN, why="equal success"),
            Criterion(
                measure="flops_an_answer",
                arm="after-2",
                against="whole",
                by="ratio",
                below=0.67,
                why="a saving that somebody would notice",
            ),
            Criterion(
                measure="success",
                arm="after-2",
                against="chance-2",
                above=0.05,
                why="it is the score that helps",
            ),
            Criterion(
                measure="success",
                arm="after-2",
                against="narrow",
                above=0.0,
                why="better than a narrower search",
            ),
        ),
        asides=(
            Criterion(
                measure="success", arm="after-1", against="whole", above=-MARGIN, why="after one token?"
            ),
            Criterion(measure="success", arm="after-3", against="whole", above=-MARGIN, why="after three?"),
            Criterion(
                measure="success",
                arm="learned-2",
                against="learned-whole",
                above=-MARGIN,
                why="does it hold for a score that was learnt?",
            ),
            Criterion(
                measure="correlation",
                arm="after-2",
                against="chance-2",
                above=0.577,
                why="is it above sqrt(2 / 6), as of independent tokens? (by chance it is 0)",
            ),
            Criterion(
                measure="correlation",
                arm="after-3",
                against="after-1",
                above=0.0,
                why="does it rise with tau?",
            ),
        ),
        budget=Budget(seconds=600, on="one H100, several jobs at a time on it"),
    )


STUDIES = (_study("maze", "maze:small", 400, 1500), _study("sokoban", "sokoban:micro", 300, 1500))
