"""Chance is the same chance for ever: rows of tables in docs rest on what these videos are."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from videorlvr.players.baselines import BASELINES
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem

DIGESTS = {
    "maze": ("ffa4f6136fff", "c4ee037b0f60"),
    "flowfree": ("2fe30a987435", "33047c8d4465"),
    "sokoban": ("7730c979a7bf", "b7afa62f753e"),
}
"""Of random legal videos of test problem 0 at `micro`, sample 0 and 1."""


@pytest.mark.parametrize("name", WORLDS)
def test_a_random_video_is_that_of_its_address_and_sample(name):
    world, problem = WORLDS[name], make_problem(WORLDS[name], "micro", "test", 0)
    for sample, digest in enumerate(DIGESTS[name]):
        (video,) = BASELINES["random-legal"](world, [problem], sample)
        assert hashlib.sha256(video.tobytes()).hexdigest()[:12] == digest


@pytest.mark.parametrize("name", WORLDS)
def test_a_frozen_frame_is_as_long_as_the_problem_and_moves_nothing(name):
    world, problem = WORLDS[name], make_problem(WORLDS[name], "micro", "test", 0)
    (video,) = BASELINES["frozen-frame"](world, [problem], 0)
    assert len(video) == problem.num_frames
    assert (video == video[0]).all()
    assert np.array_equal(video[0], BASELINES["oracle"](world, [problem], 0)[0][0])
