"""Rollouts by chunk: ended at the first fault, and nothing else is changed by that."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from videorlvr.flow.sampler import StochasticSteps
from videorlvr.judge.door import judge_batch
from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.models.api import Chunk, Condition
from videorlvr.models.chunks import chunks_of
from videorlvr.models.module import ModulePolicy
from videorlvr.models.pixels import condition_pixels, decode_pixels, encode_pixels
from videorlvr.players.chunks import sample_chunks
from videorlvr.players.policy import condition_of
from videorlvr.players.rollouts import begin
from videorlvr.players.sampling import Sampling
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.render import oracle_video

SAMPLING = Sampling(steps=3)


class Known(ModulePolicy):
    """Knows which videos it is to make: the straight path to them, two frames at a time."""

    def __init__(self, videos):
        super().__init__(torch.nn.Linear(1, 1))
        self.videos = videos

    def condition(self, first, prompts, num_frames):
        base = condition_pixels(first, num_frames)
        return Condition(base.clean, base.free, {"target": encode_pixels(self.videos)})

    def chunks(self, num_frames):
        return chunks_of(num_frames, 2)

    def next_chunk(self, condition, done):
        chunks = self.chunks(condition.clean.shape[2])
        at = chunks[0] if done is None else chunks[chunks.index(done.frames) + 1]
        target = condition.extra["target"][:, :, at]
        return Chunk(at, Condition(condition.clean[:, :, at], condition.free[:, :, at], {"target": target}))

    def velocity(self, x, at, condition):
        return (x - condition.extra["target"]) / at.sigma[:, None, None, None, None]

    def decode(self, x):
        return decode_pixels(x)


def spoilt_at(frame, video, other):
    """The solution up to a frame, from which on it is another board's."""
    out = video.copy()
    out[frame:] = other[frame:]
    return out


@pytest.fixture(scope="module")
def made():
    """Problems, and videos of them: one right, one that stands still, others spoilt at each frame."""
    world = world_of("sokoban")
    board, other = (make_problem(world, "micro", "val", index) for index in (0, 1))
    right, wrong = oracle_video(world, board), oracle_video(world, other)
    still = right.copy()
    still[2:] = right[1]
    videos = [right, still, *(spoilt_at(frame, right, wrong) for frame in range(1, len(right)))]
    return [board] * len(videos), np.stack(videos)


def test_ended_at_the_first_fault_and_judged_alike(made):
    problems, videos = made
    policy = Known(torch.from_numpy(videos))
    condition = condition_of(policy, problems)
    noise = torch.randn(condition.clean.shape)
    whole, all_cost = sample_chunks(policy, condition, noise, SAMPLING, problems=problems, judge=None)
    np.testing.assert_array_equal(decode_pixels(whole).numpy(), videos)
    with Judge(EXACT) as judge:
        ended, cost = sample_chunks(policy, condition, noise, SAMPLING, problems=problems, judge=judge)
    shown = decode_pixels(ended).numpy()
    before, after = (judge_batch(problems, some, EXACT) for some in (videos, shown))
    assert [(v.success, v.reason, v.frame) for v in after] == [(v.success, v.reason, v.frame) for v in before]
    assert [v.success for v in after[:2]] == [True, False]
    used, chunks = 0.0, policy.chunks(8)
    for number, verdict in enumerate(before):
        faulty = number > 1
        stop = next(part.stop for part in chunks if part.stop > verdict.frame) if faulty else 8
        np.testing.assert_array_equal(shown[number, :stop], videos[number, :stop])
        assert (shown[number, stop:] == shown[number, stop - 1]).all()
        # Three looks at each chunk that is made, and one more, clean, at each that is gone on from.
        made_chunks = [part for part in chunks if part.stop <= stop]
        used += sum((3 + (part.stop < stop)) * (part.stop - part.start) / 8 for part in made_chunks)
    assert cost == pytest.approx(used / len(videos))
    assert all_cost == pytest.approx(3 + 7 / 8)
    assert cost < 0.8 * all_cost


def test_stochastic_steps_are_refused(made):
    problems, videos = made
    with pytest.raises(ValueError, match=r"stochastic steps with a causal policy.*awm"):
        begin(
            Known(torch.from_numpy(videos)),
            problems,
            group_ids=np.arange(len(problems)),
            sampling=SAMPLING,
            steps=StochasticSteps((0,), "flow-sde", 0.5),
            generator=torch.Generator(),
        )
