"""Does a plan first cost success, is it seen sooner, and is it cheaper to throw away than an answer?

Three trainings of one model for Maze `small` on as many tokens: answers alone; a thought, then the answer; a plan, a
thought, the answer. Then the planning policy plays with what a judge rejects thrown away, plan or answer, within equal
tokens, by judges that are kept apart by what they know. With the oracle any method wins: it says what is left to gain.

The rule was written before any run of it.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Setting, Study

SHARED: dict[str, Setting] = {
    "tasks": "maze:small",
    "num_workers": 1,
    "model.width": 192,
    "model.depth": 4,
    "num_steps": 2000,
    "batch": 640,
    "tokens": 32768,
    "pool_grow": 32,
}
THOUGHT: dict[str, Setting] = {"writing.max_tokens": 232}
"""What the longest plan, thought and answer of the level take."""
TOKENS = 400
"""What an answer may cost, thrown away tokens included: about three answers with their thoughts."""


def _thrown(role: str, what: str, judged: str, judge: str) -> Arm:
    play = f"plantain-rewind:what={judged},judge={judge},rewinds=8,tokens={TOKENS}"
    return Arm.model_validate({"run": "plan", "role": role, "what": what, "options": {"player": play}})


STUDY = Study(
    name="plantain-mazes",
    papers=(35,),
    question="Does a plan first keep success, show something sooner, and pay when bad ones are thrown away?",
    claim="A policy that plans first solves no less than one that thinks and answers, shows something in half the "
    "tokens, and solves more by throwing away plans than by throwing away answers.",
    runs={
        "answer": Run(recipe="text-small-sft", settings=SHARED),
        "think": Run(recipe="text-small-sft", settings={**SHARED, **THOUGHT, "trace": "expand"}),
        "plan": Run(recipe="text-small-plan", settings={**SHARED, **THOUGHT}),
    },
    arms={
        "plan": Arm(run="plan", role="claim", what="plan, thought, answer"),
        "think": Arm(run="think", role="reference", what="thought, answer"),
        "answer": Arm(run="answer", role="control", what="answer alone"),
        "plan-none": _thrown("control", "written once, at the temperature of the others", "plan", "none"),
        "plan-format": _thrown("control", "plans thrown away by their form", "plan", "format"),
        "plan-static": _thrown(
            "claim", "plans thrown away by the rules, the board unsolved", "plan", "static"
        ),
        "plan-oracle": _thrown("control", "plans thrown away by who knows", "plan", "oracle"),
        "answer-static": _thrown("reference", "answers thrown away by the rules", "answer", "static"),
        "answer-oracle": _thrown("control", "answers thrown away by who knows", "answer", "oracle"),
    },
    seeds=(0, 1, 2),
    suite="maze:small:500",
    pilot_suite="maze:small-val",
    pilot_seeds=(1001,),
    criteria=(
        Criterion(measure="success", arm="plan", against="think", above=-0.02, why="a plan costs no success"),
        Criterion(
            measure="first_visible",
            arm="plan",
            against="think",
            by="ratio",
            below=0.5,
            why="it is seen sooner",
        ),
        Criterion(
            measure="success",
            arm="plan-static",
            against="answer-static",
            above=0.0,
            why="plans are the better thing to throw away, within equal tokens",
        ),
    ),
    asides=(
        Criterion(measure="success", arm="plan", against="think", above=0.0, why="does planning help?"),
        Criterion(measure="success", arm="think", against="answer", above=0.0, why="does thinking?"),
        Criterion(
            measure="success",
            arm="plan-static",
            against="plan-none",
            above=0.0,
            why="do the rules help at all?",
        ),
        Criterion(measure="success", arm="plan-format", against="plan-none", above=0.0, why="does form?"),
        Criterion(
            measure="success",
            arm="plan-oracle",
            against="answer-oracle",
            above=0.0,
            why="whose knowledge is worth more, of plans or of answers?",
        ),
        Criterion(
            measure="tokens_an_answer",
            arm="plan-static",
            against="answer-static",
            by="ratio",
            below=1.0,
            why="what was really spent?",
        ),
    ),
    budget=Budget(equal=("tokens",), within=0.02, seconds=600, on="one H100, several jobs at a time on it"),
)
