"""A run that was stopped anywhere ends as one that was not, bitwise on a CPU."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file

from videorlvr.base.records import read_jsonl
from videorlvr.methods import run
from videorlvr.models.api import CONFIG
from videorlvr.models.config import DiTConfig
from videorlvr.models.pixels import WEIGHTS, BuiltinPolicy
from videorlvr.training.folder import RunFolder
from videorlvr.training.loop import Interrupted
from videorlvr.training.optimizer import make_optimizer
from videorlvr.training.state import STATE, TENSORS, Part, TrainState

TIMES = {"elapsed_s", "samples_per_s", "waited_s", "rollout_s", "update_s", "seconds"}


def figures(run):
    """Metrics without what the clock says."""
    return [{k: v for k, v in line.items() if k not in TIMES} for line in read_jsonl(run / "metrics.jsonl")]


def tensors(run):
    return load_file(run / "checkpoints" / "last" / TENSORS)


def assert_same_run(one, other):
    assert (one / "policy" / WEIGHTS).read_bytes() == (other / "policy" / WEIGHTS).read_bytes()
    ours, theirs = tensors(one), tensors(other)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert figures(one) == figures(other)


def stopped_after(config, out, steps):
    """The run, each time stopped after one step, until `steps` are done."""
    for done in range(1, steps + 1):
        with pytest.raises(Interrupted, match=f"stopped at step {done}"):
            run(config.model_copy(update={"max_s": 1e-9}), out)
        assert [line["step"] for line in figures(out)] == list(range(1, done + 1))
        assert not (out / "done.json").exists()


@pytest.fixture(scope="module")
def whole_sft(sft_config, tmp_path_factory):
    """Six steps with validation, not stopped."""
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("sft") / "whole"
    run(sft_config(validate_every=2, num_val=3), out)
    return out


@pytest.fixture
def short_sft(sft_config):
    return sft_config(validate_every=2, num_val=3)


def test_sft_stopped_after_every_step_is_sft(short_sft, whole_sft, tmp_path):
    out = tmp_path / "stopped"
    stopped_after(short_sft, out, 5)
    run(short_sft, out)
    assert_same_run(out, whole_sft)
    assert [line["step"] for line in figures(out)] == [1, 2, 3, 4, 5, 6]
    assert [line["step"] for line in figures(out) if "val/success" in line] == [2, 4, 6]


def test_metrics_of_steps_that_were_lost_are_forgotten(short_sft, whole_sft, tmp_path):
    """Killed two steps after the last checkpoint, in the middle of a line."""
    out = tmp_path / "killed"
    stopped_after(short_sft, out, 3)
    with open(out / "metrics.jsonl", "a") as file:
        file.write('{"step": 4, "loss": 123.0}\n{"step": 5, "loss": 123.0}\n{"step": 6, "lo')
    run(short_sft, out)
    assert_same_run(out, whole_sft)


def test_killed_between_two_renames_of_a_checkpoint(short_sft, whole_sft, tmp_path):
    """The old checkpoint has its other name, a new one is half written."""
    out = tmp_path / "killed"
    stopped_after(short_sft, out, 2)
    last = out / "checkpoints" / "last"
    last.rename(last.with_name("last.old"))
    (last.with_name("last.part")).mkdir()
    (last.with_name("last.part") / TENSORS).write_bytes(b"torn")
    run(short_sft, out)
    assert_same_run(out, whole_sft)


def test_killed_before_the_first_checkpoint(short_sft, whole_sft, tmp_path):
    out = tmp_path / "killed"
    stopped_after(short_sft, out, 1)
    shutil.rmtree(out / "checkpoints")
    run(short_sft, out)
    assert_same_run(out, whole_sft)


def test_figures_told_every_few_steps_are_means_and_change_no_weight(short_sft, whole_sft, tmp_path):
    config = short_sft.model_copy(update={"log_every": 3})
    run(config, tmp_path / "run")
    ours, theirs = tensors(tmp_path / "run"), tensors(whole_sft)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    each = [line["loss"] for line in figures(whole_sft)]
    told = {line["step"]: line["loss"] for line in figures(tmp_path / "run") if "loss" in line}
    assert told == pytest.approx({3: sum(each[:3]) / 3, 6: sum(each[3:]) / 3})


def test_the_last_steps_are_told(short_sft, tmp_path):
    run(short_sft.model_copy(update={"log_every": 4, "validate_every": 0}), tmp_path / "run")
    assert [line["step"] for line in figures(tmp_path / "run")] == [4, 6]


def test_a_loss_that_is_no_number_never_becomes_a_policy(short_sft, tmp_path):
    """At an absurd learning rate."""
    wild = short_sft.model_copy(update={"lr": 1e37, "log_every": 100, "validate_every": 0, "warmup": 0})
    with pytest.raises(FloatingPointError, match="lower lr"):
        run(wild, tmp_path / "run")


def test_a_loss_that_is_no_number_stops_the_run(short_sft, tmp_path):
    with pytest.raises(FloatingPointError, match="lower lr"):
        run(short_sft.model_copy(update={"lr": 1e37, "validate_every": 0, "warmup": 0}), tmp_path / "run")


def test_a_finished_run_is_not_run_again(short_sft, whole_sft):
    before = (whole_sft / "metrics.jsonl").stat().st_mtime_ns
    assert run(short_sft, whole_sft) == whole_sft / "policy"
    assert (whole_sft / "metrics.jsonl").stat().st_mtime_ns == before


def test_another_configuration_is_refused_by_key(short_sft, whole_sft):
    with pytest.raises(ValueError, match=r"lr=0\.005.*0\.01"):
        run(short_sft.model_copy(update={"lr": 0.01}), whole_sft)
    other = short_sft.model_copy(update={"num_val": 4})
    with pytest.raises(ValueError, match="num_val"), RunFolder(whole_sft).open(other):
        pass
    with RunFolder(whole_sft).open(short_sft.model_copy(update={"num_workers": 3, "max_s": 5.0})):
        pass
    stored = json.loads((whole_sft / "config.json").read_text())
    assert stored == json.loads(short_sft.model_dump_json())


def test_the_average_follows_and_is_what_is_saved(short_sft, whole_sft):
    last, policy = tensors(whole_sft), load_file(whole_sft / "policy" / WEIGHTS)
    assert all(torch.equal(policy[name], last[f"policy/average/{name}"]) for name in policy)
    moved = [name for name in policy if not torch.equal(policy[name], last[f"policy/weights/{name}"])]
    assert len(moved) > len(policy) / 2
    saved = json.loads((whole_sft / "policy" / CONFIG).read_text())
    assert saved == {"kind": "builtin", **short_sft.model.model_dump(exclude_none=True)}


def test_sft_can_start_from_a_policy(sft_config, trained, tmp_path):
    """At a learning rate of nearly nothing it stays there."""
    run(sft_config(init=str(trained), model=None, lr=1e-12, num_steps=1, weight_decay=0.0), tmp_path / "more")
    before, after = load_file(trained / WEIGHTS), load_file(tmp_path / "more" / "policy" / WEIGHTS)
    assert all(torch.allclose(after[name], before[name], atol=1e-6) for name in before)


def test_rl_stopped_after_every_step_is_rl(rl_config, trained, tmp_path):
    """With a drawn window, several updates, warm-up and a reference: whatever could be forgotten."""
    config = rl_config(window="random", updates=2, epochs=2, warmup=3, kl_weight=1.0, weight_decay=0.01)
    run(config, tmp_path / "whole")
    stopped_after(config, tmp_path / "stopped", 2)
    run(config, tmp_path / "stopped")
    assert_same_run(tmp_path / "whole", tmp_path / "stopped")
    lines = figures(tmp_path / "whole")
    assert [line["step"] for line in lines] == [1, 2, 3]
    assert all(line["grad_norm"] > 0 for line in lines), "no group carried a signal: the test says nothing"
    before, after = load_file(trained / WEIGHTS), load_file(tmp_path / "whole" / "policy" / WEIGHTS)
    assert any(not torch.equal(before[name], after[name]) for name in before)


def state_of(width=32, ema=0.9):
    policy = BuiltinPolicy.new(DiTConfig(width=width, depth=1, heads=2), seed=0, device=torch.device("cpu"))
    optimizer = make_optimizer(policy.module, "adamw", lr=1e-3, weight_decay=0.0)
    return TrainState({"policy": Part(policy.module, optimizer, ema=ema)})


def step(state):
    part = state.parts["policy"]
    for index, parameter in enumerate(part.module.parameters()):
        parameter.grad = torch.full_like(parameter, 0.1 * (index + 1) * (-1) ** state.step)
    part.optimizer.step()
    state.step += 1
    state.update_averages()


def test_a_state_comes_back_whole(tmp_path):
    state = state_of()
    assert not state.load(tmp_path / "none")
    for _ in range(3):
        step(state)
    state.save(tmp_path / "last")
    again = state_of()
    assert again.load(tmp_path / "last")
    assert again.step == 3
    for _ in range(2):
        step(state)
        step(again)
    ours, theirs = state.parts["policy"].tensors(), again.parts["policy"].tensors()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert {name.split("/")[0] for name in ours} == {"weights", "average", "optimizer"}


@pytest.mark.parametrize("where", ["weight", "average", "moment"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_checkpoint_that_holds_no_numbers_does_not_replace_a_good_one(tmp_path, where, value):
    state = state_of()
    step(state)
    state.save(tmp_path / "last")
    good = (tmp_path / "last" / TENSORS).read_bytes()
    step(state)
    part = state.parts["policy"]
    places = {
        "weight": list(part.module.parameters())[3],
        "average": list(part.average.parameters())[-1],
        "moment": next(m for name, m in part.optimizer.moments().items() if "exp_avg_sq" in name),
    }
    with torch.no_grad():
        places[where].view(-1)[-1] = value
    with pytest.raises(FloatingPointError, match=r"at step 2 .*keeps the last good one: lower lr"):
        state.save(tmp_path / "last")
    assert (tmp_path / "last" / TENSORS).read_bytes() == good
    assert [path.name for path in tmp_path.iterdir()] == ["last"]


def test_a_run_that_goes_astray_between_two_lines_keeps_its_last_good_checkpoint(short_sft, tmp_path):
    wild = {"lr": 1e37, "log_every": 100, "save_every_s": 1e-9, "validate_every": 0, "warmup": 0}
    with pytest.raises(
        FloatingPointError, match=r"loss nan, grad_norm nan; .* its last checkpoint is good: lower lr"
    ):
        run(short_sft.model_copy(update=wild), tmp_path / "run")
    assert all(tensor.isfinite().all() for tensor in tensors(tmp_path / "run").values())
    assert not (tmp_path / "run" / "policy").exists()


def test_saving_replaces_the_checkpoint_and_leaves_nothing_beside(tmp_path):
    state = state_of()
    for _ in range(2):
        step(state)
        state.save(tmp_path / "last")
    assert [path.name for path in tmp_path.iterdir()] == ["last"]
    assert json.loads((tmp_path / "last" / STATE).read_text())["step"] == 2


def test_a_checkpoint_caught_between_two_renames_is_found(tmp_path):
    state = state_of()
    step(state)
    state.save(tmp_path / "last")
    (tmp_path / "last").rename(tmp_path / "last.old")
    again = state_of()
    assert again.load(tmp_path / "last")
    assert again.step == 1
    again.save(tmp_path / "last")
    assert [path.name for path in tmp_path.iterdir()] == ["last"]


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    state_of().save(tmp_path / "last")
    with pytest.raises(ValueError, match="another model"):
        state_of(width=64).load(tmp_path / "last")


def test_the_average_forgets_the_first_weights():
    state = state_of(ema=0.99)
    part = state.parts["policy"]
    with torch.no_grad():
        for parameter in part.module.parameters():
            parameter.fill_(1.0)
    for _ in range(30):
        state.step += 1
        state.update_averages()
    gap = max((1 - parameter).abs().max().item() for parameter in part.average.parameters())
    assert gap < 0.01, "a fixed decay of 0.99 would still be 0.74 away"
