"""Verdicts on many videos at once, on the CPU cores beside the GPU.

Law: those of the one door, `judge.door`; workers and parts change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from videorlvr.base.processes import start_workers
from videorlvr.judge.door import judge_batch
from videorlvr.judge.tolerance import Tolerance
from videorlvr.worlds.api import Problem, Verdict, Video

CHUNK = 64


class Judge:
    """A pool of judging processes; with no workers it judges in this one.

    The workers never import torch. Close it, or use it as a context.
    """

    def __init__(self, tolerance: Tolerance, num_workers: int = 0) -> None:
        self.tolerance = tolerance
        self._pool = start_workers(num_workers)

    def submit(self, problems: Sequence[Problem], videos: Video) -> list[Future[list[Verdict]]]:
        """Begin judging, and return the parts of the answer in order; `collect` waits for them."""
        parts: list[Future[list[Verdict]]] = []
        for start in range(0, len(problems), CHUNK):
            part = (problems[start : start + CHUNK], videos[start : start + CHUNK], self.tolerance)
            if self._pool:
                parts.append(self._pool.submit(judge_batch, *part))
            else:
                done: Future[list[Verdict]] = Future()
                done.set_result(judge_batch(*part))
                parts.append(done)
        return parts

    @staticmethod
    def collect(parts: Sequence[Future[list[Verdict]]]) -> list[Verdict]:
        return [verdict for part in parts for verdict in part.result()]

    def __call__(self, problems: Sequence[Problem], videos: Video) -> list[Verdict]:
        return self.collect(self.submit(problems, videos))

    def close(self) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
