"""RAS: which tokens are chosen, what a regional step computes, and that without regions it is the plain player."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from videorlvr.flow.at import At
from videorlvr.methods.video.ras.config import RASConfig
from videorlvr.methods.video.ras.math import chosen, equivalents, importance, is_dense, moving, starved
from videorlvr.methods.video.ras.run import RAS, Regions
from videorlvr.models.config import DiTConfig, LoopedConfig
from videorlvr.models.load import load_policy, new_policy
from videorlvr.models.seam import attached
from videorlvr.models.shipped import shipped_sft
from videorlvr.players.meter import Meter
from videorlvr.players.policy import PolicyPlayer, condition_of
from videorlvr.players.sampling import Sampling
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import make_problem

CPU, MAZE = torch.device("cpu"), world_of("maze")
FORMS = {
    "dit": DiTConfig(width=32, depth=2, heads=2),
    "biased": DiTConfig(width=32, depth=2, heads=2, distance_bias="learned"),
    "looped": LoopedConfig(width=32, depth=2, loops=2, heads=2, patch_frames=3, held_after=5),
}


def moved(policy):
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in policy.module.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.1)
    return policy


@pytest.fixture(scope="module", params=FORMS)
def policy(request):
    return moved(new_policy(FORMS[request.param], seed=0, device=CPU))


@pytest.fixture(scope="module")
def problems():
    return [make_problem(MAZE, "micro", "val", index) for index in range(2)]


def test_importance_is_of_the_velocity_and_the_other_direction_is_its_inverse():
    tokens = torch.tensor([[[0.0, 0.0], [3.0, 4.0], [5.0, 5.0]]])
    assert importance(tokens, "std")[0].argmax() == 1
    assert importance(tokens, "l2")[0].argmax() == 2
    assert importance(tokens, "inverse-std")[0].argmin() == 1
    torch.testing.assert_close(
        importance(tokens, "std") * importance(tokens, "inverse-std"), torch.ones(1, 3)
    )
    assert moving(tokens, tokens + torch.tensor([[[0.0], [0.0], [1.0]]]))[0].tolist() == [1.0, 1.0, 1e3]


def test_what_is_left_out_long_comes_back_and_with_the_wrong_sign_never():
    base, free = torch.tensor([[4.0, 3.0, 2.0, 1.0]]), torch.ones(4, dtype=torch.bool)

    def seen(rate):
        skipped, out = torch.zeros(1, 4), set()
        for _ in range(12):
            picked = chosen(starved(base, skipped, rate), free, 0.5)
            skipped = (skipped + 1).scatter(1, picked, 0.0)
            out |= set(picked[0].tolist())
        return out

    assert seen(0.5) == {0, 1, 2, 3}
    assert seen(0.0) == seen(-0.5) == {0, 1}


def test_the_most_important_free_tokens_are_chosen_in_order_and_of_equals_the_first():
    free = torch.tensor([False, True, True, True, True])
    values = torch.tensor([[9.0, 1.0, 3.0, 3.0, 2.0], [9.0, 4.0, 1.0, 1.0, 1.0]])
    assert chosen(values, free, 0.25).tolist() == [[2], [1]]
    assert chosen(values, free, 0.5).tolist() == [[2, 3], [1, 2]]
    assert chosen(values, free, 0.01).shape == (2, 1)


def test_dense_steps_are_the_first_and_those_of_the_source():
    assert [step for step in range(28) if is_dense(step, 4, 8)] == [0, 1, 2, 3, 12, 20]
    assert [step for step in range(28) if is_dense(step, 4, None)] == [0, 1, 2, 3]
    assert equivalents([1] * 28, 0.5, 4, 8) == 6 + 22 / 2
    assert equivalents([2, 2, 1], 0.5, 1, None) == 2 + 1 + 0.5


@torch.no_grad()
def test_tokens_are_of_the_pixels_that_they_are_made_of(policy):
    x = torch.randn(2, 3, 8, 16, 24)
    tokens = policy.module.as_tokens(x)
    back = policy.module.from_tokens(tokens, x)
    assert back.shape == x.shape
    last = 5 if hasattr(policy.module.config, "loops") else 7
    assert torch.equal(back[:, :, 1 : last + 1], x[:, :, 1 : last + 1])
    assert torch.equal(back[:, :, last:], back[:, :, last : last + 1].expand(-1, -1, 8 - last, -1, -1))
    asked = []
    with attached(policy.module, choose=asked.append):
        policy.module(x, torch.tensor([0.9, 0.4]), x[:, :, 0])
    assert asked == [tokens.shape[1]]


@torch.no_grad()
def test_at_the_state_of_the_cache_a_regional_step_says_what_the_dense_one_said(policy, problems):
    condition = condition_of(policy, problems)
    x = torch.where(condition.free, torch.randn(condition.clean.shape), condition.clean)
    regions = Regions(RASConfig(dense=1, ratio=0.4), policy.module, condition)
    looked = []

    def field(x, at):
        looked.append(policy.velocity(x, at, condition))
        return looked[-1]

    steps = regions.around(field)
    with attached(policy.module, attend=regions.attend, choose=regions.choose):
        dense = steps(x, At(torch.full((2,), 0.8), 0))
        regional = steps(x, At(torch.full((2,), 0.8), 1))
        again = steps(x, At(torch.full((2,), 0.8), 1, corrector=True))
    assert torch.equal(dense, policy.velocity(x, At(torch.full((2,), 0.8), 0), condition))
    torch.testing.assert_close(regional, dense, atol=2e-5, rtol=1e-4)
    torch.testing.assert_close(again, dense, atol=2e-5, rtol=1e-4)
    assert 0.2 < regions.mask.float().mean() < 0.5, "so many pixels are computed"
    assert not torch.allclose(looked[1], dense), "the others were not computed"
    assert [picked is None for picked in regions.history] == [True, False]


@torch.no_grad()
def test_elsewhere_tokens_left_out_keep_their_velocity_and_the_others_move_on(policy, problems):
    condition = condition_of(policy, problems)
    x = torch.where(condition.free, torch.randn(condition.clean.shape), condition.clean)
    other = torch.where(condition.free, torch.randn(condition.clean.shape), condition.clean)
    regions = Regions(RASConfig(dense=1, ratio=0.4), policy.module, condition)
    steps = regions.around(lambda x, at: policy.velocity(x, at, condition))
    with attached(policy.module, attend=regions.attend, choose=regions.choose):
        dense = steps(x, At(torch.full((2,), 0.8), 0))
        before = dict(regions.kept)
        regional = steps(other, At(torch.full((2,), 0.7), 1))
    for site, kept in regions.kept.items():  # keys and values
        for part, old in zip(kept, before[site], strict=True):
            fresh = (part != old).any(dim=(1, 3))
            assert torch.equal(fresh, torch.zeros_like(fresh).scatter(1, regions.chosen, True))
    assert torch.equal(regions.skipped == 0, fresh)
    same = regional == dense
    assert same[~regions.mask].all()
    assert same[regions.mask].float().mean() < 0.01
    assert not regions.mask[:, :, 0].any(), "the given frame is not computed"


@pytest.fixture(scope="module")
def shipped():
    torch.set_num_threads(1)
    return load_policy(shipped_sft() / "policy", device=CPU)


def test_without_regions_it_is_the_plain_player_bit_for_bit_and_with_them_it_is_not(shipped):
    world, sampling = world_of("sokoban"), Sampling(steps=3)
    problems = [make_problem(world, "micro", "val", index) for index in range(2)]
    plain = PolicyPlayer(shipped, sampling, batch_size=2)(world, problems, 0)

    def player(**settings):
        return RAS(RASConfig(**settings), shipped, sampling, 2)

    for off in ({"ratio": 1.0}, {"dense": 3}):
        assert np.array_equal(player(**off)(world, problems, 0), plain)
    assert np.abs(player(dense=1, ratio=0.3)(world, problems, 0).astype(int) - plain).max() > 1
    seam = shipped.module.seam
    assert (seam.attend, seam.tap, seam.choose) == (None, None, None)
    assert player(ratio=1.0, steps=2).identity["network_evaluations"] == 2


def test_operations_are_those_of_the_tokens_that_are_computed(shipped):
    world = world_of("sokoban")
    problem = [make_problem(world, "micro", "val", 0)]

    def flops(**settings):
        player = RAS(RASConfig(dense=1, reset_every=None, **settings), shipped, Sampling(steps=2), 1)
        player.meter = Meter(with_flops=True)
        player(world, problem, 0)
        return player.meter.flops

    whole, half, alone = flops(ratio=0.999), flops(ratio=0.5), flops(ratio=0.5, cache=False)
    given = 1 / problem[0].num_frames  # of the frames, whose tokens only the dense step computes
    assert half / whole == pytest.approx((1 + 0.5 * (1 - given)) / (2 - given), rel=0.03)
    assert alone < half


def test_items_and_batches_do_not_matter_whatever_the_focus(shipped):
    world = world_of("sokoban")
    problems = [make_problem(world, "micro", "val", index) for index in range(3)]
    for focus in ("std", "random", "oracle"):
        config = RASConfig(dense=1, ratio=0.4, focus=focus)
        together = RAS(config, shipped, Sampling(steps=3), 3)(world, problems, 1)
        alone = RAS(config, shipped, Sampling(steps=3), 1)(world, problems[2:], 1)
        assert np.abs(together[2:].astype(int) - alone).max() <= 2, focus


def test_the_oracle_chooses_what_the_solution_moves(shipped):
    world = world_of("sokoban")
    problems = [make_problem(world, "micro", "val", 0)]
    found = {}
    players = {
        focus: RAS(RASConfig(dense=1, ratio=0.1, focus=focus), shipped, Sampling(steps=2), 1)
        for focus in ("oracle", "random")
    }
    moves = players["oracle"]._unlooked(world, problems, 0)(1)
    for focus, player in players.items():
        _, regions = player.videos(world, problems, 0)
        found[focus] = float((moves.gather(1, regions.history[1]) > 1).float().mean())
    assert found["oracle"] > 0.5 > found["random"]


def test_a_network_that_knows_no_tokens_is_refused_unless_nothing_is_left_out():
    class Other:
        module = torch.nn.Linear(1, 1)
        device, compute_dtype = CPU, torch.float32

    with pytest.raises(ValueError, match=r"a Linear does not: expected as_tokens"):
        RAS(RASConfig(), Other(), Sampling(), 1)
    RAS(RASConfig(ratio=1.0), Other(), Sampling(), 1)
