"""Does a cold start that teaches form alone, by preference, leave RL a better start than one that imitates?

The start has seen Maze and Sokoban, with answers of which seven in ten have a broken form. A little RL makes `zero` of
it, whose answers teach three cold starts on Maze as many steps each: right answers against their own broken forms
(SPECS), against wrong ones (DPO as usual: form and task coupled), and by imitation. Then the same RL on Maze from each,
and from the start itself for as many steps as both stages have, since a cold start costs steps. What is asked is
Sokoban, which neither stage has trained on.

The rule was written before any run of it.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Setting, Study

COLD, RL = 20, 30
BOTH = "maze:micro,sokoban:micro"
TRIES: dict[str, Setting] = {
    "problems": 16,
    "group": 8,
    "batch": 128,
    "num_workers": 0,
    "writing.think": True,
    "writing.max_tokens": 96,
    "writing.temperature": 1.0,
}
REWARDS: dict[str, Setting] = {
    **TRIES,
    "lr": 5e-5,
    "reward": "sparse",
    "format_weight": 0.5,
    "truth_weight": 0.0,
    "validate_every": RL,
}


def _cold(pairs: str) -> Run:
    settings: dict[str, Setting] = {
        **TRIES,
        "num_steps": COLD,
        "lr": 5e-5,
        "pairs": pairs,
        "zero": "policy:zero",
    }
    return Run(recipe="text-micro-specs", settings=settings, after="start", needs=("zero",))


def _rl(after: str, num_steps: int) -> Run:
    settings: dict[str, Setting] = {**REWARDS, "num_steps": num_steps, "validate_every": num_steps}
    return Run(recipe="text-micro-grpo", settings=settings, after=after)


STUDY = Study(
    name="specs-cold-start",
    papers=(36,),
    question="Does a cold start by preference on form alone generalize better than imitation, also after RL?",
    claim="After the same RL on one world a policy whose cold start taught form by preference solves more of another "
    "world than one whose cold start imitated the same answers.",
    runs={
        "start": Run(
            recipe="text-micro-sft",
            settings={
                "tasks": BOTH,
                "trace": "compress",
                "loose": 0.7,
                "pool_grow": 24,
                "writing.temperature": 1.0,
                "writing.max_tokens": 96,
                "num_steps": 800,
                "validate_every": 0,
                "num_workers": 1,
            },
        ),
        "zero": _rl("start", 15),
        "form": _cold("form"),
        "answers": _cold("answers"),
        "chosen": _cold("chosen"),
        "form-rl": _rl("form", RL),
        "answers-rl": _rl("answers", RL),
        "chosen-rl": _rl("chosen", RL),
        "none-rl": _rl("start", COLD + RL),
    },
    arms={
        "start": Arm(
            run="start", role="control", what="the start, seven in ten of whose answers were misshapen"
        ),
        "form": Arm(run="form", role="claim", what="cold start: right against the same in a broken form"),
        "answers": Arm(
            run="answers", role="control", what="cold start: right against wrong, form and task coupled"
        ),
        "chosen": Arm(run="chosen", role="reference", what="cold start: imitation of the chosen answers"),
        "form-rl": Arm(run="form-rl", role="claim", what="RL from the cold start on form"),
        "answers-rl": Arm(run="answers-rl", role="control", what="RL from the coupled one"),
        "chosen-rl": Arm(run="chosen-rl", role="reference", what="RL from the imitating one"),
        "none-rl": Arm(run="none-rl", role="control", what="RL without a cold start, as many steps in all"),
    },
    seeds=(0, 1, 2),
    suite="micro-v2:sokoban",
    samples=4,
    pilot_suite="micro-val-v2:sokoban",
    pilot_seeds=(1001,),
    premises=(
        Criterion(
            measure="success",
            arm="none-rl",
            against="start",
            above=0.0,
            why="where RL changes nothing it does not matter where it starts",
        ),
    ),
    criteria=(
        Criterion(
            measure="success",
            arm="form-rl",
            against="chosen-rl",
            above=0.0,
            why="more of the other world after RL",
        ),
        Criterion(
            measure="generalization",
            arm="form",
            against="chosen",
            above=0.0,
            why="the paper's own factor after the cold start",
        ),
    ),
    asides=(
        Criterion(measure="success", arm="form-rl", against="answers-rl", above=0.0, why="is it form alone?"),
        Criterion(
            measure="success", arm="form-rl", against="none-rl", above=0.0, why="is a cold start worth it?"
        ),
        Criterion(measure="success", arm="form", against="chosen", above=0.0, why="before RL?"),
        Criterion(
            measure="val_success",
            arm="form-rl",
            against="chosen-rl",
            above=0.0,
            why="on the world of training?",
        ),
        Criterion(measure="pass_at", arm="form-rl", against="chosen-rl", above=0.0, why="is more explored?"),
        Criterion(
            measure="grad_spikes",
            arm="form-rl",
            against="chosen-rl",
            by="ratio",
            below=1.0,
            why="is RL steadier, as the paper says?",
        ),
    ),
    budget=Budget(seconds=400, on="a core a run, three seeds side by side"),
)
