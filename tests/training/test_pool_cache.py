"""Kept problems are the problems: a resumed run has them at once, and is the same run."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from videorlvr.methods import run
from videorlvr.models.pixels import WEIGHTS
from videorlvr.training import pool_cache
from videorlvr.training.config import Task
from videorlvr.training.data import BLOCK, OracleVideos
from videorlvr.training.loop import Interrupted
from videorlvr.training.pool_cache import PoolCache
from videorlvr.worlds.blocks import oracle_block

TASK = Task(world="maze", level="micro")


@pytest.fixture(autouse=True)
def small_segments(monkeypatch):
    monkeypatch.setattr("videorlvr.training.data.SEGMENT", 2 * BLOCK)


def pool(folder, size=7 * BLOCK - 5):
    return OracleVideos(
        TASK,
        seed=0,
        start=40,
        grow=60,
        size=size,
        workers=None,
        num_workers=0,
        device=torch.device("cpu"),
        cache=PoolCache(folder, TASK) if folder else None,
    )


def files(folder):
    return sorted(folder.rglob("*.npz"))


def test_what_is_kept_is_what_was_made(tmp_path):
    first = pool(tmp_path)
    first.batch(7, 4)  # 460 problems: four blocks
    assert [path.name for path in files(tmp_path)] == ["00000000.npz", "00000256.npz"]
    first.batch(9, 4)  # a fifth
    first.keep()
    assert [path.name for path in files(tmp_path)][2:] == ["00000512.npz"]
    again = pool(tmp_path)
    assert again.num_made == 5 * BLOCK
    assert np.array_equal(again.codes[: 5 * BLOCK], oracle_block("maze", "micro", "train", 0, 5 * BLOCK))
    alone = pool(None)
    for step in (0, 9, 10, 14, 30):
        assert torch.equal(again.batch(step, 16), alone.batch(step, 16))
    again.keep()
    assert pool(tmp_path).num_made == 7 * BLOCK - 5


@pytest.mark.parametrize(
    "harm", ["gone", "torn", "empty", "another world's", "another version's", "wrong", "pickle"]
)
def test_a_segment_that_cannot_be_trusted_is_made_again(tmp_path, harm):
    pool(tmp_path).batch(9, 4)
    middle = files(tmp_path)[1]
    codes = oracle_block("maze", "micro", "train", 256, 256).astype(np.int16)
    match harm:
        case "gone":
            middle.unlink()
        case "torn":
            middle.write_bytes(middle.read_bytes()[:-100])
        case "empty":
            middle.write_bytes(b"")
        case "another world's":
            np.savez(middle, key=np.array("maze-v1/small/train"), codes=codes)
        case "another version's":
            np.savez(middle, key=np.array("maze-v0/micro/train"), codes=codes)
        case "wrong":
            np.savez(middle, key=np.array(PoolCache(tmp_path, TASK).key), codes=codes[1:])
        case "pickle":
            np.savez(middle, key=np.array(PoolCache(tmp_path, TASK).key), codes=np.array([codes], object))
    again = pool(tmp_path)
    assert again.num_made == 256
    assert torch.equal(again.batch(9, 16), pool(None).batch(9, 16))


@pytest.mark.parametrize("deleted", [False, True])
def test_a_resumed_run_is_the_same_run_with_and_without_the_cache(sft_config, tmp_path, deleted):
    config = sft_config(pool_start=400, pool_grow=100, pool_size=1000)
    run(config, tmp_path / "whole")
    for _ in range(3):
        with pytest.raises(Interrupted):
            run(config.model_copy(update={"max_s": 1e-9}), tmp_path / "stopped")
        assert files(tmp_path / "stopped" / "pool")
        if deleted:
            files(tmp_path / "stopped" / "pool")[0].unlink()
    run(config, tmp_path / "stopped")
    ours, theirs = (load_file(tmp_path / name / "policy" / WEIGHTS) for name in ("stopped", "whole"))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert not (tmp_path / "stopped" / "pool").exists()
    assert not (tmp_path / "whole" / "pool").exists()


def test_kept_problems_are_not_made_again(tmp_path, monkeypatch):
    """A hundredth of them is, to see whether they are still the same."""
    first = pool(tmp_path)
    first.batch(14, 4)
    first.keep()
    made = []

    def counted(*place):
        made.append(place[-1])
        return oracle_block(*place)

    monkeypatch.setattr(pool_cache, "oracle_block", counted)
    monkeypatch.setattr("videorlvr.training.data.oracle_block", counted)
    pool(tmp_path).batch(14, 4)
    assert made == [1] * len(files(tmp_path))


def test_what_is_written_aside_is_there_once_it_is_settled(tmp_path):
    codes = oracle_block("maze", "micro", "train", 0, 2 * BLOCK).astype(np.int16)
    cache = PoolCache(tmp_path, TASK, aside=True)
    for start in (0, BLOCK):
        cache.write(start, codes[start : start + BLOCK])
    cache.settle()
    assert np.array_equal(np.concatenate(list(PoolCache(tmp_path, TASK).segments())), codes)


def test_what_cannot_be_written_aside_is_said(tmp_path):
    (tmp_path / "file").write_text("no folder")
    cache = PoolCache(tmp_path / "file", TASK, aside=True)
    cache.write(0, np.zeros((1, 1, 1, 1), np.int16))
    with pytest.raises(OSError, match="file"):
        cache.settle()
