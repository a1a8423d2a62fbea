"""The causal transformer: what its tokens feel, and that training, sampling and the bidirectional one agree."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from videorlvr.flow.at import At
from videorlvr.flow.path import expand, interpolate
from videorlvr.models.api import CONFIG
from videorlvr.models.chunks import chunks_of, frame_levels, frames_seen
from videorlvr.models.config import DiTConfig
from videorlvr.models.load import load_policy, new_policy
from videorlvr.players.policy import chunkwise, roll
from videorlvr.players.sampling import Sampling

CPU = torch.device("cpu")
SHAPE = (3, 3, 7, 16, 24)  # B == C, where a wrong broadcast would pass in silence
FORMS = [1, 2, 4]
"""Six chunks; three; two, of which the second is shorter."""


def policy_of(chunk_frames, predicts="data"):
    """Fresh modulation and output layers are zero; here all weights are stirred."""
    form = DiTConfig(width=32, depth=2, heads=2, predicts=predicts, chunk_frames=chunk_frames)
    policy = new_policy(form, seed=0, device=CPU)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in policy.module.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.1)
    return policy


def situation(policy):
    """(videos, condition, noisy states, levels of all frames) with a level for each chunk."""
    generator = torch.Generator().manual_seed(1)
    x0 = torch.rand(SHAPE, generator=generator) * 2 - 1
    first = ((x0[:, :, 0].permute(0, 2, 3, 1) + 1) * 127.5).round().to(torch.uint8)
    condition = policy.condition(first, [""] * len(x0), SHAPE[2])
    x0 = torch.where(condition.free, x0, condition.clean)
    chunks = policy.chunks(SHAPE[2])
    levels = frame_levels(torch.rand((SHAPE[0], len(chunks)), generator=generator), chunks)
    noise = torch.randn(SHAPE, generator=generator)
    return x0, condition, torch.where(condition.free, interpolate(x0, noise, levels), x0), levels


@torch.no_grad()
def taught_velocity(policy, x, levels, condition, past):
    return policy.velocity(x, At(levels), policy.taught(condition, past))


def test_chunks_cover_the_frames_in_order_and_the_first_has_the_given_one():
    for frames, size in ((2, 1), (7, 1), (7, 4), (21, 8), (5, 99), (9, None)):
        chunks = chunks_of(frames, size)
        assert [f for part in chunks for f in range(part.start, part.stop)] == list(range(frames))
        free = [part.stop - max(part.start, 1) for part in chunks]
        assert free[:-1] == [size] * (len(free) - 1)
        assert 1 <= free[-1] <= (size or frames)
    assert frames_seen(chunks_of(7, None)) == 1
    assert frames_seen(chunks_of(7, 1)) == 1 + 6 / 7


@pytest.mark.parametrize("predicts", ["data", "velocity"])
def test_one_chunk_is_the_bidirectional_model(predicts):
    causal, plain = policy_of(6, predicts), policy_of(None, predicts)
    _, condition, x, levels = situation(causal)
    assert torch.equal(
        taught_velocity(causal, x, levels, condition, x), plain.velocity(x, At(levels), condition).detach()
    )
    assert torch.equal(*(policy.velocity(x, At(levels), condition) for policy in (causal, plain))), (
        "no past to give"
    )
    noise = torch.randn(SHAPE)
    assert torch.equal(*(roll(policy, condition, noise, Sampling(steps=3)) for policy in (causal, plain)))


@pytest.mark.parametrize("chunk_frames", FORMS)
def test_taught_velocity_is_the_cached_samplers(chunk_frames):
    policy = policy_of(chunk_frames)
    x0, condition, x, levels = situation(policy)
    taught, chunk = taught_velocity(policy, x, levels, condition, x0), None
    with torch.no_grad():
        for frames in policy.chunks(SHAPE[2]):
            chunk = policy.next_chunk(condition, chunk)
            assert chunk.frames == frames
            cached = policy.velocity(x[:, :, frames], At(levels[:, 0, frames.start, 0, 0]), chunk.condition)
            torch.testing.assert_close(cached, taught[:, :, frames], atol=1e-4, rtol=1e-4)
            chunk = replace(chunk, made=x0[:, :, frames])


@pytest.mark.parametrize("chunk_frames", FORMS)
def test_no_token_feels_the_future(chunk_frames):
    policy = policy_of(chunk_frames)
    x0, condition, x, levels = situation(policy)
    before = taught_velocity(policy, x, levels, condition, x0)
    for frames in policy.chunks(SHAPE[2])[:-1]:
        noisy, clean = x.clone(), x0.clone()
        noisy[:, :, max(frames.start, 1) : frames.stop] += 1
        clean[:, :, max(frames.start, 1) : frames.stop] += 1
        # A noised chunk is felt by itself alone; a clean one by those after it alone.
        change = (taught_velocity(policy, noisy, levels, condition, x0) - before).abs().amax((0, 1, 3, 4))
        assert change[: frames.start].sum() < 1e-4 > change[frames.stop :].sum()
        assert change[frames][-1] > 1e-2
        change = (taught_velocity(policy, x, levels, condition, clean) - before).abs().amax((0, 1, 3, 4))
        assert change[: frames.stop].max() < 1e-4
        assert (change[frames.stop :] > 1e-4).all()


def test_the_last_frame_before_a_chunk_is_where_it_goes_on_from():
    """With attention cut off, a chunk still feels that frame, and no other of the past."""
    policy = policy_of(2)
    for block in policy.module.blocks:
        torch.nn.init.zeros_(block.out.weight)
    x0, condition, x, levels = situation(policy)
    before = taught_velocity(policy, x, levels, condition, x0)
    for frame, felt in ((1, False), (2, True), (3, False), (4, True)):
        clean = x0.clone()
        clean[:, :, frame] += 1
        change = (taught_velocity(policy, x, levels, condition, clean) - before).abs().amax((0, 1, 3, 4))
        own = slice(frame + 1, frame + 3)
        assert bool((change[own] > 1e-4).all()) is felt
        change[own] = 0
        assert change.max() < 1e-5


def test_a_chunks_level_is_its_own():
    policy = policy_of(2)
    x0, condition, x, levels = situation(policy)
    other = levels.clone()
    other[:, :, 3:5] = 0.05
    change = taught_velocity(policy, x, other, condition, x0) - taught_velocity(
        policy, x, levels, condition, x0
    )
    moved = change.abs().amax((0, 1, 3, 4)) > 1e-4
    assert moved.tolist() == [False, False, False, True, True, False, False]


def test_items_that_are_dropped_change_no_other():
    policy, sampling = policy_of(2), Sampling(steps=3)
    _, condition, _, _ = situation(policy)
    noise = torch.randn(SHAPE)
    whole = roll(policy, condition, noise, sampling)
    walk = chunkwise(policy, condition, noise, sampling)
    next(walk)
    walk.send(torch.tensor([True, False, True]))
    progress = walk.send(torch.tensor([1]))
    assert progress.items.tolist() == [2]
    torch.testing.assert_close(progress.made, whole[2:], atol=1e-5, rtol=1e-4)
    with pytest.raises(StopIteration):
        next(walk)


def test_a_video_without_its_past_is_refused():
    policy = policy_of(2)
    _, condition, x, levels = situation(policy)
    with pytest.raises(ValueError, match=r"chunk_frames=2.*whole video without its past"):
        policy.velocity(x, At(levels), condition)


def test_saved_and_loaded_and_a_bidirectional_one_is_saved_as_before(tmp_path):
    policy = policy_of(4)
    policy.save(tmp_path / "causal")
    again = load_policy(tmp_path / "causal", device=CPU)
    _, condition, _, _ = situation(policy)
    noise = torch.randn(SHAPE)
    assert torch.equal(*(roll(one, condition, noise, Sampling(steps=2)) for one in (policy, again)))
    policy_of(None).save(tmp_path / "plain")
    assert "chunk_frames" not in json.loads((tmp_path / "plain" / CONFIG).read_text())


def test_levels_a_frame_are_lined_up_axis_by_axis():
    x, levels = torch.zeros(SHAPE), torch.rand(SHAPE[0], 1, SHAPE[2], 1, 1)
    assert expand(levels, x) is levels
    for shape in ((3, 7), (3, 1, 6, 1, 1), (1, 1, 7, 1, 1), (3, 7, 1, 1)):
        with pytest.raises(ValueError, match="sigma has shape"):
            expand(torch.zeros(shape), x)
