"""The built-in transformer: what its velocity may depend on, and what survives being saved."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file, save_file

from videorlvr.flow.at import At
from videorlvr.flow.sampler import sample
from videorlvr.flow.schedule import sigma_schedule
from videorlvr.models.api import CONFIG, Condition
from videorlvr.models.config import DiTConfig
from videorlvr.models.dit import DiT, num_parameters, rotary_angles, rotate
from videorlvr.models.load import weights_hash
from videorlvr.models.pixels import WEIGHTS, BuiltinPolicy, decode_pixels, encode_pixels

CPU = torch.device("cpu")
SHAPE = (3, 3, 5, 24, 24)  # B == C, where a wrong broadcast would pass in silence
SIGMA = torch.tensor([0.9, 0.5, 0.2])


def policy_of(*, predicts="velocity", seed=0) -> BuiltinPolicy:
    """Fresh modulation and output layers are zero; here all weights are stirred."""
    policy = BuiltinPolicy.new(
        DiTConfig(width=32, depth=2, heads=2, predicts=predicts), seed=seed, device=CPU
    )
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in policy.module.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.1)
    return policy


@pytest.fixture(scope="module")
def policy():
    return policy_of()


@pytest.fixture(params=["velocity", "data"])
def either(request):
    return policy_of(predicts=request.param)


def latents(seed=0, shape=SHAPE):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def condition_of(clean):
    free = torch.ones(1, 1, clean.shape[2], 1, 1, dtype=torch.bool)
    free[:, :, 0] = False
    return Condition(clean, free)


def velocity(policy, x, sigma, clean):
    return policy.velocity(x, At(sigma), condition_of(clean))


def inputs():
    x, clean = latents(1), latents(2).clamp(-1, 1)
    x[:, :, 0] = clean[:, :, 0]
    return x, clean


@torch.no_grad()
def test_an_item_does_not_feel_its_neighbours(either):
    """Bitwise when the neighbours change; to rounding when they go away or change places."""
    x, clean = inputs()
    together = velocity(either, x, SIGMA, clean)
    other_x, other_clean, other_sigma = latents(3), latents(4), torch.tensor([0.1, 0.5, 1.0])
    other_x[1], other_clean[1] = x[1], clean[1]
    assert torch.equal(velocity(either, other_x, other_sigma, other_clean)[1], together[1])
    for item in range(3):
        one = slice(item, item + 1)
        alone = velocity(either, x[one], SIGMA[one], clean[one])
        torch.testing.assert_close(alone[0], together[item], atol=2e-5, rtol=1e-4)
    order = torch.tensor([2, 0, 1])
    shuffled = velocity(either, x[order], SIGMA[order], clean[order])
    torch.testing.assert_close(shuffled, together[order], atol=2e-5, rtol=1e-4)


@torch.no_grad()
def test_the_sample_does_not_depend_on_the_noise_of_the_first_frame(either):
    x, clean = inputs()
    given = condition_of(clean)
    mask = either.condition(torch.zeros(3, 16, 24, 3, dtype=torch.uint8), [""] * 3, x.shape[2]).free
    assert torch.equal(mask, given.free)
    assert mask.expand_as(x)[:, :, 1:].all()
    assert not mask.expand_as(x)[:, :, 0].any()

    def sampled(start):
        return sample(
            lambda x, at: either.velocity(x, at, given),
            start,
            sigmas=sigma_schedule(3, 3.0),
            free_mask=mask,
            clean=clean,
        )

    first, second = latents(5), latents(5)
    second[:, :, 0] = latents(6)[:, :, 0]
    result = sampled(first)
    assert torch.equal(result, sampled(second))
    assert torch.equal(result[:, :, 0], clean[:, :, 0])
    second[:, :, 2] += 1
    assert not torch.equal(result, sampled(second))


@torch.no_grad()
def test_only_the_first_frame_of_clean_is_looked_at(policy):
    x, clean = inputs()
    before, later = velocity(policy, x, SIGMA, clean), clean.clone()
    later[:, :, 1:] = latents(7)[:, :, 1:]
    assert torch.equal(velocity(policy, x, SIGMA, later), before)
    other = clean.clone()
    other[:, :, 0, 8:16, 8:16] *= -1  # one cell of the board
    change = (velocity(policy, x, SIGMA, other) - before).abs().amax(dim=(0, 1, 3, 4))
    assert (change > 1e-3).all(), "some frame does not see the given one"


@torch.no_grad()
def test_frames_talk_to_each_other_in_both_directions(policy):
    x, clean = inputs()
    before = velocity(policy, x, SIGMA, clean)
    for frame in (1, 4):
        changed = x.clone()
        changed[:, :, frame, :8, :8] += 1
        change = (velocity(policy, changed, SIGMA, clean) - before).abs().amax(dim=(0, 1, 3, 4))
        assert (change > 1e-4).all(), frame


@torch.no_grad()
def test_cells_talk_to_each_other(policy):
    x, clean = inputs()
    changed = x.clone()
    changed[:, :, 2, :8, :8] += 1
    change = (velocity(policy, changed, SIGMA, clean) - velocity(policy, x, SIGMA, clean)).abs()
    assert (change[:, :, 2, 16:, 16:].amax(dim=(1, 2, 3)) > 1e-4).all()


@torch.no_grad()
def test_the_first_frame_has_no_noise_level():
    """With tokens that do not talk, its result does not depend on sigma, bitwise; every other one does."""
    config = DiTConfig(width=32, depth=2, heads=2, predicts="velocity")
    deaf = DiT(config)
    deaf.seam.attend = lambda _, q, k, v: v
    deaf.load_state_dict(policy_of().module.state_dict())
    x, clean = inputs()
    high, low = (deaf(x, torch.full((3,), sigma), clean[:, :, 0]) for sigma in (0.9, 0.3))
    assert torch.equal(high[:, :, 0], low[:, :, 0])
    assert ((high - low)[:, :, 1:].abs().amax(dim=(0, 1, 3, 4)) > 1e-3).all()
    changed = x.clone()
    changed[:, :, 2] += 1  # and they are deaf indeed
    assert torch.equal(deaf(changed, torch.full((3,), 0.9), clean[:, :, 0])[:, :, 3], high[:, :, 3])


@torch.no_grad()
def test_data_and_velocity_predictions_are_one_line():
    """The same network read as data: v = (x - x0) / sigma, so that x - sigma v is what it said."""
    x, clean = inputs()
    said = velocity(policy_of(), x, SIGMA, clean)
    told = velocity(policy_of(predicts="data"), x, SIGMA, clean)
    levels = SIGMA[:, None, None, None, None]
    torch.testing.assert_close(told, (x - said) / levels)
    torch.testing.assert_close(x - levels * told, said, atol=1e-5, rtol=1e-5)
    near_zero = velocity(policy_of(predicts="data"), x, torch.full((3,), 1e-6), clean)
    assert near_zero.isfinite().all()
    assert near_zero.abs().max() < 1e3


def test_velocity_is_float32_and_differentiable(either):
    x, clean = inputs()
    told = velocity(either, x, SIGMA, clean)
    assert told.dtype == torch.float32
    told[:, :, 1:].square().mean().backward()
    still = [name for name, p in either.module.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == []


def test_a_fresh_network_is_a_constant_and_its_blocks_do_nothing():
    """Zero gates: what it says does not depend on x; it begins from nowhere in particular."""
    fresh = BuiltinPolicy.new(DiTConfig(width=32, depth=2, heads=2, predicts="velocity"), seed=0, device=CPU)
    x, clean = inputs()
    assert not velocity(fresh, x, SIGMA, clean).any()


def test_a_seed_names_a_network_and_leaves_the_global_one_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = (
        BuiltinPolicy.new(DiTConfig(width=32, depth=1, heads=2), seed=seed, device=CPU) for seed in (1, 1, 2)
    )
    assert torch.equal(torch.get_rng_state(), before)
    weights = [policy.module.blocks[0].qkv.weight for policy in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@torch.no_grad()
def test_positions_are_relative_and_tell_the_axes_apart():
    """A query and a key turn by their own positions; their product depends on the difference alone."""
    shape, head_dim = (3, 4, 5), 16
    angles = rotary_angles(shape, head_dim, CPU)
    assert len(angles.unique(dim=0)) == 3 * 4 * 5
    q, k = latents(8, (head_dim,)), latents(9, (head_dim,))

    def turned(vector):
        return rotate(vector.expand(1, 1, len(angles), head_dim), angles.cos(), angles.sin())[0, 0]

    scores = (turned(q) @ turned(k).T).reshape(*shape, *shape)
    torch.testing.assert_close(scores[0, 0, 0, 1, 2, 3], scores[1, 1, 1, 2, 3, 4], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(scores[2, 3, 1, 1, 3, 4], scores[1, 0, 0, 0, 0, 3], atol=1e-5, rtol=1e-5)
    steps = [
        scores[0, 0, 0, 1, 0, 0],
        scores[0, 0, 0, 0, 1, 0],
        scores[0, 0, 0, 0, 0, 1],
        scores[0, 0, 0, 0, 0, 0],
    ]
    apart = torch.stack(steps)
    assert ((apart[:, None] - apart[None]).abs() + torch.eye(4) > 1e-3).all()


@torch.no_grad()
def test_patches_are_cells_and_come_back(policy):
    x = latents(10, (2, 3, 4, 16, 24))
    patches = policy.module.patches(x)
    assert patches.shape == (2, 4, 6, 192)
    assert torch.equal(policy.module.unpatch(patches, 16, 24), x)
    assert torch.equal(patches[1, 2, 5].reshape(3, 8, 8), x[1, :, 2, 8:16, 16:24])


@torch.no_grad()
def test_saved_and_loaded_is_the_same_bitwise(either, tmp_path):
    either.save(tmp_path / "policy")
    loaded = BuiltinPolicy.load(tmp_path / "policy", device=CPU)
    x, clean = inputs()
    assert torch.equal(velocity(loaded, x, SIGMA, clean), velocity(either, x, SIGMA, clean))
    assert loaded.module.config == either.module.config
    ours, theirs = either.module.state_dict(), loaded.module.state_dict()
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    again = weights_hash(tmp_path / "policy")
    loaded.save(tmp_path / "copy")
    assert weights_hash(tmp_path / "copy") == again
    next(loaded.module.parameters())[0, 0] += 1e-3
    loaded.save(tmp_path / "copy")
    assert weights_hash(tmp_path / "copy") != again


@torch.no_grad()
def test_weights_stored_in_bf16_are_the_rounded_ones(policy, tmp_path):
    policy.save(tmp_path, dtype=torch.bfloat16)
    assert {v.dtype for v in load_file(tmp_path / WEIGHTS).values()} == {torch.bfloat16}
    loaded = BuiltinPolicy.load(tmp_path, device=CPU).module.state_dict()
    for name, value in policy.module.state_dict().items():
        assert torch.equal(loaded[name], value.bfloat16().float())


def test_a_folder_without_a_policy_is_named(tmp_path):
    with pytest.raises(ValueError, match=str(tmp_path / "nothing")):
        BuiltinPolicy.load(tmp_path / "nothing", device=CPU)


def test_weights_of_another_size_are_refused_by_folder(policy, tmp_path):
    policy.save(tmp_path)
    (tmp_path / CONFIG).write_text(DiTConfig(width=64, depth=2, heads=2).model_dump_json())
    with pytest.raises(ValueError, match=str(tmp_path)):
        BuiltinPolicy.load(tmp_path, device=CPU)
    (tmp_path / CONFIG).write_text(DiTConfig(width=32, depth=3, heads=2).model_dump_json())
    with pytest.raises(ValueError, match=str(tmp_path)):
        BuiltinPolicy.load(tmp_path, device=CPU)


def test_weights_that_lack_a_layer_are_refused(policy, tmp_path):
    policy.save(tmp_path)
    tensors = load_file(tmp_path / WEIGHTS)
    tensors.pop("patch_out.bias")
    save_file(tensors, tmp_path / WEIGHTS)
    with pytest.raises(ValueError, match=r"patch_out\.bias"):
        BuiltinPolicy.load(tmp_path, device=CPU)


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS])
def test_a_damaged_file_is_refused_by_folder(policy, tmp_path, name):
    policy.save(tmp_path)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-20])
    with pytest.raises(ValueError, match=str(tmp_path)):
        BuiltinPolicy.load(tmp_path, device=CPU)


def test_unfit_heads_are_refused():
    with pytest.raises(ValueError, match="multiple of 4"):
        DiTConfig(width=36, heads=6)
    with pytest.raises(ValueError, match="widht"):
        DiTConfig(widht=64)
    assert num_parameters(DiT(DiTConfig(width=32, depth=1, heads=2))) < 100_000


def test_the_codec_keeps_every_value_and_every_place():
    values = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(
        decode_pixels(encode_pixels(values.reshape(1, 1, 16, 16, 1).expand(-1, -1, -1, -1, 3)))[
            0, 0, ..., 0
        ].flatten(),
        values,
    )
    video = torch.randint(0, 256, (2, 3, 4, 5, 3), dtype=torch.uint8)
    x = encode_pixels(video)
    assert x.shape == (2, 3, 3, 4, 5)
    assert torch.equal(decode_pixels(x), video)
    assert x[1, 2, 0, 3, 4].item() == pytest.approx(float(video[1, 0, 3, 4, 2]) / 127.5 - 1)
    assert encode_pixels(
        torch.tensor([0, 255], dtype=torch.uint8).reshape(1, 1, 1, 2, 1)
    ).flatten().tolist() == [-1, 1]


def test_the_codec_clamps_what_no_screen_shows():
    x = torch.tensor([-7.0, -1.001, 1.001, 7.0]).reshape(1, 1, 1, 1, 4)
    assert decode_pixels(x).flatten().tolist() == [0, 0, 255, 255]
