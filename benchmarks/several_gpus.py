"""How much faster do SFT, RL and evaluation run on several GPUs of one machine than on one?

    python benchmarks/several_gpus.py --out FOLDER [--counts 1,2] [--limit-s 240]

The commands of docs/clusters.md run, under torchrun, once for each count of GPUs: SFT of a network that keeps a GPU
busy, AWM from the policy of `--run`, else of the first SFT,
and an evaluation of it. Told are videos a second of SFT (lines after the
first of each run, problems waited for left out), seconds an iteration of AWM after the first, and seconds of an
evaluation from its first record to its summary; speed-ups are against the first count. `batch` is the batch of all:
counts are compared at one and the same work. Figures are written as they come.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from videorlvr.base import runs
from videorlvr.base.processes import num_cores
from videorlvr.base.records import read_jsonl

RESULTS = "several_gpus.json"
PHASES = ("sft", "awm", "evaluate")


def launch(args: argparse.Namespace, count: int, words: list[str]) -> None:
    """A command of videorlvr on `count` GPUs, or processes where there are none."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    left = args.limit_s - (time.monotonic() - args.began)
    if left < 15:
        raise TimeoutError(f"{left:.0f} s are left")
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile("w+") as said:
        launched = subprocess.Popen(
            [*command, "-m", "videorlvr.cli.main", *words],
            env=env,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            code = launched.wait(left)
        except subprocess.TimeoutExpired:
            os.killpg(launched.pid, signal.SIGKILL)  # its ranks with it
            raise TimeoutError(f"{' '.join(words[:2])} on {count} was not done after {left:.0f} s") from None
        if code:
            said.seek(0)
            raise RuntimeError(f"{' '.join(words[:2])} on {count}: {said.read()[-2500:]}")


def settings(args: argparse.Namespace, count: int) -> list[str]:
    workers = max(0, args.cores // count - 2)
    return ["--tasks", args.task, "--num_workers", str(workers), "--save_every_s", "1000"]


def run_of(args: argparse.Namespace) -> Path:
    """The run whose policy learns by trial and is evaluated."""
    return args.run or args.out / f"sft-{args.counts[0]}"


def sft(args: argparse.Namespace, count: int) -> dict[str, Any]:
    out = args.out / f"sft-{count}"
    words = ["train", "small-sft", "--out", str(out), *settings(args, count), "--batch", str(args.batch)]
    words += [
        "--model.width",
        str(args.width),
        "--model.depth",
        str(args.depth),
        "--model.heads",
        str(args.heads),
    ]
    words += [
        "--num_steps",
        str(args.sft_steps),
        "--log_every",
        "5",
        "--validate_every",
        "0",
        "--compile",
        "false",
    ]
    launch(args, count, [*words, "--ema", "0.9", "--lr", "2e-3", "--warmup", "10"])
    lines = read_jsonl(out / runs.METRICS)[1:]
    seconds = sum(5 * args.batch / line["samples_per_s"] - line["waited_s"] for line in lines)
    waited = sum(line["waited_s"] for line in lines)
    return {
        "seconds": seconds / len(lines) / 5,
        "waited_s": waited,
        "videos_per_s": len(lines) * 5 * args.batch / seconds,
    }


def awm(args: argparse.Namespace, count: int) -> dict[str, Any]:
    out, init = args.out / f"awm-{count}", run_of(args) / runs.POLICY
    words = ["train", "micro-maze-awm", "--out", str(out), *settings(args, count), "--init", str(init)]
    words += [
        "--batch",
        str(args.batch),
        "--problems",
        str(args.problems),
        "--group",
        "8",
        "--sampling.steps",
        "8",
    ]
    words += [
        "--num_steps",
        str(args.awm_steps),
        "--warm_moments",
        "0",
        "--lr",
        "1e-6",
        "--stop_below",
        "null",
    ]
    launch(args, count, [*words, "--credit", "frame"])
    lines = read_jsonl(out / runs.METRICS)[1:]
    keys = ("seconds", "rollout_s", "update_s", "waited_s", "units")
    return {key: sum(float(line[key]) for line in lines) / len(lines) for key in keys}


def evaluate(args: argparse.Namespace, count: int) -> dict[str, Any]:
    out = args.out / f"evaluation-{count}"
    run, suite = run_of(args), f"{args.task}:{args.evaluated}"
    began = time.monotonic()
    launch(args, count, ["evaluate", str(run), "--suite", suite, "--samples", "2", "--out", str(out)])
    whole = time.monotonic() - began
    [folder] = (out / "evaluations").iterdir()
    # The lock's file is written as an evaluation begins, with its problems made and its policy loaded.
    seconds = (folder / runs.SUMMARY).stat().st_mtime - (folder / runs.LOCK).stat().st_mtime
    return {"seconds": seconds, "with_start_s": whole, "records": len(read_jsonl(folder / runs.RECORDS))}


def speed_ups(rows: list[dict[str, Any]], counts: list[int]) -> dict[str, float]:
    """Seconds on the first count over seconds on another, of what was measured on both."""
    seconds = {(row["phase"], row["count"]): row["seconds"] for row in rows}
    return {
        f"{phase} on {count}": round(seconds[phase, counts[0]] / seconds[phase, count], 2)
        for phase in PHASES
        for count in counts[1:]
        if (phase, counts[0]) in seconds and (phase, count) in seconds
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--run", type=Path, help="run whose policy AWM and the evaluation take; else the SFT's"
    )
    parser.add_argument("--counts", default="1,2")
    parser.add_argument("--task", default="flowfree:paper")
    parser.add_argument("--batch", type=int, default=256, help="videos of all GPUs")
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--depth", type=int, default=10)
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--sft-steps", type=int, default=35)
    parser.add_argument("--awm-steps", type=int, default=3)
    parser.add_argument("--problems", type=int, default=128, help="problems an iteration of AWM")
    parser.add_argument("--evaluated", type=int, default=1024, help="problems of the evaluation")
    parser.add_argument("--cores", type=int, default=num_cores())
    parser.add_argument("--limit-s", type=float, default=600)
    args = parser.parse_args()
    args.counts = [int(count) for count in args.counts.split(",")]
    args.began, rows = time.monotonic(), []
    args.out.mkdir(parents=True, exist_ok=True)
    for phase in PHASES:
        for count in args.counts:
            try:
                row = {"phase": phase, "count": count} | globals()[phase](args, count)
            except (RuntimeError, TimeoutError) as error:
                print(f"{phase} on {count}: {error}", flush=True)
                continue
            rows.append(row)
            print(f"{time.monotonic() - args.began:.0f} s", json.dumps(row), flush=True)
            found = {"args": {k: str(v) for k, v in vars(args).items()}, "rows": rows}
            found["speed_up"] = speed_ups(rows, args.counts)
            (args.out / RESULTS).write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(speed_ups(rows, args.counts)), flush=True)


if __name__ == "__main__":
    main()
