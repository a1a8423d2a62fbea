"""How fast do SFT and RL run, and what share of the device's peak is that?

    python benchmarks/train_speed.py --tasks maze:small,flowfree:small --width 256 --depth 8
    python benchmarks/train_speed.py --tasks maze:small,flowfree:small,sokoban:small --policy runs/small-sft/policy

For each task: samples and tokens a second of SFT steps (forward, backward, optimizer), model FLOPs a second over the
peak, and memory at most; then seconds an iteration of SDE-GRPO with window `early` and `all`, compiled and in bf16 on
a GPU. The peak is that of a large matrix product, measured on random data as the benchmark begins, unless `--peak`
gives it.
An iteration whose groups have no spread skips its update, so give SFT enough --steps to leave chance level; a
--policy that is given takes the place of SFT, its tasks are timed together, and its weights are disturbed, since
groups of a policy that solves nearly everything have no spread either.
Floor: 6 FLOPs a weight and token, and 12 N^2 D a layer for attention, over the peak.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import torch

from videorlvr.base.records import read_jsonl
from videorlvr.base.runs import METRICS
from videorlvr.methods import run
from videorlvr.methods.video.sde_grpo.config import GRPOConfig
from videorlvr.methods.video.sft.config import SFTConfig
from videorlvr.models.config import DiTConfig
from videorlvr.models.load import load_policy
from videorlvr.players.sampling import Sampling
from videorlvr.training.config import Task
from videorlvr.worlds import world_of


def model_flops(config: DiTConfig, num_tokens: int) -> float:
    """Forward and backward FLOPs of one sample."""
    weights = config.depth * (4 + 2 * config.mlp_ratio) * config.width**2
    attention = config.depth * 4 * num_tokens * config.width
    return 3 * num_tokens * (2 * weights + attention)


def tokens_of(task: Task) -> int:
    level = world_of(task.world).levels[task.level]
    return level.num_frames * level.canvas[0] * level.canvas[1]


def seconds_a_step(folder: Path, skip: int) -> float:
    """Median time of a step between lines of metrics, those of the first `skip` steps (compilation) left out."""
    lines = [(line["step"], line["elapsed_s"]) for line in read_jsonl(folder / METRICS)]
    late = [line for line in lines if line[0] >= skip]
    if len(late) < 2:
        raise SystemExit(
            f"{len(lines)} lines of metrics, {len(late)} of them after step {skip}: take more --steps or --iterations"
        )
    gaps = sorted((t1 - t0) / (s1 - s0) for (s0, t0), (s1, t1) in pairwise(late))
    return gaps[len(gaps) // 2]


def measured_peak(device: torch.device) -> float:
    """FLOP/s of a large matrix product on random data: bf16 on a GPU, float32 on a CPU. Best of ten."""
    on_gpu = device.type == "cuda"
    size, dtype = (8192, torch.bfloat16) if on_gpu else (1024, torch.float32)
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    best = math.inf
    for _ in range(13):
        began = time.perf_counter()
        a @ b
        if on_gpu:
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best


def time_sft(task: Task, model: DiTConfig, args: argparse.Namespace, out: Path) -> Path:
    config = SFTConfig(
        tasks=[task], model=model, batch=args.batch, num_steps=args.steps, lr=8e-3, warmup=100,
        pool_start=8 * args.batch, pool_grow=64, compile=args.compile, save_every_s=1e6,
        log_every=max(1, args.steps // 12),
    )  # fmt: skip
    began = time.monotonic()
    policy = run(config, out)
    total, step = time.monotonic() - began, seconds_a_step(out, args.steps // 2)
    rate, tokens = args.batch / step, tokens_of(task)
    share = rate * model_flops(model, tokens) / args.peak
    memory = torch.cuda.max_memory_allocated() / 2**30 if torch.cuda.is_available() else 0.0
    print(
        f"SFT {task.world}:{task.level}  {tokens} tokens  {rate:,.0f} samples/s  {rate * tokens:,.0f} tokens/s  "
        f"{100 * share:.1f}% of peak  {memory:.1f} GiB  (all {total:.0f} s with compilation)",
        flush=True,
    )
    return policy


def disturbed(policy: Path, share: float, out: Path) -> Path:
    """The policy with noise of `share` of each matrix's spread added, so that it fails now and then."""
    torch.manual_seed(0)
    loaded = load_policy(policy, device=torch.device("cpu"))
    for weights in loaded.module.parameters():
        if weights.ndim == 2:
            weights.data += share * weights.data.std() * torch.randn_like(weights)
    loaded.save(out)
    return out


def time_rl(tasks: list[Task], policy: Path, args: argparse.Namespace, out: Path) -> None:
    for window, num_trained in (("early", 4), ("all", None)):
        config = GRPOConfig(
            tasks=tasks, init=str(policy), num_steps=args.iterations, problems=args.problems,
            group=16, batch=args.batch, window=window, num_trained=num_trained, lr=1e-9, updates=args.updates,
            sampling=Sampling(num_steps=10), compile=args.compile,
        )  # fmt: skip
        folder = out / window
        began = time.monotonic()
        run(config, folder)
        lines = read_jsonl(folder / METRICS)
        last = lines[-1]
        print(
            f"RL {'+'.join(f'{t.world}:{t.level}' for t in tasks)} {window:5}  "
            f"{seconds_a_step(folder, 2):.2f} s/iteration of {len(tasks)}x{args.problems}x16  "
            f"(last: rollout {last['rollout_s']:.2f}, update {last['update_s']:.2f}; "
            f"largest ratio gap {max(line.get('ratio_gap', 0) for line in lines):.1e}; "
            f"live groups {last['groups'] - last['zero_variance_groups']}; success {last['success']:.2f}; "
            f"all {time.monotonic() - began:.0f} s)",
            flush=True,
        )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", default="maze:small")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--depth", type=int, default=8)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--iterations", type=int, default=8)
    parser.add_argument("--problems", type=int, default=64)
    parser.add_argument("--updates", type=int, default=1)
    parser.add_argument("--policy", type=Path, help="folder of a trained policy, instead of SFT")
    parser.add_argument("--disturb", type=float, default=0.25, help="noise on its weights, in their spreads")
    parser.add_argument("--peak", type=float, help="peak FLOP/s of the device; measured if not given")
    args = parser.parse_args(argv)
    args.compile = torch.cuda.is_available()
    if args.peak is None:
        args.peak = measured_peak(torch.device("cuda" if args.compile else "cpu"))
        print(f"peak {args.peak / 1e12:.2f} TFLOP/s, measured", flush=True)
    model = DiTConfig(width=args.width, depth=args.depth, heads=args.heads)
    tasks = [Task.model_validate(text) for text in args.tasks.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        if args.policy:
            policy = disturbed(args.policy, args.disturb, Path(folder) / "policy")
            time_rl(tasks, policy, args, Path(folder))
            return
        for number, task in enumerate(tasks):
            policy = time_sft(task, model, args, Path(folder) / f"sft{number}")
            if args.iterations:
                time_rl([task], policy, args, Path(folder) / f"rl{number}")


if __name__ == "__main__":
    main()
