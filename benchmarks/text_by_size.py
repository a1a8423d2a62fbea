"""Success by size: next-token prediction, MLM-U and a video policy on the same problems, at equal parameters and time.

    python benchmarks/text_by_size.py --out runs/by-size --seconds 120 --jobs 6
    python benchmarks/text_by_size.py --out runs/by-size --table

A job is a method, a level and a size; it learns the three worlds of its level at once for so many seconds of the clock
and then answers test problems that no run has seen. Every job measures its own step first and takes as many as fit its
seconds, so that learning rates end where they should; jobs run so many at a time, so that a second is the same share of
the machine for all. A result is a line in results.jsonl; jobs that have one are passed by, so a stopped run goes on.

Rule, stated before any job was run: everything that ran is reported, of one seed, on the test split, with 95% intervals
over puzzles; no setting was chosen on it. Two methods are said to differ on a world and level where the intervals of
their difference over problems exclude zero (`videorlvr compare`), and nothing is said of the worlds together.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

WORLDS = ("maze", "flowfree", "sokoban")
SIZES = {"0.8M": (128, 4, 4), "3M": (256, 4, 4), "11M": (384, 6, 6)}
"""Name -> width, layers, heads; twelve times width squared a layer in all three kinds of models, about."""
METHODS = ("text-sft", "mlm-u", "sft")
MEASURED_STEPS, WARM_STEPS = 24, 8
OVERHEAD_S = 50.0
"""Of a job besides its training: imports, and answering."""


def config_of(method: str, level: str, size: str, *, seed: int, workers: int, batch: int) -> Any:
    """The configuration of a job, its number of steps still to be set."""
    from videorlvr.methods import method_of

    width, depth, heads = SIZES[size]
    values: dict[str, Any] = {
        "tasks": [f"{world}:{level}" for world in WORLDS],
        "seed": seed,
        "num_workers": workers,
        "num_steps": 1000,
        "batch": batch,
        "warmup": 50,
        "pool_start": 1024,
        "pool_size": 60_000,
    }
    form = {"width": width, "depth": depth, "heads": heads}
    match method:
        case "text-sft":
            values |= {"model": {"family": "llama", **form}, "log_every": 50}
        case "mlm-u":
            values |= {"model": {"family": "masked", **form}, "log_every": 50}
        case "sft":
            values |= {
                "model": form,
                "batch": max(8, batch // 4),
                "log_every": 50,
                "compile": True,
                "pool_grow": 16,
            }
    return method_of(method).config_type.model_validate(values)


def fitted(config: Any, seconds: float) -> Any:
    """The configuration with as many steps as fit, by the median time of a step here and now."""
    import torch

    from videorlvr.judge.pool import Judge
    from videorlvr.judge.tolerance import EXACT
    from videorlvr.methods import method_of
    from videorlvr.models.load import new_policy
    from videorlvr.training.device import device_of
    from videorlvr.training.learner import Bench

    policy = new_policy(config.model, seed=config.seed, device=device_of(config.device))
    with Judge(EXACT, 0) as judge:
        learner = method_of(config.method).make_learner(config, policy, Bench(judge))
        times = []
        for index in range(WARM_STEPS + MEASURED_STEPS):
            began = time.monotonic()
            learner.step(index)
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            times.append(time.monotonic() - began)
        learner.close()
    spent = sum(times)
    each = sorted(times[WARM_STEPS:])[MEASURED_STEPS // 2]
    return config.changed(num_steps=max(50, int((seconds - spent) / each)), warmup=50, max_s=None)


def work(name: str, out: Path, args: argparse.Namespace) -> None:
    """One job: measure, train, evaluate, write its line."""
    from videorlvr.base.records import append_jsonl, read_jsonl
    from videorlvr.cli.evaluate import evaluate_run
    from videorlvr.evaluation.suites import suite_of
    from videorlvr.methods import run

    method, level, size = name.split("/")
    config = config_of(method, level, size, seed=args.seed, workers=args.workers, batch=args.batch)
    folder = out / name.replace("/", "-")
    if not folder.exists():
        config = fitted(config, args.seconds)
        began = time.monotonic()
        run(config, folder)
        seconds = time.monotonic() - began
    else:
        seconds = float("nan")
    done = json.loads((folder / "done.json").read_text())
    last = read_jsonl(folder / "metrics.jsonl")[-1]
    line = {
        "job": name,
        "method": method,
        "level": level,
        "size": size,
        "seed": args.seed,
        "parameters": done["parameters"],
        "steps": done["steps"],
        "seconds": round(seconds, 1),
        **{key: last.get(key) for key in ("loss", "samples", "tokens", "flops", "network_evaluations")},
        "results": {},
    }
    for world in WORLDS:
        summary = evaluate_run(folder, suite_of(f"{world}:{level}:{args.problems}"))
        part = summary["results"]["worlds"][world]
        line["results"][world] = {
            key: part[key] for key in ("n", "success", "low", "high", "process", "reasons")
        }
        line["results"][world] |= {"answers": summary.get("answers", {}).get(world)}
    append_jsonl(out / "results.jsonl", line)
    print(name, {world: round(part["success"], 3) for world, part in line["results"].items()}, flush=True)


def campaign(out: Path, args: argparse.Namespace) -> None:
    """All jobs, so many at a time, each a process; none is begun that would not end within the limit."""
    from videorlvr.base.records import read_jsonl

    found = (
        {line["job"] for line in read_jsonl(out / "results.jsonl")}
        if (out / "results.jsonl").exists()
        else set()
    )
    left = [
        name
        for level in args.levels
        for size in args.sizes
        for method in args.methods
        if (name := f"{method}/{level}/{size}") not in found
    ]
    began, running = time.monotonic(), list[subprocess.Popen[bytes]]()
    if args.limit:
        rounds = -(-len(left) // args.jobs)
        args.seconds = min(args.seconds, max(10.0, args.limit / max(1, rounds) - OVERHEAD_S - 2))
        print(f"{len(left)} jobs in {rounds} rounds, {args.seconds:.0f} s each", flush=True)
    while left or running:
        running = [process for process in running if process.poll() is None]
        late = args.limit and time.monotonic() - began + args.seconds + OVERHEAD_S > args.limit
        if left and late:
            print(f"no time for {', '.join(left)}", flush=True)
            left = []
        while left and len(running) < args.jobs:
            own = ["--seconds", str(args.seconds), "--job", left.pop(0)]
            command = [sys.executable, __file__, *sys.argv[1:], *own]
            running.append(subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}))
        if args.limit and time.monotonic() - began > args.limit:
            for process in running:
                process.terminate()
            break
        time.sleep(0.5)


def table(out: Path) -> None:
    """What came out, as Markdown."""
    from videorlvr.base.records import read_jsonl

    if not (out / "results.jsonl").exists():
        raise SystemExit(f"no results in '{out}' yet: run it without --table first")
    print("| level | parameters | method | steps | samples | FLOPs | " + " | ".join(WORLDS) + " |")
    print("|---|---|---|---|---|---|" + "---|" * len(WORLDS))
    for line in sorted(
        read_jsonl(out / "results.jsonl"),
        key=lambda each: (each["level"], each["parameters"], each["method"]),
    ):
        cells = [
            f"{100 * part['success']:.1f} [{100 * part['low']:.1f}, {100 * part['high']:.1f}]"
            for part in (line["results"][world] for world in WORLDS)
        ]
        samples = line["samples"] or (line["network_evaluations"] or 0) // 3
        flops = f"{line['flops']:.2g}" if line["flops"] else "n/a"
        size = f"{line['parameters'] / 1e6:.2f}M"
        row = [line["level"], size, line["method"], str(line["steps"]), str(samples), flops, *cells]
        print("| " + " | ".join(row) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of runs and results.jsonl")
    parser.add_argument("--seconds", type=float, default=120.0, help="of training a job")
    parser.add_argument("--jobs", type=int, default=6, help="at a time")
    parser.add_argument("--workers", type=int, default=2, help="processes a job that make problems")
    parser.add_argument(
        "--batch", type=int, default=256, help="problems of each world a step; of videos a quarter"
    )
    parser.add_argument("--problems", type=int, default=500, help="test problems of each world")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--limit", type=float, default=0.0, help="seconds after which nothing is begun; 0: none"
    )
    parser.add_argument("--levels", nargs="+", default=["micro", "small", "paper"])
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--table", action="store_true", help="print what came out, and run nothing")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.table:
        table(args.out)
    elif args.job:
        work(args.job, args.out, args)
    else:
        campaign(args.out, args)


if __name__ == "__main__":
    main()
