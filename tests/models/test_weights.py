"""Weights on disk: whole, for whoever may read the folder, and a full disk has a name."""

from __future__ import annotations

import errno
import os
import resource

import pytest
import torch
from safetensors.torch import load_file

from videorlvr.models.weights import HEADER_BYTES, read_tensors, weight_files, write_shards, write_tensors


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_permissions_are_those_of_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_tensors({"a": torch.ones(3)}, tmp_path / "w.safetensors")
    finally:
        os.umask(before)
    assert (tmp_path / "w.safetensors").stat().st_mode & 0o777 == 0o666 & ~mask


def test_tensors_that_share_memory_come_back_each(tmp_path):
    whole = torch.arange(6.0).reshape(2, 3)
    write_tensors({"a": whole, "b": whole, "row": whole[1], "turned": whole.T}, tmp_path / "w")
    back = load_file(tmp_path / "w")
    assert all(torch.equal(back[name], whole) for name in "ab")
    assert torch.equal(back["row"], whole[1])
    assert torch.equal(back["turned"], whole.T)


def test_a_disk_without_room_keeps_the_old_weights_and_names_the_file(tmp_path):
    path = tmp_path / "w.safetensors"
    write_tensors({"a": torch.ones(3)}, path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))  # as a quota would
    try:
        with pytest.raises(OSError, match=r"w\.safetensors") as caught:
            write_tensors({"a": torch.ones(10_000)}, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.errno == errno.EFBIG
    assert torch.equal(load_file(path)["a"], torch.ones(3))
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_weights_in_parts_are_the_weights_and_leave_no_old_file(tmp_path):
    path, tensors = tmp_path / "w.safetensors", {f"layer{i}": torch.randn(100) for i in range(7)}
    write_tensors(tensors, path)
    most = 3 * 400 + 3 * HEADER_BYTES
    files = write_shards(tensors, path, most_bytes=most)
    assert [file.name for file in files] == [f"w-{i}-of-3.safetensors" for i in (1, 2, 3)]
    assert not path.exists()
    assert all(file.stat().st_size <= most for file in files)
    assert weight_files(path) == files
    back = read_tensors(files)
    assert list(back) == list(tensors)
    assert all(torch.equal(back[name], value) for name, value in tensors.items())
    assert write_shards(tensors, path, most_bytes=10**6) == [path] == weight_files(path)
    assert not list(tmp_path.glob("w-*"))


def test_a_part_that_is_missing_is_named(tmp_path):
    path = tmp_path / "w.safetensors"
    assert weight_files(path) == []
    files = write_shards({f"layer{i}": torch.zeros(100) for i in range(3)}, path, most_bytes=700)
    assert len(files) == 3
    files[1].unlink()
    with pytest.raises(ValueError, match=r"w-2-of-3\.safetensors is missing"):
        weight_files(path)
