"""DisBack: scores that move samples, stations in their order, and what each step of it trains."""

from __future__ import annotations

import pytest
import torch

from videorlvr.judge.pool import Judge
from videorlvr.methods.video.disback.config import DisBackConfig
from videorlvr.methods.video.disback.math import mismatch, pull, saves, score_loss, stations, target_at
from videorlvr.methods.video.disback.run import DisBack
from videorlvr.models.load import load_policy
from videorlvr.models.shipped import shipped_sft
from videorlvr.players.policy import roll
from videorlvr.players.sampling import Sampling
from videorlvr.training.learner import Bench

FREE = torch.tensor([[True, True, False]])


def test_the_pull_leads_from_the_own_data_to_the_targets_and_nowhere_in_what_is_given():
    x = torch.tensor([[1.0, 3.0, 9.0]])
    target, fake = torch.tensor([[2.0, 1.0, 0.0]]), torch.tensor([[0.0, 0.0, 5.0]])
    g = pull(x, target, fake, FREE)
    torch.testing.assert_close(g, torch.tensor([[-2 / 1.5, -1 / 1.5, 0.0]]))
    x.requires_grad_()
    score_loss(x, g, FREE).backward()
    torch.testing.assert_close(x.grad, g / 2)
    assert mismatch(target, fake, FREE).item() == pytest.approx((5 / 2) ** 0.5)
    assert not pull(x.detach(), target, target, FREE).any(), "equal scores move nothing"


def data_of(points_ND, spread, x, sigma):
    """E[x0 | x] of equal Gaussians at these points: the exact score of a mixture."""
    scale = (1 - sigma) ** 2 * spread**2 + sigma**2
    away = x[:, None] - (1 - sigma) * points_ND
    weight = (-(away**2).sum(-1) / (2 * scale)).softmax(-1)
    each = points_ND + (1 - sigma) * spread**2 / scale * away
    return (weight[..., None] * each).sum(1)


def test_by_exact_scores_particles_become_the_mixture_in_two_dimensions():
    torch.manual_seed(0)
    modes = torch.tensor([[2.0, 0.0], [-2.0, 1.0]])
    x = (0.3 * torch.randn(64, 2) + torch.tensor([0.0, 0.5])).requires_grad_()
    free = torch.ones_like(x, dtype=torch.bool)
    optimizer = torch.optim.Adam([x], lr=0.08)
    for step in range(150):
        sigma = 0.9 * (1 - step / 150) * torch.rand(()).item() + 0.05
        noised = (1 - sigma) * x.detach() + sigma * torch.randn_like(x)
        target = data_of(modes, 0.3, noised, sigma)
        own = data_of(x.detach(), 0.05, noised, sigma)
        optimizer.zero_grad()
        score_loss(x, pull(x.detach(), target, own, free), free).backward()
        optimizer.step()
    apart = torch.cdist(x.detach(), modes)
    nearest = apart.argmin(1)
    assert 0.25 < nearest.float().mean() < 0.75, "both modes are found"
    assert 0.1 < apart.amin(1).mean() < 0.6, "and their spread is kept"


def test_stations_are_recorded_at_even_steps_and_passed_backwards_to_the_teacher():
    assert {
        index: saves(index, record=10, nodes=4) for index in range(10) if saves(index, record=10, nodes=4)
    } == {
        1: 1,
        4: 2,
        7: 3,
        9: 4,
    }
    assert stations(5, "back", 0) == [4, 3, 2, 1, 0]
    assert stations(1, "back", 0) == [0]
    for seed in range(5):
        shuffled = stations(5, "shuffled", seed)
        assert shuffled != [4, 3, 2, 1, 0]
        assert (sorted(shuffled), shuffled[-1]) == ([0, 1, 2, 3, 4], 0)
    assert [target_at(step, [2, 1, 0], 2) for step in range(9)] == [2, 2, 1, 1, 0, 0, 0, 0, 0]


@pytest.fixture(scope="module")
def folder():
    torch.set_num_threads(1)
    return shipped_sft() / "policy"


def learner(folder, **changes):
    values = {"tasks": ["flowfree:micro"], "init": str(folder), "batch": 1, "num_steps": 6, "pool_size": 8}
    values |= {
        "num_workers": 0,
        "device": "cpu",
        "fake_steps": 1,
        "log_every": 1,
        "nodes": 2,
        "record": 2,
        "hold": 1,
    }
    config = DisBackConfig.model_validate({**values, **changes})
    return DisBack(config, load_policy(folder, device=torch.device("cpu")), Bench(Judge("exact")))


def state(policy):
    return {name: value.clone() for name, value in policy.module.state_dict().items()}


def same(one, other):
    return all(torch.equal(value, other[name]) for name, value in one.items())


def test_recording_trains_the_score_alone_and_the_student_then_goes_back(folder):
    taught = learner(folder)
    teacher = state(taught.teacher)
    told = [taught.step(index) for index in range(2)]
    assert same(teacher, state(taught.policy)), "the student waits"
    assert same(state(taught.fake), state(taught.nodes[2])), "the last station is the student's own score"
    assert not same(state(taught.nodes[1]), state(taught.nodes[2]))
    assert not same(teacher, state(taught.nodes[1]))
    assert all("mismatch" not in line for line in told)
    assert taught.network_evaluations == 2 * 4
    stations_seen = state(taught.nodes[1])
    told = [taught.step(index) for index in (2, 3)]
    assert [line["station"] for line in told] == [1, 0]
    assert not same(teacher, state(taught.policy))
    assert same(teacher, state(taught.teacher))
    assert same(stations_seen, state(taught.nodes[1]))
    assert taught.network_evaluations == 2 * 4 + 2 * (4 + 5)
    assert set(taught.parts) == {"policy", "fake", "node-1", "node-2"}


def test_without_stations_it_begins_at_the_teacher_whose_score_is_its_own(folder):
    plain = learner(folder, nodes=0, record=0)
    before = state(plain.policy)
    plain.optimizers["fake"].step = lambda: None
    line = plain.step(0)
    assert line["station"] == 0
    assert line["mismatch"] == pytest.approx(0.0, abs=1e-6)
    assert line["loss"] == pytest.approx(0.0, abs=1e-6)
    assert all(torch.allclose(value, before[name], atol=2e-3) for name, value in state(plain.policy).items())


def test_the_student_moves_to_where_the_stations_data_lie(folder):
    taught = learner(folder, nodes=2, record=2, num_steps=8, hold=1)
    taught.optimizers["fake"].step = lambda: None  # the student's own score stays where it is
    with torch.no_grad():
        taught.nodes[1].module.patch_out.bias.add_(0.5)  # a brighter station
    condition = next(iter(taught._conditions(0).values()))

    def brightness():
        with torch.no_grad():
            made = taught._made(taught.policy, condition, torch.Generator().manual_seed(0))
        return float(made[:, :, 1:].mean())

    before = brightness()
    assert taught.step(2)["mismatch"] == pytest.approx(0.5, rel=0.05)
    assert brightness() > before + 1e-3
    assert taught.step(3)["mismatch"] == pytest.approx(0.0, abs=1e-6), "the teacher is as it was"


@torch.no_grad()
def test_what_the_student_makes_is_its_sample_in_one_step(folder):
    plain = learner(folder, nodes=0, record=0)
    condition = next(iter(plain._conditions(0).values()))
    made = plain._made(plain.policy, condition, torch.Generator().manual_seed(3))
    noise = torch.randn(condition.clean.shape, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(made, roll(plain.policy, condition, noise, Sampling(steps=1)))


def test_the_regression_goes_to_the_teachers_samples_from_the_same_noise(folder):
    one = learner(folder, objective="regression", teacher_steps=1)
    assert one.step(0)["loss"] == pytest.approx(0.0, abs=1e-10), (
        "one step of the teacher is what it begins as"
    )
    many = learner(folder, objective="regression", teacher_steps=3)
    assert many.step(0)["loss"] > 1e-4
    assert many.network_evaluations == 3 + 3
    assert set(many.parts) == {"policy", "fake"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nodes": 3, "record": 2}, "at most one a step"),
        ({"record": 6}, "nothing is left for the student"),
        ({"sampling": {"steps": 2}}, "leave it at 1"),
    ],
)
def test_impossible_paths_say_why(changes, said):
    values = {"tasks": ["flowfree:micro"], "init": "x", "num_steps": 6, "nodes": 1, "record": 2}
    with pytest.raises(ValueError, match=said):
        DisBackConfig.model_validate(values | changes)
