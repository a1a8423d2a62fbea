"""Every check of the doctor with the fault planted that it is for, and beside it the healthy run that it passes."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from torch.nn.functional import avg_pool3d, interpolate

from videorlvr.base.records import read_json
from videorlvr.cli.main import main
from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.methods import method_of
from videorlvr.methods.video.sde_grpo.config import GRPOConfig
from videorlvr.models.pixels import BuiltinPolicy
from videorlvr.models.shipped import shipped_sft
from videorlvr.training.doctor import cost, learning, seeing
from videorlvr.training.doctor.run import examine
from videorlvr.training.doctor.tiny import tiny
from videorlvr.training.doctor.trial import NotingJudge, Trial, trial_of, weights_moved
from videorlvr.training.optimizer import make_optimizer
from videorlvr.training.ranks import ALONE, Ranks
from videorlvr.training.state import Part
from videorlvr.training.task import Task

GRPO = method_of("sde-grpo")
MAZE = [Task(world="maze", level="micro")]
CPU = torch.device("cpu")


class Peeks(BuiltinPolicy):
    """Its velocity knows the last frame of what should hold the first alone."""

    def velocity(self, x, at, condition):
        return super().velocity(x, at, condition) + condition.clean[:, :, -1:]


class GivesNothing(BuiltinPolicy):
    """Its first frame is sampled with the others."""

    def condition(self, first, prompts, num_frames):
        condition = super().condition(first, prompts, num_frames)
        return type(condition)(condition.clean, torch.ones_like(condition.free))


class Blurs(BuiltinPolicy):
    """A codec that keeps one colour of four by four pixels, as a VAE does."""

    def encode(self, video):
        return avg_pool3d(super().encode(video), (1, 4, 4))

    def decode(self, x):
        return super().decode(interpolate(x, scale_factor=(1, 4, 4)))


class Crops(BuiltinPolicy):
    """Its videos lack a column of pixels."""

    def decode(self, x):
        return super().decode(x)[:, :, :, :-1].contiguous()


class DropsOut(BuiltinPolicy):
    """The same question gets another answer each time."""

    def velocity(self, x, at, condition):
        return super().velocity(x, at, condition) * (1 + 0.01 * torch.rand(()))


class Detached(BuiltinPolicy):
    """Nothing comes back to its weights."""

    def velocity(self, x, at, condition):
        reached = sum(p.sum() for p in self.module.parameters())
        return super().velocity(x, at, condition).detach() + 0 * reached


class FollowsItself(BuiltinPolicy):
    """Its reference is what is trained."""

    def reference(self):
        return nullcontext(self)


class Raising(Judge):
    def submit(self, problems, videos):
        raise OverflowError("no verdict on maze/7")


def statuses(checks):
    return {check.name: check.status for check in checks}


def looked(config, kind=BuiltinPolicy, judge=None):
    """The checks on an iteration of a policy of this class, with the trial."""
    policy = loaded(config, kind)
    noting, small = NotingJudge(judge or Judge(EXACT)), tiny(config)
    trial = trial_of(GRPO, small, policy, noting, ALONE)
    found = learning.learning_checks(GRPO, small, trial, noting, ALONE, policy.module)
    return {check.name: check for check in found}


@pytest.fixture(scope="module")
def small():
    """Over the policy that ships, whose rollouts earn unlike rewards."""
    return GRPOConfig.model_validate(
        {
            "tasks": ["flowfree:micro"],
            "init": str(shipped_sft() / "policy"),
            "sampling": {"num_steps": 3},
            "num_steps": 3,
            "problems": 2,
            "group": 4,
            "batch": 8,
            "num_trained": 1,
            "lr": 1e-5,
            "num_workers": 0,
            "device": "cpu",
        }
    )


def loaded(config, kind=BuiltinPolicy):
    return kind.load(Path(config.init), device=CPU)


@pytest.fixture(scope="module")
def policy(small):
    return loaded(small)


def test_a_healthy_run_passes_and_what_does_not_apply_says_so(small, tmp_path):
    policy = loaded(small)
    checks = examine(GRPO, small.changed(kl_weight=0.1), policy, Judge(EXACT), tmp_path / "none", price=2.0)
    found = statuses(checks)
    assert [name for name, status in found.items() if status == "fail"] == []
    assert {name for name, status in found.items() if status == "not applicable"} == {
        "adapter",
        "gradients over ranks",
    }
    assert len(found) == len(checks) == 19
    assert not (tmp_path / "none").exists()


def test_sft_by_the_command_line(tmp_path):
    settings = ["--model.width=32", "--model.depth=1", "--model.heads=2", "--batch=4", "--device=cpu"]
    settings += ["--num_workers=0"]
    told = tmp_path / "told.json"
    code = main(["doctor", "micro-maze-sft", *settings, "--json", str(told), "--out", str(tmp_path / "run")])
    (recipe,) = read_json(told)
    found = {check["name"]: check["status"] for check in recipe["checks"]}
    assert code == 0, recipe
    (moved,) = [check["found"] for check in recipe["checks"] if check["name"] == "parameters moved"]
    got, reached = (int(word.replace(",", "")) for word in moved.split(" with")[0].split(" of "))
    assert 0 < got <= reached, moved
    assert "inf" not in moved, "weights that begin at 0"
    assert found["ratios clipped"] == found["groups without spread"] == "not applicable"
    assert found["parameters moved"] == found["oracle through the codec"] == "pass"
    assert main(["doctor", "micro-maze-sft", "--price", "-1"]) == 2


@pytest.mark.parametrize("kind", [Peeks, GivesNothing])
def test_a_first_frame_that_leaks(small, policy, kind):
    assert seeing.first_frame_leak(policy, small).status == "pass"
    assert seeing.first_frame_leak(kind(policy.module), small).status == "fail"


def test_a_codec_that_loses_the_board_names_the_smallest_cell_that_survives(policy):
    assert "survives 8 px" in seeing.smallest_cell(policy, MAZE, Judge(EXACT)).found
    lossy = seeing.smallest_cell(Blurs(policy.module), MAZE, Judge(EXACT))
    assert lossy.status == "fail"
    assert lossy.remedy == "maze: take frames whose cells have 32 px"


def test_a_judge_that_raises(small):
    found = looked(small, judge=Raising(EXACT))
    assert found["judge"].status == found["iteration"].status == "fail"
    assert "no verdict on maze/7" in found["judge"].found


def test_videos_that_the_judge_cannot_read_and_groups_without_spread(small):
    found = looked(small, Crops)
    assert "wrong_size" in found["judge"].found
    assert found["judge"].status == found["groups without spread"].status == "fail"


def test_an_update_that_does_not_replay_its_rollout(small):
    found = looked(small, DropsOut)
    assert found["ratio before the first update"].status == found["iteration"].status == "fail"


def test_a_gradient_that_does_not_arrive(small):
    found = looked(small, Detached)
    assert found["gradient"].status == found["parameters moved"].status == "fail"


def test_a_reference_that_follows_and_a_clip_that_takes_all(small):
    found = looked(small.changed(kl_weight=1.0, grad_clip=1e-6), FollowsItself)
    assert found["distance from the reference"].status == found["gradient clip"].status == "fail"


@pytest.mark.parametrize(("dtype", "status"), [(torch.bfloat16, "fail"), (torch.float32, "pass")])
def test_a_step_below_the_rounding_of_the_stored_weights(dtype, status):
    """lr 1e-5 on weights of about 0.1, whose last place is 4e-4 in bf16."""
    module = torch.nn.Linear(32, 32, dtype=dtype)
    part = Part(module, make_optimizer(module, "adamw", lr=1e-5, weight_decay=0))
    before = {name: value.detach().clone() for name, value in module.named_parameters()}
    module(torch.ones(1, 32, dtype=dtype)).square().sum().backward()
    part.optimizer.step()
    trial = Trial(weights={"policy": weights_moved(part, before)})
    assert statuses(learning.weights(trial, module))["parameters moved"] == status


def test_an_adapter_that_is_bound_to_nothing(small, tmp_path):
    policy = loaded(small)
    policy.module.requires_grad_(False)
    found = statuses(examine(GRPO, small, policy, Judge(EXACT), tmp_path))
    assert found["adapter"] == found["trained parameters"] == "fail"
    assert "iteration" not in found
    policy.module.blocks[0].requires_grad_(True)
    assert learning.bound(policy.module).status == "pass"


def test_a_rank_that_learns_alone():
    class Other(Ranks):
        def everyones_values(self, value):
            return [value, "0" * 16]

    assert learning.ranks_agree(Trial(digest="1" * 16), Other(0, 2)).status == "fail"
    assert learning.ranks_agree(Trial(digest="0" * 16), Other(0, 2)).status == "pass"


def test_costs_by_hand(small, tmp_path):
    """Of 40 problems where the trial had 4, and 10 s of which 4 were updates, gone through twice: 6 x 10 + 4 x 20."""
    config = small.changed(problems=40, epochs=2, num_steps=36)
    trial = Trial(lines=[{}, {"update_s": 4.0}], seconds=[99.0, 10.0])
    assert cost.iteration_seconds(config, tiny(config), trial) == pytest.approx(140.0)
    money = list(cost.time_and_money(config, tiny(config), trial, 3.0))[1].found
    assert money.startswith("1.4 h, 4.20 at 3 an hour")
    assert cost.memory(95, 100).status == "fail"
    assert cost.memory(89, 100).status == "pass"
    assert cost.disk(10, 9, tmp_path).status == "fail"
    assert cost.free_at(tmp_path / "not" / "there") > 0


def test_a_trial_keeps_the_shapes_of_its_run(small):
    config = small.changed(problems=40, updates=2, epochs=3, warmup=9)
    trial = tiny(config)
    assert (trial.problems, trial.updates, trial.epochs, trial.warmup) == (4, 1, 1, 0)
    assert (trial.batch, trial.group, trial.lr) == (config.batch, config.group, config.lr)
