"""SparseD: patterns by hand, the steps that are sparse, and what is attended to under them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from videorlvr.methods.video.sparsed.config import SparseDConfig
from videorlvr.methods.video.sparsed.math import block_weights, chosen, nearest, overlap, spread
from videorlvr.methods.video.sparsed.run import Patterns, SparseD
from videorlvr.models.load import load_policy
from videorlvr.models.seam import Site, full_attention
from videorlvr.models.shipped import shipped_sft
from videorlvr.players.policy import PolicyPlayer
from videorlvr.players.sampling import Sampling
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import make_problem

TOKENS, BLOCK = 14, 4  # the last of four blocks is not full


def inputs(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(2, 3, TOKENS, 8, generator=generator) for _ in range(3)]


def test_weights_of_blocks_are_those_of_the_whole_attention():
    q, k, _ = inputs()
    whole = (q @ k.transpose(-1, -2) / math.sqrt(8)).softmax(-1)
    weights = block_weights(q, k, BLOCK)
    for row in range(4):
        for column in range(4):
            rows, columns = slice(4 * row, 4 * row + 4), slice(4 * column, 4 * column + 4)
            expected = whole[..., rows, columns].sum(-1).mean(-1)
            assert torch.allclose(weights[..., row, column], expected, atol=1e-6)
    assert torch.allclose(weights.sum(-1), torch.ones(2, 3, 4))


def test_the_blocks_of_most_weight_are_chosen_the_given_ones_apart():
    weights = torch.tensor([0.05, 0.1, 0.4, 0.2, 0.25]).expand(1, 1, 5, 5)
    assert chosen(weights, 0.4, 2, isolated=False)[0, 0, 0].tolist() == [False, False, True, False, True]
    assert chosen(weights, 0.4, 2, isolated=True)[0, 0, 0].tolist() == [False, True, True, False, False]
    assert chosen(weights, 0.01, 0, isolated=True).sum() == 5  # one a row at least
    assert chosen(weights, 1.0, 2, isolated=True).all()


def test_a_window_is_what_is_nearest_and_patterns_are_spread_over_tokens():
    window = nearest(5, 0.6, torch.device("cpu"))
    assert window[2].tolist() == [False, True, True, True, False]
    assert window.sum(-1).tolist() == [3] * 5
    mask = spread(window, BLOCK, TOKENS + 4)
    assert mask.shape == (18, 18)
    assert mask[9].tolist() == [False] * 4 + [True] * 12 + [False] * 2
    assert overlap(window, window) == 1
    assert overlap(window, ~window) == 0


def patterns_of(**settings):
    return Patterns(SparseDConfig(block=BLOCK, **settings), steps=5, num_frames=7)


@pytest.mark.parametrize(
    ("settings", "full"),
    [
        ({"full": 0.4}, {0, 1}),
        ({"full": 0.39}, {0}),
        ({"full": 0.0}, set()),
        ({"full": 0.4, "when": "sparse-then-full"}, {3, 4}),
    ],
)
def test_the_steps_that_are_full(settings, full):
    patterns = patterns_of(**settings)
    q, k, v = inputs()
    for step in range(5):
        patterns.step = step
        same = torch.equal(patterns.attend(Site(0), q, k, v), full_attention(q, k, v))
        assert same == (step in full)


def test_a_pattern_is_kept_for_its_block_of_the_network_unless_made_anew():
    kept, anew = patterns_of(full=0.0), patterns_of(full=0.0, when="anew")
    for patterns in (kept, anew):
        patterns.attend(Site(0), *inputs(0))
        before = patterns.kept[Site(0)]
        patterns.attend(Site(0), *inputs(1))
        assert torch.equal(patterns.kept[Site(0)], before) == (patterns is kept)
    kept.attend(Site(1), *inputs(1))
    assert not torch.equal(kept.kept[Site(1)], kept.kept[Site(0)])


def test_what_is_left_out_is_not_looked_at_and_the_rest_is_exact():
    patterns = patterns_of(full=0.0, density=0.5)
    q, k, v = inputs()
    out = patterns.attend(Site(0), q, k, v)
    mask = spread(patterns.kept[Site(0)], BLOCK, TOKENS)
    scores = (q @ k.transpose(-1, -2) / math.sqrt(8)).masked_fill(~mask, -torch.inf)
    assert torch.allclose(out, scores.softmax(-1) @ v, atol=1e-6)
    assert patterns.density == pytest.approx(float(mask.float().mean()))
    shared = patterns_of(full=0.0, density=0.5, pattern="shared")
    shared.attend(Site(0), q, k, v)
    assert shared.kept[Site(0)].shape[1] == 1


@pytest.fixture(scope="module")
def policy():
    torch.set_num_threads(1)
    return load_policy(shipped_sft() / "policy", device=torch.device("cpu"))


def test_at_density_one_it_is_the_plain_player_and_below_it_is_not(policy):
    world, sampling = world_of("flowfree"), Sampling(steps=3)
    problems = [make_problem(world, "micro", "val", index) for index in range(2)]
    plain = PolicyPlayer(policy, sampling, batch_size=2)(world, problems, 0)
    made = {
        density: SparseD(SparseDConfig(density=density, full=0.34, block=8), policy, sampling, 2)
        for density in (1.0, 0.999, 0.2)
    }
    videos = {density: player(world, problems, 0) for density, player in made.items()}
    assert np.array_equal(videos[1.0], plain)
    assert np.abs(videos[0.999].astype(int) - plain).max() <= 1  # all blocks, by the other way
    assert np.abs(videos[0.2].astype(int) - plain).max() > 1
    assert 0.4 < made[0.2].density < 0.6  # a third of the steps full, a fifth and more of the blocks else
    assert (policy.module.seam.attend, policy.module.seam.tap) == (None, None)
