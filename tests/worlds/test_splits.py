"""Splits share no board, mirror images included; an address names one problem everywhere."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videorlvr.base import seeding
from videorlvr.worlds import WORLDS, world_of
from videorlvr.worlds.api import SPLITS, Grid, Problem
from videorlvr.worlds.problems import make_problem, split_of
from videorlvr.worlds.symmetry import flipped, images, transposed

NUM_PROBLEMS = {"micro": {"train": 150, "val": 30, "test": 30}, "small": {"train": 60, "val": 10, "test": 10}}


@cache
def train_problem(name: str, level: str, index: int) -> Problem:
    return make_problem(world_of(name), level, "train", index)


@pytest.mark.parametrize("level", ["micro", "small"])
@pytest.mark.parametrize("name", WORLDS)
def test_no_board_is_in_two_splits(name, level):
    world = WORLDS[name]
    boards: dict[str, set[bytes]] = {}
    for split in SPLITS:
        problems = [make_problem(world, level, split, index) for index in range(NUM_PROBLEMS[level][split])]
        keys = [world.canonical(problem.grid) for problem in problems]
        assert all(split_of(key) == split for key in keys)
        # What a model could remember: the board as it is shown, in any of its eight images.
        boards[split] = {
            bytes(image.shape) + image.ground.tobytes() + image.figure.tobytes()
            for problem in problems
            for image in images(problem.grid)
        }
        assert len(set(keys)) > 0.4 * len(keys), "problems hardly vary"
    assert not boards["train"] & boards["val"]
    assert not boards["train"] & boards["test"]
    assert not boards["val"] & boards["test"]


@pytest.mark.parametrize("name", WORLDS)
def test_splits_share_the_boards_eight_to_one_to_one(name):
    """Of distinct boards as the generator makes them: 600 give shares to within about one in a hundred."""
    world, keys = WORLDS[name], set()
    level = world.levels["small"]
    for index in range(5000):
        draft = world.generate(level, seeding.rng("test-split-shares", name, index))
        if draft is not None:
            keys.add(world.canonical(draft.grid))
        if len(keys) == 600:
            break
    shares = {split: sum(split_of(key) == split for key in keys) / len(keys) for split in SPLITS}
    assert len(keys) == 600
    assert shares["val"] == pytest.approx(0.1, abs=0.05)
    assert shares["test"] == pytest.approx(0.1, abs=0.05)
    assert shares["train"] == pytest.approx(0.8, abs=0.06)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(sorted(WORLDS)),
    level=st.sampled_from(["micro", "small", "paper"]),
    index=st.integers(0, 15),
    turns=st.lists(st.booleans(), max_size=6),
)
def test_mirror_images_are_one_puzzle(name, level, index, turns):
    world, problem = WORLDS[name], train_problem(name, level, index)
    image = problem.grid
    for turn in turns:
        image = transposed(image) if turn else flipped(image)
    assert world.canonical(image) == world.canonical(problem.grid)
    assert split_of(world.canonical(image)) == "train"
    # An image is the same puzzle to its player, too: it has a solution, of the same length.
    moves, mirrored = world.solve(problem.grid), world.solve(image)
    assert mirrored is not None
    assert len(world.play(image, mirrored)) == len(world.play(problem.grid, moves))


def key(grid: Grid) -> bytes:
    return bytes(grid.shape) + grid.ground.tobytes() + grid.figure.tobytes()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_images_are_the_eight_of_the_square(rows, cols, seed):
    """Turning any image gives one of the eight again, all eight are there, each turn undoes itself."""
    rng = np.random.default_rng(seed)
    grid = Grid(rng.integers(0, 64, (rows, cols), np.uint8), rng.integers(0, 5, (rows, cols), np.uint8))
    keys = [key(image) for image in images(grid)]
    assert len(keys) == 8
    assert key(grid) in keys
    for image in images(grid):
        assert {key(flipped(image)), key(transposed(image))} <= set(keys)
    assert flipped(flipped(grid)) == grid
    assert transposed(transposed(grid)) == grid
    if rows * cols >= 6 and len(np.unique(grid.ground)) == rows * cols:
        assert len(set(keys)) == 8


def test_walls_turn_with_the_board():
    """A wall between two cells is a wall between their images, at the corner of a small board."""
    walled = Grid(np.array([[2 + 4, 8], [1, 0]], np.uint8), np.array([[1, 2], [3, 0]], np.uint8))
    side = {(0, 1): 2, (0, -1): 8, (1, 0): 4, (-1, 0): 1}
    for image in images(walled):
        where = {int(f): tuple(np.argwhere(image.figure == f)[0]) for f in (1, 2, 3)}
        for other in (2, 3):  # the marked cell has a wall towards both of its neighbours, and they towards it
            step = tuple(int(b - a) for a, b in zip(where[1], where[other], strict=True))
            assert image.ground[where[1]] & side[step]
            assert image.ground[where[other]] == side[step[0] * -1, step[1] * -1]


ADDRESSES = [
    (name, level, split, index)
    for name in sorted(WORLDS)
    for level, split, index in (("micro", "train", 10_000_123), ("small", "test", 2), ("paper", "val", 1))
]


def fingerprint() -> str:
    problems = [make_problem(world_of(name), *rest).to_json() for name, *rest in ADDRESSES]
    return hashlib.sha256(json.dumps(problems).encode()).hexdigest()


def test_an_address_names_the_same_problem_in_another_process():
    np.random.seed(1)  # the global generator must not matter
    script = "import runpy, sys; print(runpy.run_path(sys.argv[1])['fingerprint']())"
    seen = {
        subprocess.run(
            [sys.executable, "-c", script, __file__],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert seen == {fingerprint()}
