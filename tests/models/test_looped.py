"""The looped transformer: what its velocity may depend on, what a loop is, and what survives being saved."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from videorlvr.flow.at import At
from videorlvr.methods import method_of, recipe_of
from videorlvr.models.api import Condition
from videorlvr.models.config import DiTConfig, LoopedConfig
from videorlvr.models.load import load_policy, new_policy
from videorlvr.models.looped import LoopedDiT, patches, unpatched
from videorlvr.models.pixels import LoopedPolicy
from videorlvr.training.config import VideoConfig
from videorlvr.training.settings import overridden

CPU = torch.device("cpu")
SHAPE = (3, 3, 6, 24, 16)  # five free frames: two tokens of three, the second one not full
SIGMA = torch.tensor([0.97, 0.5, 0.2])
SMALL = {"width": 32, "depth": 2, "loops": 2, "heads": 2, "patch_frames": 3}


def stirred(module: torch.nn.Module, seed: int = 0) -> None:
    """Fresh layers that end a block are zero; here all weights are something."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.1)


@pytest.fixture(scope="module")
def policy() -> LoopedPolicy:
    policy = LoopedPolicy.new(LoopedConfig(**SMALL), seed=0, device=CPU)
    stirred(policy.module)
    return policy


def latents(seed: int) -> torch.Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed))


def velocity(policy, x, sigma, clean):
    free = torch.ones(1, 1, x.shape[2], 1, 1, dtype=torch.bool)
    free[:, :, 0] = False
    return policy.velocity(x, At(sigma), Condition(clean, free))


@torch.no_grad()
def test_an_item_does_not_feel_its_neighbours(policy):
    x, clean = latents(1), latents(2)
    together = velocity(policy, x, SIGMA, clean)
    other_x, other_clean = latents(3), latents(4)
    other_x[1], other_clean[1] = x[1], clean[1]
    other = velocity(policy, other_x, torch.tensor([0.1, 0.5, 1.0]), other_clean)
    assert torch.equal(other[1], together[1])
    for item in range(3):
        one = slice(item, item + 1)
        alone = velocity(policy, x[one], SIGMA[one], clean[one])
        torch.testing.assert_close(alone[0], together[item], atol=2e-5, rtol=1e-4)


@torch.no_grad()
def test_the_given_frame_is_clean_context_and_stays(policy):
    """Its noise is not looked at, its clean picture is, by every frame; and it does not move."""
    x, clean = latents(1), latents(2)
    before = velocity(policy, x, SIGMA, clean)
    assert not before[:, :, 0].any()
    noisy = x.clone()
    noisy[:, :, 0] += 1
    later = clean.clone()
    later[:, :, 1:] += 1
    assert torch.equal(velocity(policy, noisy, SIGMA, later), before)
    other = clean.clone()
    other[:, :, 0, :8, :8] *= -1
    change = (velocity(policy, x, SIGMA, other) - before).abs().amax(dim=(0, 1, 3, 4))
    assert (change[1:] > 1e-3).all()


@torch.no_grad()
@pytest.mark.parametrize("frame", [1, 3, 5])
def test_cells_and_frames_talk_to_each_other(policy, frame):
    x, clean = latents(1), latents(2)
    changed = x.clone()
    changed[:, :, frame, :8, :8] += 1
    change = (velocity(policy, changed, SIGMA, clean) - velocity(policy, x, SIGMA, clean)).abs()
    assert (change[:, :, 1:, 16:, 8:].amax(dim=(0, 1, 3, 4)) > 1e-5).all()


@torch.no_grad()
def test_a_fresh_policy_holds_the_first_frame(policy):
    fresh, x, clean = LoopedPolicy.new(LoopedConfig(**SMALL), seed=1, device=CPU), latents(1), latents(2)
    told = velocity(fresh, x, SIGMA, clean)
    estimate = x - SIGMA[:, None, None, None, None] * told
    torch.testing.assert_close(estimate[:, :, 1:], clean[:, :, :1].expand_as(estimate[:, :, 1:]))
    assert velocity(fresh, x, torch.zeros(3), clean).isfinite().all()


@torch.no_grad()
def test_a_loop_is_the_same_blocks_again():
    """Two loops of a block are two blocks of equal weights, where nothing is added as a loop starts."""
    twice = LoopedDiT(LoopedConfig(**SMALL | {"depth": 1}))
    stirred(twice)
    twice.sigma_in[2].weight.zero_()
    twice.sigma_in[2].bias.zero_()
    twice.loop_start.zero_()
    apart = LoopedDiT(LoopedConfig(**SMALL | {"loops": 1}))
    weights = twice.state_dict()
    for name in apart.state_dict():
        own = weights[name.replace("blocks.1", "blocks.0")]
        apart.get_parameter(name).copy_(own[:1] if name == "loop_start" else own)
    x, first = latents(1), latents(2)[:, :, 0]
    assert torch.equal(twice(x, SIGMA, first), apart(x, SIGMA, first))
    twice.loop_start[1] += 1
    assert not torch.equal(twice(x, SIGMA, first), apart(x, SIGMA, first)), "the second loop is not run"


@torch.no_grad()
def test_held_frames_are_the_last_one_and_are_not_looked_at():
    held = LoopedPolicy.new(LoopedConfig(**SMALL, held_after=3), seed=0, device=CPU)
    stirred(held.module)
    x, clean = latents(1), latents(2)
    told = velocity(held, x, SIGMA, clean)
    data = x - SIGMA[:, None, None, None, None] * told
    torch.testing.assert_close(data[:, :, 4:], data[:, :, 3:4].expand_as(data[:, :, 4:]))
    noisier = x.clone()
    noisier[:, :, 4:] += 1
    assert torch.equal(velocity(held, noisier, SIGMA, clean)[:, :, :4], told[:, :, :4])
    short = velocity(held, x[:, :, :4], SIGMA, clean[:, :, :4])
    assert torch.equal(short, told[:, :, :4]), "a video without them is the same"


def test_held_frames_teach_nothing():
    held = LoopedPolicy.new(LoopedConfig(**SMALL, held_after=3), seed=0, device=CPU)
    stirred(held.module)
    velocity(held, latents(1), SIGMA, latents(2))[:, :, 4:].square().sum().backward()
    assert not any(value.grad is not None and value.grad.any() for value in held.module.parameters())


def test_patches_are_cells_over_frames_and_come_back():
    x = torch.arange(2 * 3 * 5 * 16 * 24).reshape(2, 3, 5, 16, 24).float()
    cut = patches(x, 3, 8)
    assert cut.shape == (2, 2, 6, 3 * 3 * 64)
    cell = x[1, :, 3:, 8:16, 16:24]  # the last cell, in the second token: two frames and one of zeros
    assert torch.equal(cut[1, 1, 5].reshape(3, 3, 8, 8)[:, :2], cell)
    assert not cut[1, 1, 5].reshape(3, 3, 8, 8)[:, 2].any()
    assert torch.equal(unpatched(cut, 3, 8, 3, (16, 24))[:, :, :5], x)


def test_saving_and_loading_is_bitwise_and_knows_the_kind(policy, tmp_path):
    policy.save(tmp_path)
    back = load_policy(tmp_path, device=CPU)
    assert isinstance(back, LoopedPolicy)
    assert back.module.config == policy.module.config
    for name, value in policy.module.state_dict().items():
        assert torch.equal(back.module.state_dict()[name], value), name
    policy.save(tmp_path, dtype=torch.bfloat16)
    half = load_policy(tmp_path, device=CPU).module.state_dict()
    assert all(value.dtype == torch.float32 for value in half.values())


def test_a_policy_in_parts_is_the_policy(policy, tmp_path):
    policy.save(tmp_path)
    policy.save(tmp_path, most_bytes=40_000)
    parts = sorted(tmp_path.glob("policy-*"))
    assert len(parts) > 2
    assert not (tmp_path / "policy.safetensors").exists()
    back = load_policy(tmp_path, device=CPU).module.state_dict()
    assert all(torch.equal(back[name], value) for name, value in policy.module.state_dict().items())
    parts[1].unlink()
    with pytest.raises(ValueError, match=f"damaged: {parts[1].name} is missing"):
        load_policy(tmp_path, device=CPU)


def test_a_loop_more_is_refused_by_a_folder_of_another_form(policy, tmp_path):
    policy.save(tmp_path)
    text = (tmp_path / "policy.json").read_text()
    (tmp_path / "policy.json").write_text(text.replace('"loops": 2', '"loops": 1000000000'))
    with pytest.raises(ValueError, match="loop_start has shape"):
        load_policy(tmp_path, device=CPU)


def test_a_recipe_names_its_form():
    config_type = method_of("sft").config_type
    plain = recipe_of("micro-maze-sft")
    assert type(plain.model) is DiTConfig
    looped = config_type.model_validate(
        plain.model_dump() | {"model": LoopedConfig(**SMALL).model_dump(exclude_defaults=False)}
    )
    assert isinstance(looped, VideoConfig)
    assert type(looped.model) is LoopedConfig
    assert overridden(looped, {"model.loops": "5"}).model.loops == 5
    assert isinstance(new_policy(looped.model, seed=0, device=CPU), LoopedPolicy)
    with pytest.raises(ValidationError, match="multiple of 4"):
        LoopedConfig(width=36, heads=2)
