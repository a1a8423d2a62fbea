"""A run goes on from the policy that it began with, or says why not."""

from __future__ import annotations

import logging
import shutil

import pytest
from safetensors.torch import load_file, save_file

from videorlvr.base.records import read_json
from videorlvr.methods import run
from videorlvr.models.load import weights_hash
from videorlvr.models.pixels import WEIGHTS
from videorlvr.training.loop import Interrupted


@pytest.fixture
def init(trained, tmp_path):
    """A copy of the trained policy that may be harmed."""
    shutil.copytree(trained, tmp_path / "init" / "policy")
    return tmp_path / "init" / "policy"


def begun(config, out):
    with pytest.raises(Interrupted):
        run(config.changed(max_s=1e-9), out)
    return out


def other_weights(folder):
    tensors = load_file(folder / WEIGHTS)
    save_file({name: 1.02 * value for name, value in tensors.items()}, folder / WEIGHTS)


def test_the_run_says_what_it_began_with(rl_config, init, tmp_path):
    out = begun(rl_config(init=str(init)), tmp_path / "run")
    said = read_json(out / "about.json")["init"]
    assert said["weights"] == weights_hash(init)
    assert said["form"] == read_json(init / "policy.json")
    assert said["finished"] is None


@pytest.mark.parametrize("method", ["sft", "rl"])
def test_other_weights_are_refused(rl_config, sft_config, init, tmp_path, method):
    config = rl_config(init=str(init)) if method == "rl" else sft_config(init=str(init), model=None)
    out = begun(config, tmp_path / "run")
    other_weights(init)
    with pytest.raises(ValueError, match=r"holds other weights .*: put those back, or choose another --out"):
        run(config, out)


def test_a_run_whose_init_is_gone_goes_on_from_its_checkpoint(rl_config, init, tmp_path, caplog):
    config = rl_config(init=str(init), num_steps=2)
    whole = run(config, tmp_path / "whole")
    out = begun(config, tmp_path / "run")
    shutil.rmtree(init)
    with caplog.at_level(logging.WARNING, "videorlvr"):
        policy = run(config, out)
    assert "is gone; the run" in caplog.text
    assert (policy / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()


def test_a_reference_is_needed_to_the_end(rl_config, init, tmp_path):
    config = rl_config(init=str(init), kl_weight=0.1)
    out = begun(config, tmp_path / "run")
    shutil.rmtree(init)
    with pytest.raises(ValueError, match="no policy in"):
        run(config, out)


def test_a_policy_of_an_unfinished_run_is_said(rl_config, sft_config, tmp_path, caplog):
    half = begun(sft_config(), tmp_path / "half")
    with caplog.at_level(logging.WARNING, "videorlvr"):
        out = begun(rl_config(init=str(half / "policy")), tmp_path / "run")
    assert "is of an unfinished run" in caplog.text
    assert read_json(out / "about.json")["init"]["finished"] is False


def test_a_folder_of_the_first_release_is_read(sft_config, tmp_path):
    """A finished run whose configuration says `stage`, has another name for a sampler's steps, and lacks later keys."""
    import json

    config = sft_config()
    values = json.loads(config.model_dump_json())
    values["stage"] = values.pop("method")
    values["sampling"]["num_steps"] = values["sampling"].pop("steps")
    del values["log_every"]
    del values["pool_grow"]
    out = tmp_path / "old"
    (out / "policy").mkdir(parents=True)
    (out / "config.json").write_text(json.dumps(values))
    (out / "done.json").write_text("{}")
    assert run(config, out) == out / "policy"
    with pytest.raises(ValueError, match=r"lr=0\.005"):
        run(config.changed(lr=0.1), out)
    values["sampling"]["num_steps"] += 1
    (out / "config.json").write_text(json.dumps(values))
    with pytest.raises(ValueError, match="sampling="):
        run(config, out)


def test_a_checkpoint_of_the_first_release_is_refused_by_name(sft_config, tmp_path):
    out = begun(sft_config(), tmp_path / "run")
    tensors = out / "checkpoints" / "last" / "state.safetensors"
    old = {f"module.{n.rpartition('/')[2]}": v for n, v in load_file(tensors).items() if "weights" in n}
    save_file(old, tensors)
    with pytest.raises(ValueError, match="written by an earlier release"):
        run(sft_config(), out)
