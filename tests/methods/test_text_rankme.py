"""The probe of states in words: it sees what the head reads, at the same places, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from videorlvr.base.records import read_jsonl
from videorlvr.base.spectrum import shape_of, variances
from videorlvr.methods import METHODS, method_of, probes, run, way_of
from videorlvr.methods.text.sft.config import TextSFTConfig
from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.training.language.spectrum import PLACES, text_states
from videorlvr.worlds import WORLDS
from videorlvr.worlds.different import Part, different_boards
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.passages import solved

PROBLEMS = [make_problem(WORLDS["maze"], "micro", "val", index) for index in range(12)]


@pytest.fixture(scope="module")
def policy(taught) -> LanguagePolicy:
    return LanguagePolicy.load(taught, device=torch.device("cpu"))


def test_the_last_states_are_those_that_the_head_reads(policy) -> None:
    """Through the head they give the law of what follows: of the last move the end, say."""
    states = text_states(policy, PROBLEMS, batch=5)
    assert len(states) == policy.form.depth + 1
    assert states[-1].shape == (12, PLACES, policy.form.width)
    head = policy.module.lm_head.weight.detach().double().numpy()
    for place, problem in enumerate(PROBLEMS):
        text = "<begin>" + solved(WORLDS["maze"], problem).text
        ids = torch.tensor([policy.tokens.encode(text)])
        with torch.no_grad():
            logits = policy.logits(ids)[0].double().numpy()
        at = [len(ids[0]) - 1 - len(problem.solution) - 1, len(ids[0]) - 1]
        for looked, token in ((0, at[0]), (PLACES - 1, at[1])):
            np.testing.assert_allclose(head @ states[-1][place, looked], logits[token], atol=1e-4)


def test_batches_and_masked_models_are_seen_alike(policy) -> None:
    whole, parts = (text_states(policy, PROBLEMS, batch=batch) for batch in (12, 3))
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    form = LanguageConfig(family="masked", width=16, depth=1, heads=2, context=64, worlds=["maze"])
    masked = LanguagePolicy.new(form, seed=0, device=torch.device("cpu"))
    np.testing.assert_allclose(
        text_states(masked, PROBLEMS, batch=12)[-1], text_states(masked, PROBLEMS, batch=1)[-1], atol=1e-5
    )


def test_a_run_tells_the_shape_and_is_not_changed_by_it(tmp_path: Path) -> None:
    values = {
        "tasks": ["maze:micro"],
        "model": {"width": 16, "depth": 1, "heads": 2, "context": 64},
        "num_steps": 2,
        "batch": 4,
        "log_every": 1,
        "validate_every": 2,
        "num_val": 12,
        "num_workers": 0,
        "pool_start": 8,
        "pool_grow": 0,
        "pool_size": 8,
        "device": "cpu",
    }
    for name, spectrum in (("off", False), ("on", True)):
        run(TextSFTConfig.model_validate({**values, "spectrum": spectrum}), tmp_path / name)
    off, on = (tmp_path / name / "policy" / "model.safetensors" for name in ("off", "on"))
    assert off.read_bytes() == on.read_bytes()
    told = read_jsonl(tmp_path / "on" / "metrics.jsonl")[-1]
    policy = LanguagePolicy.load(tmp_path / "on" / "policy", device=torch.device("cpu"))
    problems = different_boards([Part("maze", "micro", "val", 12)], "test", workers=1)
    features = text_states(policy, problems, batch=4)[-1]
    assert told["val/rank/maze"] == pytest.approx(shape_of(variances(features.reshape(-1, 16))).rank)
    assert all(METHODS.of("text-sft").explain(name) for name in told)
    assert "val/rank/maze" not in read_jsonl(tmp_path / "off" / "metrics.jsonl")[-1]


def test_look_tells_each_layer_and_refuses_videos(policy) -> None:
    config = way_of("probe", "text-rank:tasks=maze:micro,problems=12,draws=4,first=2,last=9", probes())
    records = list(method_of(config.method).make_probe(config, policy))
    assert [record["layer"] for record in records] == list(range(policy.form.depth + 1))
    assert all(record["rank_low"] <= record["rank_high"] for record in records)
    assert {record["samples"] for record in records} == {12 * PLACES}
    with pytest.raises(ValueError, match="take rankme"):
        next(iter(method_of("text-rankme").make_probe(config, object())))
