"""A study small enough for a test: two trainings of a tiny network, measured on eight mazes."""

import pytest

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Study

TINY = {"model.width": 32, "model.depth": 1, "model.heads": 2, "batch": 4, "num_workers": 0, "device": "cpu"}
SMALL_SFT = TINY | {"num_steps": 2, "pool_start": 8, "pool_grow": 0, "pool_size": 8, "log_every": 1}
SMALL_RL = {
    "num_steps": 1,
    "problems": 2,
    "group": 4,
    "batch": 8,
    "updates": 1,
    "num_workers": 0,
    "device": "cpu",
}


@pytest.fixture(scope="session")
def make_study():
    """A function that makes the study, changed as asked."""

    def make(**changes):
        values = {
            "name": "tiny",
            "papers": (1,),
            "question": "Does one step help?",
            "claim": "One step of RL helps.",
            "runs": {
                "start": Run(recipe="micro-maze-sft", settings=SMALL_SFT),
                "trained": Run(recipe="micro-maze-rl", settings=SMALL_RL, after="start"),
            },
            "arms": {
                "start": Arm(run="start", role="reference", what="before"),
                "trained": Arm(run="trained", role="claim", what="after"),
            },
            "seeds": (0, 1),
            "pilot_seeds": (7,),
            "suite": "micro-v2:maze",
            "pilot_suite": "smoke-v1:maze",
            "criteria": (
                Criterion(measure="success", arm="trained", against="start", above=0.0, why="it helps"),
            ),
            "budget": Budget(seconds=10, on="two cores"),
        }
        return Study(**(values | changes))

    return make
