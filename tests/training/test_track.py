"""Trackers are told what metrics.jsonl is; the libraries come with the extra `track`, and are not needed without."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from videorlvr.base.records import read_jsonl
from videorlvr.methods import run
from videorlvr.training.loop import Interrupted
from videorlvr.training.track import tracking


def told(folder):
    """Name -> step -> value, as TensorBoard reads it."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    return {
        name: {event.step: event.value for event in events.Scalars(name)} for name in events.Tags()["scalars"]
    }


@pytest.fixture
def tensorboard():
    pytest.importorskip("accelerate")
    pytest.importorskip("tensorboard")


@pytest.mark.usefixtures("tensorboard")
def test_tensorboard_is_told_what_the_metrics_file_is(sft_config, tmp_path):
    """By a run that was stopped once."""
    config = sft_config(tracker="tensorboard", validate_every=3, num_val=2)
    with pytest.raises(Interrupted):
        run(config.model_copy(update={"max_s": 1e-9}), tmp_path)
    run(config, tmp_path)
    expected = {}
    for line in read_jsonl(tmp_path / "metrics.jsonl"):
        for name, value in line.items():
            expected.setdefault(name, {})[line["step"]] = pytest.approx(value, rel=1e-5)
    del expected["step"]
    assert told(tmp_path) == expected
    assert set(expected["val/success"]) == {3, 6}


@pytest.mark.usefixtures("tensorboard")
def test_steps_that_were_lost_are_forgotten(tmp_path):
    """Told of four steps, killed, and gone on from a checkpoint after two."""
    for done, value in ((0, 1.0), (2, 7.0)):
        with tracking("tensorboard", tmp_path, step=done) as tell:
            for step in range(done + 1, 5 - done // 2):
                tell({"step": step, "loss": value, "note": "no number"})
    assert told(tmp_path) == {"loss": {1: 1.0, 2: 1.0, 3: 7.0}}


@pytest.mark.parametrize("name", ["tensorboard", "wandb", "trackio"])
def test_a_tracker_that_is_not_installed_is_refused_before_anything_is_made(sft_config, tmp_path, name):
    if find_spec("accelerate") and find_spec(name):
        pytest.skip(f"{name} is installed")
    with pytest.raises(ValueError, match=rf"{name} needs .*pip install 'videorlvr\[track\]'") as caught:
        run(sft_config(tracker=name), tmp_path / "run")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()
