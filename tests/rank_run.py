"""Two processes that train and check together, forked where torch is loaded already: a group for all tests."""

from __future__ import annotations

import multiprocessing
import os
import socket
import traceback
from collections.abc import Callable
from pathlib import Path

import torch

from videorlvr.training.ranks import Ranks, joined


def together(work: Callable[[Ranks], None], said: Path, *, size: int = 2, seconds: float = 150) -> list[str]:
    """Have `work` done by ranks on this machine's CPU; what each failed with, "" where it did not."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said.mkdir(parents=True)
    context = multiprocessing.get_context("fork")
    started = [context.Process(target=_rank, args=(work, rank, size, port, said)) for rank in range(size)]
    for process in started:
        process.start()
    for process in started:
        process.join(seconds)
        if process.is_alive():
            process.kill()
    told = [said / str(rank) for rank in range(size)]
    return [path.read_text() if path.exists() else "it did not come to an end" for path in told]


def _rank(work: Callable[[Ranks], None], rank: int, size: int, port: int, said: Path) -> None:
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    fault = ""
    try:
        with joined() as ranks:
            work(ranks)
    except BaseException:
        fault = traceback.format_exc()
    (said / str(rank)).write_text(fault)
    os._exit(bool(fault))  # nothing of the parent's is tidied up
