"""What a Dask cluster costs and brings where files are scored, beside the processes of one machine.

    python benchmarks/cluster_speed.py --counts 250,1000 --workers 2 [--executor dask://HOST:PORT]

Exports so many problems with their oracle videos, and scores these files by local processes and over Dask: workers of
a cluster that is started here, unless the address of one is given. Verdicts must be equal. Prints seconds, files a
second, and the exponent of growth between the first count and the last (1 is linear).
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from videorlvr.base.executor import working_on
from videorlvr.evaluation.export import export
from videorlvr.evaluation.score import score
from videorlvr.worlds import world_of


def timed(manifest: Path, where: str, workers: int) -> tuple[float, list[Any]]:
    began = time.perf_counter()
    with working_on(where):
        result = score(manifest, manifest.parent / "oracle", workers=workers)
    return time.perf_counter() - began, result["records"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--counts", default="250,1000")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--executor", help="a cluster that runs; default: one that is started here")
    args = parser.parse_args()
    counts = [int(part) for part in args.counts.split(",")]
    context: Any = nullcontext(None)
    if args.executor is None:
        from distributed import LocalCluster

        context = LocalCluster(n_workers=args.workers, threads_per_worker=1, dashboard_address=None)
    seconds: dict[str, list[float]] = {"local": [], "dask": []}
    with context as started, tempfile.TemporaryDirectory() as base:
        address = args.executor or started.scheduler_address.replace("tcp://", "dask://")
        for count in counts:
            folder = Path(base) / str(count)
            manifest = export(world_of("maze"), "small", "val", count, folder)
            verdicts = []
            for name, where in (("local", "local"), ("dask", address)):
                took, found = timed(manifest, where, args.workers)
                seconds[name].append(took)
                verdicts.append(found)
                print(f"{count} files, {name}: {took:.1f} s, {count / took:.0f} a second", flush=True)
            assert verdicts[0] == verdicts[1], "verdicts differ"
    if len(counts) > 1:
        growth = {
            name: round(math.log(took[-1] / took[0]) / math.log(counts[-1] / counts[0]), 2)
            for name, took in seconds.items()
        }
        print(json.dumps({"counts": counts, "seconds": seconds, "growth": growth}))


if __name__ == "__main__":
    main()
