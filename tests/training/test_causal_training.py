"""A causal policy through the program: SFT, then AWM with credit by chunk, rollouts ended at their first fault."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from videorlvr.base.records import read_jsonl
from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.methods import run
from videorlvr.methods.video.awm.config import AWMConfig
from videorlvr.methods.video.awm.run import AWM
from videorlvr.models.config import DiTConfig
from videorlvr.models.load import form_of, load_policy, new_policy
from videorlvr.models.shipped import shipped_sft
from videorlvr.training.learner import Bench
from videorlvr.training.units import Own
from videorlvr.worlds.api import Verdict

CHUNKED = {"width": 32, "depth": 1, "heads": 2, "chunk_frames": 2}


@pytest.fixture(scope="module")
def causal(tmp_path_factory):
    """The weights of the shipped policy, whose first chunk a causal one draws as well."""
    plain = load_policy(shipped_sft() / "policy", device=torch.device("cpu"))
    policy = new_policy(
        plain.module.config.model_copy(update={"chunk_frames": 4}), seed=0, device=plain.device
    )
    policy.load_trainable(plain.trainable_state())
    folder = tmp_path_factory.mktemp("causal")
    policy.save(folder)
    return folder


def awm(policy, **changes):
    values = {
        "tasks": ["flowfree:micro"],
        "init": str(policy),
        "sampling": {"steps": 4},
        "num_steps": 1,
        "problems": 4,
        "group": 4,
        "batch": 16,
        "updates": 1,
        "draws": 1,
        "credit": "chunk",
        "num_workers": 0,
        "device": "cpu",
    }
    return AWMConfig.model_validate(values | changes)


def test_sft_and_awm_by_chunk(causal, tmp_path):
    lines = {}
    for stop in (False, True):
        out = tmp_path / f"{stop}"
        run(awm(causal, stop_at_fault=stop, demonstrations=8), out)
        [lines[stop]] = read_jsonl(out / "metrics.jsonl")
        assert form_of(out / "policy")["chunk_frames"] == 4
    # Eight frames in chunks of five and three: four looks at all, a clean one at the first five.
    assert lines[False]["evaluations_a_video"] == pytest.approx(4 + 5 / 8)
    assert lines[True]["evaluations_a_video"] < lines[False]["evaluations_a_video"]
    same = ("success", "units", "by_length/flowfree/short")
    assert [lines[True][name] for name in same] == [lines[False][name] for name in same]


def test_what_comes_after_a_faulty_chunk_changes_no_update(causal):
    """Why a rollout may end there: its credit is zero, and no token before it feels it."""
    config = awm(causal, warm_moments=0, lr=1e-3)
    moved = {}
    for later in (0.0, 1.0):
        policy = load_policy(causal, device=torch.device("cpu"))
        with Judge(EXACT) as judge:
            learner = AWM(config, policy, Bench(judge))
            judged, _ = learner.trials.collect(0, None)
            learner.close()
        # Half of each group is legal throughout, half has a fault in the first chunk, which ends with frame 4.
        verdicts = [Verdict(True, "") if place % 2 else Verdict(False, "x", 2) for place in range(16)]
        own = Own.of([replace(part, verdicts=verdicts) for part in judged])
        own.rollouts.x0[::2, :, 5:] += later
        before = [weight.detach().clone() for weight in policy.module.parameters()]
        units = learner.units(own)
        assert len(units) == 16
        learner.improve({"flowfree": units}, 0)
        moved[later] = [
            now.detach() - then for now, then in zip(policy.module.parameters(), before, strict=True)
        ]
    assert sum(float(change.abs().sum()) for change in moved[0.0]) > 0
    for one, other in zip(moved[0.0], moved[1.0], strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-3)


def test_sft_from_scratch(sft_config, tmp_path):
    folder = run(sft_config(model=CHUNKED, num_steps=2), tmp_path / "run")
    assert form_of(folder)["kind"] == "causal"
    last = read_jsonl(tmp_path / "run" / "metrics.jsonl")[-1]
    # Two steps of four videos of five frames, three of which stand beside as a clean past: forward 1, backward 2.
    assert last["network_evaluations"] == 2 * round(3 * 4 * (1 + 3 / 5))


def test_credit_by_chunk_needs_a_causal_policy(tmp_path):
    plain = new_policy(DiTConfig(width=32, depth=1, heads=2), seed=0, device=torch.device("cpu"))
    plain.save(tmp_path / "plain")
    with pytest.raises(ValueError, match=r"credit 'chunk' with the policy of .* which makes a video at once"):
        run(awm(tmp_path / "plain"), tmp_path / "out")
    with pytest.raises(ValueError, match="stop_at_fault with credit 'frame'"):
        awm(tmp_path / "plain", credit="frame", stop_at_fault=True)
