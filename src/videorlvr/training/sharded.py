"""Checkpoints of weights that are spread over ranks: every rank writes its parts, and any number of ranks reads them.

Law: tensors have the names that they have in a checkpoint of one process, whatever their parts.

Source: torch.distributed.checkpoint, whose files hold no code: its pickled metadata is read by torch's own reader.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.distributed.checkpoint.filesystem import FileSystemReader, FileSystemWriter
from torch.distributed.checkpoint.metadata import TensorStorageMetadata
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save

from videorlvr.models.shards import empty_as

SHARDS = "shards"


def write_sharded(tensors: Mapping[str, Tensor], folder: Path) -> None:
    """Write tensors, some of them spread, into a folder that there is; all ranks must call it."""
    save(dict(tensors), storage_writer=FileSystemWriter(folder / SHARDS), no_dist=_alone())


def read_sharded(folder: Path, pattern: Callable[[str], Tensor | None]) -> dict[str, Tensor]:
    """All tensors of a checkpoint, each spread as `pattern` of its name is; all ranks must call it."""
    reader = FileSystemReader(folder / SHARDS)
    found = reader.read_metadata().state_dict_metadata
    out = {
        name: empty_as(stored.size, stored.properties.dtype, pattern(name))
        for name, stored in found.items()
        if isinstance(stored, TensorStorageMetadata)
    }
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "torch.distributed is disabled"
        )  # so it is, where one process goes on
        load(out, storage_reader=reader, no_dist=_alone())
    return out


def is_sharded(folder: Path) -> bool:
    return (folder / SHARDS).is_dir()


def _alone() -> bool:
    return not (torch.distributed.is_available() and torch.distributed.is_initialized())
