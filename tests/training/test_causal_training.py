"""A causal policy through the program: SFT, then AWM with credit by chunk, rollouts ended at their first fault."""

from __future__ import annotations

import pytest
import torch

from videorlvr.base.records import read_jsonl
from videorlvr.methods import run
from videorlvr.methods.video.awm.config import AWMConfig
from videorlvr.models.config import DiTConfig
from videorlvr.models.load import form_of, load_policy, new_policy

CHUNKED = {"width": 32, "depth": 2, "heads": 2, "chunk_frames": 2}


@pytest.fixture(scope="module")
def causal(trained, sft_config, tmp_path_factory):
    """The weights of a bidirectional policy, whose first chunk a causal one draws as well, and a few steps of SFT."""
    plain = load_policy(trained, device=torch.device("cpu"))
    policy = new_policy(DiTConfig(**CHUNKED), seed=0, device=plain.device)
    policy.load_trainable(plain.trainable_state())
    folder = tmp_path_factory.mktemp("causal")
    policy.save(folder / "start")
    config = sft_config(
        model=None, init=str(folder / "start"), batch=8, num_steps=15, warmup=5, ema=0.5, lr=2e-3
    )
    return run(config, folder / "run")


def awm(policy, **changes):
    values = {
        "tasks": ["maze:micro"],
        "init": str(policy),
        "sampling": {"num_steps": 6},
        "num_steps": 1,
        "problems": 8,
        "group": 8,
        "batch": 32,
        "updates": 1,
        "draws": 1,
        "credit": "chunk",
        "num_workers": 0,
        "device": "cpu",
    }
    return AWMConfig.model_validate(values | changes)


def test_sft_and_awm_by_chunk(causal, tmp_path):
    assert form_of(causal)["kind"] == "causal"
    lines = {}
    for stop in (False, True):
        out = tmp_path / f"{stop}"
        run(awm(causal, stop_at_fault=stop, demonstrations=8), out)
        [lines[stop]] = read_jsonl(out / "metrics.jsonl")
        assert form_of(out / "policy")["chunk_frames"] == 2
    # Five frames in chunks of three and two: six looks at all, a clean one at the first three fifths.
    assert lines[False]["evaluations_a_video"] == pytest.approx(6 + 3 / 5)
    assert lines[True]["evaluations_a_video"] < lines[False]["evaluations_a_video"]
    same = ("success", "units", "zero_variance_groups", "by_length/maze/short")
    assert [lines[True][name] for name in same] == [lines[False][name] for name in same]


def test_credit_by_chunk_needs_a_causal_policy(tmp_path):
    plain = new_policy(DiTConfig(width=32, depth=1, heads=2), seed=0, device=torch.device("cpu"))
    plain.save(tmp_path / "plain")
    with pytest.raises(ValueError, match=r"credit 'chunk' with the policy of .* which makes a video at once"):
        run(awm(tmp_path / "plain"), tmp_path / "out")
    with pytest.raises(ValueError, match="stop_at_fault with credit 'frame'"):
        awm(tmp_path / "plain", credit="frame", stop_at_fault=True)
