"""Verdicts on many videos at once, on the CPU cores beside the GPU.

The same `read` and `verify` as everywhere: reward and evaluation cannot disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from videorlvr.base.processes import start_workers
from videorlvr.judge.read import read
from videorlvr.judge.video import judge_video
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, Verdict, Video
from videorlvr.worlds.problems import theme_of
from videorlvr.worlds.verify import array_fault

CHUNK = 64


def judge_batch(problems: Sequence[Problem], videos: Video) -> list[Verdict]:
    """Verdicts on videos [B, T, H, W, 3]; video i claims to solve problem i. One world; layouts may vary."""
    out: list[Verdict | None] = [None] * len(problems)
    by_layout: dict[object, list[int]] = {}
    for index, problem in enumerate(problems):
        by_layout.setdefault((problem.layout, problem.theme), []).append(index)
    for indices in by_layout.values():
        problem = problems[indices[0]]
        world = world_of(problem.address.world)
        fit = [index for index in indices if not array_fault(problems[index], videos[index])]
        for index in set(indices) - set(fit):
            out[index] = judge_video(world, problems[index], videos[index])
        if not fit:
            continue
        traces = read(videos[fit], layout=problem.layout, theme=theme_of(world, problem))
        for index, trace in zip(fit, traces, strict=True):
            out[index] = world.verify(problems[index], trace)
    return [verdict for verdict in out if verdict is not None]


class Judge:
    """A pool of judging processes; with no workers it judges in this one.

    The workers never import torch. Close it, or use it as a context.
    """

    def __init__(self, num_workers: int = 0) -> None:
        self._pool = start_workers(num_workers)

    def submit(self, problems: Sequence[Problem], videos: Video) -> list[Future[list[Verdict]]]:
        """Begin judging, and return the parts of the answer in order; `collect` waits for them."""
        parts: list[Future[list[Verdict]]] = []
        for start in range(0, len(problems), CHUNK):
            part = (problems[start : start + CHUNK], videos[start : start + CHUNK])
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
