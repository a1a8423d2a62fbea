"""Does looking ahead avoid traps that step by step choice walks into, at as many calls of models?

On Sokoban a push cannot be taken back, on FlowFree one flow can shut another out: the exact solver says which moves
are such traps. One policy, trained on solutions, plays in seven ways; whoever fails with calls left begins again with
chance in its proposals, so that nobody saves calls by giving up. The evaluator is a model that was trained on states
apart; with the exact solver in its place this is tree search with a perfect judge, an upper bound, and with chance in
its place what the tree alone is worth.

Trap at the first move, first error and recovery are of the first attempt. The rule was written before any run of it.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Setting, Study

CALLS = 96


def _arm(role: str, what: str, **options: object) -> Arm:
    listed = ",".join(f"{key}={value}" for key, value in {"calls": CALLS, **options}.items())
    return Arm.model_validate(
        {"run": "policy", "role": role, "what": what, "options": {"player": f"flare:{listed}"}}
    )


def _study(world: str, level: str, boards: int) -> Study:
    task: dict[str, Setting] = {
        "tasks": f"{world}:{level}",
        "model.worlds": world,
        "num_workers": 1,
        "pool_grow": 24,
    }
    by_model = {"evaluator": "model", "value": "policy:value"}
    return Study(
        name=f"flare-{world}",
        papers=(16,),
        question=f"Does looking ahead avoid traps of {world} that step by step choice walks into, at equal calls?",
        claim="With a learned evaluator FLARE solves more than beam search, one-step choice and the likeliest moves do "
        "with as many calls, and its first move loses fewer boards.",
        runs={
            "value": Run(recipe="text-small-value", settings={**task, "num_steps": 2000}),
            "policy": Run(
                recipe="text-micro-sft",
                settings={**task, "num_steps": 1200, "validate_every": 0},
                needs=("value",),
            ),
        },
        arms={
            "flare": _arm("claim", "8 branches of 3 moves, a learned evaluator", search="flare", **by_model),
            "beam": _arm("reference", "the likeliest sequences", search="beam", evaluator="random"),
            "one-step": _arm(
                "control", "the best next state, by the same evaluator", search="one-step", **by_model
            ),
            "likeliest": _arm(
                "control", "the likeliest move, again with chance", search="greedy", evaluator="random"
            ),
            "once": _arm(
                "control", "the likeliest move, once", search="greedy", evaluator="random", again="false"
            ),
            "solver": _arm("control", "FLARE with a perfect judge", search="flare", evaluator="solver"),
            "chance": _arm("control", "FLARE with a judge by chance", search="flare", evaluator="random"),
        },
        seeds=(0, 1, 2),
        suite=f"{world}:{level}:{boards}",
        pilot_suite=f"{world}:{level}-val:100",
        pilot_seeds=(1001,),
        premises=(
            Criterion(
                measure="success",
                arm="solver",
                against="once",
                above=0.05,
                why="where a perfect judge gains nothing there is nothing to look ahead for",
            ),
        ),
        criteria=(
            Criterion(
                measure="success", arm="flare", against="beam", above=0.0, why="more than likely sequences"
            ),
            Criterion(
                measure="success", arm="flare", against="one-step", above=0.0, why="more than one step"
            ),
            Criterion(
                measure="success", arm="flare", against="likeliest", above=0.0, why="more than trying again"
            ),
            Criterion(
                measure="trap_1",
                arm="flare",
                against="likeliest",
                below=0.0,
                why="its first move is a trap less often",
            ),
            Criterion(
                measure="calls_an_answer",
                arm="flare",
                against="beam",
                by="ratio",
                below=1.1,
                why="with no more calls than the others",
            ),
        ),
        asides=(
            Criterion(
                measure="before_error",
                arm="flare",
                against="one-step",
                above=0.0,
                why="is the first error later?",
            ),
            Criterion(measure="recovery", arm="flare", against="one-step", above=0.0, why="does it recover?"),
            Criterion(
                measure="success", arm="flare", against="chance", above=0.0, why="is it the evaluator?"
            ),
            Criterion(
                measure="success", arm="flare", against="solver", above=-0.05, why="as good as a perfect one?"
            ),
        ),
        budget=Budget(seconds=450, on="a shared card, four runs at a time"),
    )


STUDIES = (_study("sokoban", "small", 200), _study("flowfree", "micro", 120))
