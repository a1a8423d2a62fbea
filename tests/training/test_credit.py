"""Credit by frame: right on a toy whose gradient is known, silent where the verdict says nothing."""

import itertools

import numpy as np

from videorlvr.models.chunks import chunks_of
from videorlvr.training.credit import frame_advantages, legal_frames, returns_to_go
from videorlvr.worlds.api import Verdict

BONUS = 2.0


def test_legal_frames_of_verdicts():
    verdicts = [
        Verdict(True, ""),
        Verdict(False, "jump", 3),
        Verdict(False, "wrong_start", 0),
        Verdict(False, "x"),
    ]
    assert legal_frames(verdicts, 5).tolist() == [5, 3, 0, 0]


def test_returns_to_go_by_hand():
    np.testing.assert_allclose(returns_to_go(5, 5, bonus=2.0, discount=1.0), [3, 3, 2.75, 2.5, 2.25])
    np.testing.assert_allclose(returns_to_go(2, 5, bonus=2.0, discount=1.0), [0.25, 0.25, 0, 0, 0])
    np.testing.assert_allclose(returns_to_go(3, 5, bonus=2.0, discount=0.5), [0.1875, 0.375, 0.25, 0, 0])


CHANCE = np.array([0.75, 0.5, 0.75, 0.5])
"""Of each frame to be legal, frames independent: 64 videos are every outcome as often as it is likely."""


def population():
    """(legal frames [64], score of each frame's logit [64, 4])."""
    legal, scores = [], []
    for ok in itertools.product((1, 0), repeat=4):
        times = round(64 * np.prod(np.where(ok, CHANCE, 1 - CHANCE)))
        legal += [next((f + 1 for f, good in enumerate(ok) if not good), 5)] * times
        scores += [np.array(ok) - CHANCE] * times
    assert len(legal) == 64
    return np.array(legal), np.array(scores)


def expected_return(logits):
    """By the product of chances: 1 / 4 for each frame that is reached legally, and the bonus for all of them."""
    reached = np.cumprod(1 / (1 + np.exp(-logits)))
    return reached.sum() / 4 + BONUS * reached[-1]


def test_the_estimator_is_the_gradient_and_has_less_noise():
    logits, step = np.log(CHANCE / (1 - CHANCE)), 1e-5 * np.eye(4)
    exact = np.array([(expected_return(logits + d) - expected_return(logits - d)) / 2e-5 for d in step])
    legal, scores = population()
    whole = returns_to_go(legal, 5, bonus=BONUS, discount=1.0)[:, 0]
    by_video = (whole - whole.mean())[:, None] * scores
    advantages, _ = frame_advantages(legal, np.zeros(64), 5, bonus=BONUS, discount=1.0, max_advantage=99.0)
    by_frame = whole.std() * advantages[:, 1:] * scores
    np.testing.assert_allclose(by_video.mean(0), exact, atol=1e-9)
    np.testing.assert_allclose(by_frame.mean(0), exact, atol=1e-9)
    assert by_frame.var(axis=0).sum() < 0.7 * by_video.var(axis=0).sum()


def test_advantages_of_a_group_by_hand():
    legal = np.array([4, 3, 2, 3])  # of 4 frames: a success beside a fault in frame 2; two alike between them
    ids = np.array([5, 1, 5, 1])
    advantages, live = frame_advantages(legal, ids, 4, bonus=1.0, discount=1.0, max_advantage=5.0)
    assert live.tolist() == [True, False, True, False]
    assert not advantages[[1, 3]].any()
    # whole returns 2 and 1/3, std 5/6; to go at frame 2: 1 + 2/3 and 0, at frame 3 only the first is alive
    np.testing.assert_allclose(advantages[0], [0, 1, 1, 0], atol=1e-12)
    np.testing.assert_allclose(advantages[2], [0, -1, -1, 0], atol=1e-12)


def test_nothing_after_the_fault_and_nothing_before_any():
    legal = np.array([6, 3, 3, 5])
    advantages, _ = frame_advantages(legal, np.zeros(4), 6, bonus=0.0, discount=0.01, max_advantage=5.0)
    assert not advantages[1, 4:].any()
    assert not advantages[2, 4:].any()
    assert np.abs(advantages[:, 1]).max() < 0.05 < np.abs(advantages[:, 3]).max()


def test_chunks_of_one_frame_are_frames_and_one_chunk_is_the_video():
    legal, ids = np.array([5, 2, 3, 4]), np.zeros(4)
    settings = {"bonus": BONUS, "discount": 1.0, "max_advantage": 99.0}
    by_frame, _ = frame_advantages(legal, ids, 5, **settings)
    ones, _ = frame_advantages(legal, ids, 5, **settings, chunks=chunks_of(5, 1))
    np.testing.assert_array_equal(ones, by_frame)
    whole = returns_to_go(legal, 5, bonus=BONUS, discount=1.0)[:, 0]
    one, _ = frame_advantages(legal, ids, 5, **settings, chunks=chunks_of(5, None))
    np.testing.assert_allclose(
        one[:, 1:], np.repeat(((whole - whole.mean()) / whole.std())[:, None], 4, axis=1)
    )
    assert (one[:, 0] == 0).all()


def test_credit_by_chunk_is_the_gradient():
    """Two frames a chunk, drawn together: the score is a chunk's, and the estimator is still exact."""
    logits, step = np.log(CHANCE / (1 - CHANCE)), 1e-5 * np.eye(4)
    exact = np.array([(expected_return(logits + d) - expected_return(logits - d)) / 2e-5 for d in step])
    legal, scores = population()
    chunks = chunks_of(5, 2)
    assert [(part.start, part.stop) for part in chunks] == [(0, 3), (3, 5)]
    advantages, _ = frame_advantages(
        legal, np.zeros(64), 5, bonus=BONUS, discount=1.0, max_advantage=99.0, chunks=chunks
    )
    whole = returns_to_go(legal, 5, bonus=BONUS, discount=1.0)[:, 0]
    by_chunk = whole.std() * advantages[:, 1:] * scores
    np.testing.assert_allclose(by_chunk.mean(0), exact, atol=1e-9)
    assert (advantages[legal == 2, 1:3] == advantages[legal == 2, 1:2]).all(), (
        "the faulty chunk's frames share one"
    )
    assert (advantages[legal == 2, 3:] == 0).all(), "after the fault nothing counts"
    assert (advantages[legal == 2, 1] < 0).all()
