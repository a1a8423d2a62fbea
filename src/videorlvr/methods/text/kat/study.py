"""Does a policy that chooses when to think save tokens at equal success, and does it choose by difficulty?

One start has learnt both modes on equal shares of boards. AutoThink goes on by vote and Step-SRPO; two others by as
many iterations of RL in one mode. The policy of AutoThink is also played with its gate always open, always shut, and
by chance at its own rate, which is the control that matters: whoever thinks as often without looking at the board.

Difficulty is the length of the shortest solution, known exactly. Tokens behind the answer's mark say whether thoughts
leak into answers that are not thought about. The rule was written before any run of it.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Setting, Study

TASK = "maze:small"
VOTES, TRIES = 15, 40
COMMON: dict[str, Setting] = {
    "tasks": TASK,
    "problems": 16,
    "group": 8,
    "batch": 128,
    "num_workers": 0,
    "writing.max_tokens": 200,
}
RL: dict[str, Setting] = {
    **COMMON,
    "lr": 5e-5,
    "reward": "sparse",
    "format_weight": 0.2,
    "validate_every": 20,
    "writing.temperature": 1.0,
}


def _one_mode(think: bool) -> Run:
    settings: dict[str, Setting] = {
        **RL,
        "num_steps": VOTES + TRIES,
        "truth_weight": 0.0,
        "writing.think": think,
    }
    return Run(recipe="text-micro-grpo", settings=settings, after="start")


def _gate(role: str, gate: str, what: str) -> Arm:
    options: dict[str, Setting] = {"player": f"auto-think:gate={gate},task={TASK}"}
    return Arm.model_validate({"run": "auto", "role": role, "what": what, "options": options})


STUDY = Study(
    name="auto-think",
    papers=(24,),
    question="Does a policy that learns when to think save tokens at equal success, beyond thinking as often by "
    "chance?",
    claim="AutoThink solves as much as a policy that always thinks with a fifth fewer tokens, more than a gate by "
    "chance at its rate, and thinks more on harder boards.",
    runs={
        "start": Run(
            recipe="text-micro-sft",
            settings={
                "tasks": TASK,
                "trace": "expand",
                "direct": 0.5,
                "pool_grow": 24,
                "num_steps": 1500,
                "validate_every": 0,
                "num_workers": 1,
                "writing.max_tokens": 200,
                "writing.temperature": 1.0,
            },
        ),
        "votes": Run(
            recipe="text-micro-kat-start", settings={**COMMON, "num_steps": VOTES, "lr": 5e-5}, after="start"
        ),
        "auto": Run(recipe="text-micro-kat", settings={**RL, "num_steps": TRIES}, after="votes"),
        "always": _one_mode(True),
        "never": _one_mode(False),
    },
    arms={
        "auto": _gate("claim", "own", "Step-SRPO, by its own gate"),
        "always": Arm(run="always", role="reference", what="RL that always thinks, as many iterations"),
        "never": Arm(run="never", role="control", what="RL that never thinks"),
        "chance": _gate("control", "random", "AutoThink's policy, thinking as often by chance"),
        "open": _gate("control", "always", "AutoThink's policy, always thinking"),
        "shut": _gate("control", "never", "AutoThink's policy, never thinking"),
    },
    seeds=(0, 1, 2),
    suite="maze:small:400",
    pilot_suite="maze:small-val:200",
    pilot_seeds=(1001,),
    premises=(
        Criterion(
            measure="success",
            arm="always",
            against="never",
            above=0.0,
            why="where thinking helps nobody there is nothing to choose",
        ),
    ),
    criteria=(
        Criterion(
            measure="success", arm="auto", against="always", above=-0.01, why="equal success, within a point"
        ),
        Criterion(
            measure="tokens_an_answer",
            arm="auto",
            against="always",
            by="ratio",
            below=0.8,
            why="a fifth of the tokens saved",
        ),
        Criterion(
            measure="success",
            arm="auto",
            against="chance",
            above=0.0,
            why="it knows which boards to think about",
        ),
        Criterion(
            measure="thought_rises",
            arm="auto",
            against="chance",
            above=0.0,
            why="it thinks where it is harder",
        ),
    ),
    asides=(
        Criterion(
            measure="success", arm="open", against="shut", above=0.0, why="does this policy gain by thinking?"
        ),
        Criterion(
            measure="success", arm="auto", against="open", above=-0.01, why="as good as its own thinking?"
        ),
        Criterion(
            measure="answer_tokens",
            arm="auto",
            against="shut",
            by="ratio",
            below=1.05,
            why="do thoughts leak into answers?",
        ),
    ),
    budget=Budget(seconds=450, on="a shared card, four runs at a time"),
)
