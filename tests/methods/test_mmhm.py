"""MMHM: the score by hand, what is compared and chosen, guidance, and that with nothing to choose it is plain."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from videorlvr.methods.video.mmhm.config import MMHMConfig
from videorlvr.methods.video.mmhm.math import by_set, frechet, mmhm, pareto, scaled, stability
from videorlvr.methods.video.mmhm.run import MMHM, Setting
from videorlvr.models.load import load_policy
from videorlvr.models.shipped import shipped_sft
from videorlvr.players.guidance import blank_condition, guided, in_part_blank
from videorlvr.players.meter import Meter
from videorlvr.players.policy import PolicyPlayer, condition_of, named_noise, roll
from videorlvr.players.sampling import Sampling
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import make_problem

FLOWFREE = world_of("flowfree")


def test_the_score_is_that_of_the_source():
    assert mmhm(np.array([[1.0, 1, 1, 0]]))[0] == pytest.approx(0.004, abs=2e-4)
    assert mmhm(np.array([[0.5] * 4]))[0] == pytest.approx(0.501)
    assert mmhm(np.array([[1.0] * 4]))[0] == pytest.approx(1.001)


def test_measures_are_scaled_by_their_bounds_and_one_value_is_whole():
    values = np.array([[1.0, 5.0], [3.0, 5.0], [2.0, 5.0]])
    u = scaled(values, values.min(axis=0), values.max(axis=0))
    assert u.tolist() == [[0.0, 1.0], [1.0, 1.0], [0.5, 1.0]]
    assert scaled(values, np.array([2.0, 0.0]), np.array([2.5, 10.0]))[:, 0].tolist() == [0.0, 1.0, 0.0]


def test_settings_that_nothing_beats():
    values = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [1.0, 0.0], [0.5, 0.5]])
    assert pareto(values).tolist() == [True, True, False, True, True]


def test_a_choice_may_hang_on_a_setting_that_is_not_chosen():
    lone = np.array([[0.9, 0.5], [0.8, 0.6], [0.0, 0.55]])
    assert by_set(lone).argmax() == 1
    assert stability(lone) == 0.5  # without the last the others swap nothing, without the first they do
    even = np.array([[1.0, 1.0], [0.5, 0.5], [0.0, 0.0]])
    assert stability(even) == 1.0


def test_the_distance_of_two_clouds_is_that_of_their_normal_laws():
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(500, 3))
    assert frechet(cloud, cloud) == pytest.approx(0.0, abs=1e-9)
    assert frechet(cloud, cloud + np.array([3.0, 4.0, 0.0])) == pytest.approx(25.0)
    spread = cloud - cloud.mean(axis=0)
    expected = np.trace(np.cov(spread, rowvar=False))  # (2 - 1)^2 of each variance
    assert frechet(spread, 2 * spread) == pytest.approx(expected)


@pytest.fixture(scope="module")
def policy():
    torch.set_num_threads(1)
    return load_policy(shipped_sft() / "policy", device=torch.device("cpu"))


@pytest.fixture(scope="module")
def problems():
    return [make_problem(FLOWFREE, "micro", "val", index) for index in range(2)]


def conditions(policy, problems):
    condition = condition_of(policy, problems)
    firsts = policy.decode(condition.clean)[:, 0]
    return condition, blank_condition(policy, firsts, problems[0].num_frames)


@torch.no_grad()
def test_guidance_of_one_is_none_of_zero_is_blank_and_its_second_look_is_counted(policy, problems):
    condition, blank = conditions(policy, problems)
    noise, sampling = named_noise(problems, 0, condition.clean), Sampling(steps=2)
    assert guided(policy, blank, 1.0) is None
    meter = Meter()

    def made(weight):
        return roll(
            policy, condition, noise, sampling, around=guided(policy, blank, weight, meter), meter=meter
        )

    plain = roll(policy, condition, noise, sampling)
    assert torch.equal(made(1.0), plain)
    assert meter.evaluations == 4
    zero = made(0.0)
    assert meter.evaluations == 12
    without = roll(policy, blank, noise, sampling)
    torch.testing.assert_close(zero[:, :, 1:], without[:, :, 1:])
    assert torch.equal(zero[:, :, 0], plain[:, :, 0]), "what is given stays given"
    assert not torch.allclose(made(2.0), plain, atol=1e-2)


def test_a_condition_is_blank_in_the_items_that_are_dropped(policy, problems):
    condition, blank = conditions(policy, problems)
    mixed = in_part_blank(condition, blank, torch.tensor([True, False]))
    assert torch.equal(mixed.clean[0], blank.clean[0])
    assert torch.equal(mixed.clean[1], condition.clean[1])
    assert blank.clean.abs().max() < 0.01
    assert torch.equal(mixed.free, condition.free)


def test_one_setting_is_chosen_and_plays_and_with_nothing_to_choose_it_is_plain_bit_for_bit(policy, problems):
    values = {"task": "flowfree:micro", "steps": [1, 2], "guidance": [1.0, 6.0], "problems": 4}
    player = MMHM(MMHMConfig.model_validate(values), policy, Sampling(steps=2), 8)
    found, table = player.found, np.array(player.found["values"])
    assert [tuple(one.values()) for one in found["settings"]] == [
        ("own", 1, 1.0),
        ("own", 1, 6.0),
        ("own", 2, 1.0),
        ("own", 2, 6.0),
    ]
    assert found["scores"]["mmhm"] == pytest.approx(by_set(table), abs=1e-3)
    best = int(by_set(table).argmax())
    assert vars(player.chosen) == found["settings"][best]
    assert int(np.argmax(found["scores"]["distance"])) == int(table[:, 3].argmax())
    assert found["pareto"] == np.flatnonzero(pareto(table)).tolist()
    assert 0 <= found["worst"] <= 1
    assert table[:, 3].max() <= 0, "a distance enters negated"

    player.chosen = Setting("own", 1, 1.0)
    other = PolicyPlayer(policy, Sampling(steps=1), batch_size=2)(FLOWFREE, problems, 0)
    assert np.array_equal(player(FLOWFREE, problems, 0), other)
    player.chosen = Setting("own", 1, 6.0)
    assert player.identity["network_evaluations"] == 2, "one step, looked at twice"
    player.config = player.config.model_copy(update={"by": "own"})
    plain = PolicyPlayer(policy, Sampling(steps=2), batch_size=8)(FLOWFREE, problems, 0)
    assert np.array_equal(player(FLOWFREE, problems, 0), plain)
