"""What connects the formulas: splits, samplers, averages, embeddings, and that every setting is read."""

from __future__ import annotations

import pytest
import torch

from videorlvr.cli.evaluate import evaluate_run
from videorlvr.evaluation.suites import Part, Suite
from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.methods import METHODS
from videorlvr.methods.video.sft.config import SFTConfig
from videorlvr.models.dit import sigma_embedding
from videorlvr.models.pixels import BuiltinPolicy
from videorlvr.training.folder import RunFolder
from videorlvr.training.loop import run_steps
from videorlvr.training.settings import fields_of, help_lines
from videorlvr.training.state import Part as Trained
from videorlvr.training.state import TrainState
from videorlvr.training.validate import Validation


class SpyJudge(Judge):
    def __call__(self, problems, videos):
        self.asked = list(problems)
        return super().__call__(problems, videos)


def test_validation_plays_the_validation_split(sft_config, trained):
    """As many as the run says, by the run's sampler."""
    config = sft_config(num_val=5, sampling={"steps": 3, "solver": "heun"})
    judge, looks = SpyJudge(EXACT), []
    policy = BuiltinPolicy.load(trained, device=torch.device("cpu"))
    exact = policy.velocity
    policy.velocity = lambda x, at, given: (looks.append((at.index, at.corrector)), exact(x, at, given))[1]
    Validation(config, judge)(policy)
    assert len(judge.asked) == 5
    assert set(looks) == {(0, False), (0, True), (1, False), (1, True), (2, False)}
    assert {problem.address.split for problem in judge.asked} == {"val"}


@pytest.mark.parametrize("changes", [{"steps": 3}, {"shift": 1.5}, {"solver": "heun"}])
def test_an_evaluation_walks_the_runs_own_sampler(trained, tmp_path, monkeypatch, changes):
    """And says so: what it walked is what its player is known by."""
    import json
    import shutil

    shutil.copytree(trained.parent, tmp_path / "run")
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    config["sampling"] |= changes
    (tmp_path / "run" / "config.json").write_text(json.dumps(config))
    seen, exact = [], BuiltinPolicy.velocity

    def spy(self, x, at, condition):
        seen.append((at.index, at.corrector, float(at.sigma[0])))
        return exact(self, x, at, condition)

    monkeypatch.setattr(BuiltinPolicy, "velocity", spy)
    evaluate_run(tmp_path / "run", Suite("own", (Part("maze", "micro", "val", 1),)), device="cpu")
    sampling = SFTConfig.model_validate(config).sampling
    grid, heun = sampling.noise_levels(), sampling.solver == "heun"
    one = [
        (k, late, float(grid[k + late]))
        for k in range(sampling.steps)
        for late in (False, True)
        if not late or (heun and k < sampling.steps - 1)
    ]
    assert seen == one


@pytest.mark.parametrize("sigma", [1.0, 0.921, 0.9, 0.5, 0.013])
def test_the_network_is_told_the_noise_level_to_a_thousandth(sigma):
    """1000 sigma in float64 beside it; rounded to bfloat16 on the way, 0.921 would be 0.922."""
    width = 256
    half = torch.arange(width // 2, dtype=torch.float64) / (width // 2)
    frequency = 10_000.0**-half
    angle = 1000 * float(torch.tensor(sigma)) * frequency
    expected = torch.cat([angle.cos(), angle.sin()])
    for dtype in (torch.float32, torch.bfloat16):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
            told = sigma_embedding(torch.tensor([sigma]), width)[0]
        assert told.dtype == torch.float32
        torch.testing.assert_close(told.double(), expected, atol=2e-3, rtol=0)


class Counts:
    """A learner that sets its one weight to the number of the step."""

    network_evaluations = 0

    def __init__(self):
        module = torch.nn.Linear(1, 1, bias=False)
        module.weight.data.fill_(0.0)
        self.parts = {"it": Trained(module, ema=0.5)}
        self.result, self.module = self, module

    def step(self, index):
        self.parts["it"].module.weight.data.fill_(float(index + 1))
        return {}

    def save(self, folder):
        pass


def test_the_average_takes_each_step_in_as_it_is_made(sft_config, tmp_path):
    """By hand: a <- d a + (1 - d) w, d = min(ema, (1 + steps) / (10 + steps)), steps done counted after the step."""
    learner = Counts()
    state, config, folder = TrainState(learner.parts), sft_config(num_steps=3), RunFolder(tmp_path / "run")
    with folder.open(config):
        run_steps(learner, state, folder, config, validate_every=0, validate=dict, label="", shown=())
    by_hand = 0.0
    for done in (1, 2, 3):
        decay = min(0.5, (1 + done) / (10 + done))
        by_hand = decay * by_hand + (1 - decay) * done
    assert learner.parts["it"].average.weight.item() == pytest.approx(by_hand)


@pytest.mark.parametrize("name", METHODS)
def test_every_setting_says_what_it_does_and_what_it_may_be(name):
    method = METHODS.of(name)
    for key, field in fields_of(method.config_type):
        assert field.description, f"--{key} has no description"
    recipe = next(iter(method.recipe_list.values()))()
    for key, value, choices, sentence in help_lines(recipe):
        assert choices, f"--{key} {value} has no range"
        assert sentence == sentence.strip()
