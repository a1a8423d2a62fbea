"""The probe of hidden states: the same videos and tokens each time, and a run that it does not change."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from videorlvr.base.spectrum import shape_of, variances
from videorlvr.methods import METHODS, probes, way_of
from videorlvr.models.config import DiTConfig
from videorlvr.models.load import new_policy
from videorlvr.models.seam import Site
from videorlvr.training.spectrum import hidden_states, spectrum_line
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import make_problem


@pytest.fixture(scope="module")
def policy():
    torch.set_num_threads(1)
    built = new_policy(DiTConfig(width=32, depth=2, heads=2), seed=0, device=torch.device("cpu"))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in built.module.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.1)
    return built


@pytest.fixture(scope="module")
def problems():
    return [make_problem(world_of("maze"), "micro", "val", index) for index in range(6)]


def test_every_block_is_seen_and_batches_change_nothing(policy, problems):
    whole = hidden_states(policy, problems, batch=6)
    assert list(whole) == [Site(0), Site(1)]
    parts = hidden_states(policy, problems, batch=4)
    for site, features in whole.items():
        assert np.allclose(features, parts[site], atol=1e-5)
    assert not np.allclose(whole[Site(0)], whole[Site(1)])
    other = hidden_states(policy, problems, batch=6, sigma=0.2)
    assert not np.allclose(whole[Site(1)], other[Site(1)], atol=1e-3)


def test_a_video_is_seen_with_its_own_noise_whatever_its_neighbours(policy, problems):
    whole = hidden_states(policy, problems, batch=6)[Site(1)]
    alone = hidden_states(policy, problems[4:5], batch=6)[Site(1)]
    assert np.allclose(whole[4:5], alone, atol=1e-5)


def test_the_line_is_the_last_blocks_shape(policy, problems):
    line = spectrum_line(policy, {"maze": problems}, batch=6)
    features = hidden_states(policy, problems, batch=6)[Site(1)].reshape(-1, 32)
    assert line["val/rank/maze"] == pytest.approx(shape_of(variances(features)).rank)
    assert 1 < line["val/rank/maze"] < line["val/rank_singular/maze"] < 32
    assert 0 < line["val/rank_error/maze"] < line["val/rank/maze"]
    for name in line:
        assert METHODS.of("sft").explain(name)


def test_the_probe_by_itself_tells_every_block(policy):
    config = way_of("probe", "micro-maze-rank:problems=4,draws=20", probes())
    records = list(METHODS.of("rankme").make_probe(config, policy))
    assert [record["block"] for record in records] == [0, 1]
    for record in records:
        assert record["rank_low"] < record["rank_high"]
        assert record["samples"] > 100


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("micro-maze-rang", "did you mean 'micro-maze-rank'"),
        ("micro-maze-rank:sigma", "'sigma' is no setting; expected micro-maze-rank:key=value"),
        ("micro-maze-rank:sigmo=1", "did you mean 'sigma'"),
        ("micro-maze-rank:sigma=2", "sigma: Input should be less than or equal to 1"),
    ],
)
def test_a_probe_that_cannot_be_is_refused(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        way_of("probe", text, probes())
