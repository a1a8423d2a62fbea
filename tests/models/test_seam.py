"""What is attached to a network: every block asks and shows, and nothing is left of it afterwards."""

from __future__ import annotations

import copy

import pytest
import torch

from videorlvr.models.config import DiTConfig, LoopedConfig
from videorlvr.models.load import new_policy
from videorlvr.models.seam import Site, attached, full_attention

CPU = torch.device("cpu")
FORMS = {
    "dit": (DiTConfig(width=32, depth=3, heads=2), [Site(0), Site(1), Site(2)]),
    "looped": (
        LoopedConfig(width=32, depth=2, loops=2, heads=2, patch_frames=2),
        [Site(0, 0), Site(1, 0), Site(0, 1), Site(1, 1)],
    ),
}


@pytest.fixture(params=FORMS)
def network(request):
    config, sites = FORMS[request.param]
    module = new_policy(config, seed=0, device=CPU).module
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.1)
    return module, sites


def velocity(module):
    x = torch.randn(2, 3, 5, 16, 16, generator=torch.Generator().manual_seed(1))
    return module(x, torch.tensor([0.9, 0.4]), x[:, :, 0])


@torch.no_grad()
def test_with_the_plain_attention_attached_it_is_bitwise_what_it_was(network):
    module, sites = network
    asked = []

    def same(site, q, k, v):
        asked.append(site)
        return full_attention(q, k, v)

    plain = velocity(module)
    with attached(module, attend=same):
        assert torch.equal(velocity(module), plain)
    assert asked == sites


@torch.no_grad()
def test_attention_is_exchanged_in_the_block_that_is_named_alone(network):
    module, sites = network
    shown = {}

    def watch(name):
        return lambda site, hidden: shown.setdefault(name, []).append(hidden)

    def deaf_at(place):
        return lambda site, q, k, v: v if site == place else full_attention(q, k, v)

    with attached(module, tap=watch("plain")):
        velocity(module)
    with attached(module, attend=deaf_at(sites[1]), tap=watch("deaf")):
        velocity(module)
    equal = [torch.equal(a, b) for a, b in zip(shown["plain"], shown["deaf"], strict=True)]
    assert equal == [True] + [False] * (len(sites) - 1)


@torch.no_grad()
def test_a_tap_sees_every_block_in_order_and_changes_nothing(network):
    module, sites = network
    shown = []
    plain = velocity(module)
    with attached(module, tap=lambda site, hidden: shown.append((site, hidden.shape))):
        assert torch.equal(velocity(module), plain)
    assert [site for site, _ in shown] == sites
    assert {shape[0] for _, shape in shown} == {2}
    assert {shape[2] for _, shape in shown} == {32}
    assert len({shape for _, shape in shown}) == 1
    assert len(shown[0][1]) == 3


def test_what_was_attached_is_gone_afterwards_and_in_no_copy(network):
    module, _ = network

    def held():
        return module.seam.attend, module.seam.tap

    def nested():
        with attached(module, tap=print, attend=max):
            copied = copy.deepcopy(module).seam
            assert (copied.attend, copied.tap) == (None, None)
            with attached(module, tap=repr):  # what is not given stays
                assert held() == (max, repr)
            assert held() == (max, print)
            raise RuntimeError("stop")

    assert held() == (None, None)
    with pytest.raises(RuntimeError, match="stop"):
        nested()
    assert held() == (None, None)


def test_a_network_without_a_seam_is_refused():
    with pytest.raises(ValueError, match=r"a Linear has no seam: expected .* `seam = Seam\(\)`"):
        attached(torch.nn.Linear(1, 1)).__enter__()
