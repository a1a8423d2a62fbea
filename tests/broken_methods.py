"""Methods that break the contract, one way each: learners and recipes that `test_check.py` puts into SFT's record."""

from videorlvr.evaluation.study import Study
from videorlvr.methods.video.sde_grpo.study import STUDY
from videorlvr.methods.video.sft import METHOD
from videorlvr.methods.video.sft.run import SFT


class Talks(SFT):
    """Tells a number that nobody declared."""

    def step(self, index):
        return super().step(index) | {"secret": 1.0}


class Forgets(SFT):
    """Keeps something that a step needs outside its parts, so that a resumed run is another run."""

    steps_taken = 0

    def _lr(self, index):
        return super()._lr(index) / (1 + self.steps_taken)

    def step(self, index):
        line = super().step(index)
        self.steps_taken += 1
        return line


class Fails(SFT):
    """Raises."""

    def step(self, index):
        raise RuntimeError("a wheel came off")


def silent_recipe():
    return METHOD.recipe_list["micro-maze-sft"]()


def wrong_recipe():
    """Command: none. Cost: none. Result: none."""
    return METHOD.config_type(tasks=["maze:micro"], num_steps=0)


RECIPES = (silent_recipe, wrong_recipe)

_STATED = STUDY.to_json()
_STATED["runs"]["late"]["settings"] = {"windwo": "late"}
WRONG_STUDY = Study.model_validate(_STATED)

_PLAYED = STUDY.to_json()
_PLAYED["arms"]["late"]["options"] = {"player": "fewer-steps:stpes=3"}
WRONG_PLAYER = Study.model_validate(_PLAYED)
