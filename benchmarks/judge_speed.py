"""How many small videos a second are read and verified?

    python benchmarks/judge_speed.py [--level small] [--count 1024] [--workers 2]

Oracle videos, random-legal ones and noise in equal parts, in batches of 64, once in this process and once
over `--workers` processes; the target is 2,000 a second on two cores. Floor: reading every pixel once.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.players.baselines import oracle, random_legal
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem

DISTINCT = 192


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--level", default="small")
    parser.add_argument("--count", type=int, default=1536)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    for world in WORLDS.values():
        problems = [make_problem(world, args.level, "train", index) for index in range(DISTINCT)]
        third = DISTINCT // 3
        videos = np.concatenate(
            [
                oracle(world, problems[:third], 0),
                random_legal(world, problems[third : 2 * third], 0),
                np.random.default_rng(0).integers(
                    0, 256, oracle(world, problems[2 * third :], 0).shape, dtype=np.uint8
                ),
            ]
        )
        repeats = max(1, args.count // DISTINCT)
        for workers in (0, args.workers):
            with Judge(EXACT, workers) as judge:
                judge(problems, videos)  # starts the processes
                began = time.perf_counter()
                parts = [judge.submit(problems, videos) for _ in range(repeats)]
                verdicts = [judge.collect(part) for part in parts]
                seconds = time.perf_counter() - began
            num_judged = sum(len(part) for part in verdicts)
            where = f"{workers} processes" if workers else "this process"
            print(
                f"{world.name:9} {args.level}  {where:12}  {num_judged / seconds:7,.0f} videos/s", flush=True
            )


if __name__ == "__main__":
    main()
