"""Sparse patterns of attention: what they cost in success, whether heads differ and stay as they are, and time.

    python benchmarks/sparse_attention.py behave --run policies/paper-h200-maze --task maze:paper --json maze.json
    python benchmarks/sparse_attention.py time --json time.json

`behave` plays the same problems with the same noise by each arm, a seed a block of problems, and tells the share of
solved ones and of pairs of tokens that were looked at; and the overlap (Jaccard) of patterns of one head at two steps,
and of two heads at one step. `time` measures attention with random inputs, batch 1, 12 heads of 128 in bf16, dense by
flash attention against FlexAttention on random block patterns of 128 tokens; patterns are given, not computed.

Rule, stated before it was run (study of paper 18): held if full-then-sparse at density 0.5 or below loses less than one
point of success to dense (mean of three seeds, paired) where sparse-then-full at the same density loses more than it,
and FlexAttention at that density is 1.5 times as fast as flash attention at 8,190 tokens.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

ARMS = {
    "dense": {"density": 1.0},
    "full-then-sparse-50": {"density": 0.5},
    "full-then-sparse-30": {"density": 0.3},
    "full-then-sparse-15": {"density": 0.15},
    "sparse-from-0-30": {"density": 0.3, "full": 0.0},
    "sparse-then-full-30": {"density": 0.3, "when": "sparse-then-full"},
    "anew-30": {"density": 0.3, "when": "anew"},
    "window-30": {"density": 0.3, "pattern": "window"},
    "shared-30": {"density": 0.3, "pattern": "shared"},
    "together-30": {"density": 0.3, "isolated": False},
}


def behave(args: argparse.Namespace) -> None:
    from videorlvr.judge.pool import Judge
    from videorlvr.judge.tolerance import EXACT
    from videorlvr.methods.video.sparsed.config import SparseDConfig
    from videorlvr.methods.video.sparsed.run import SparseD
    from videorlvr.models.load import load_policy
    from videorlvr.players.sampling import Sampling
    from videorlvr.worlds import world_of
    from videorlvr.worlds.problems import make_problem

    world_name, level = args.task.split(":")
    world, device = world_of(world_name), torch.device("cuda" if torch.cuda.is_available() else "cpu")
    policy = load_policy(Path(args.run) / "policy", device=device)
    sampling, began = Sampling(steps=args.steps), time.monotonic()
    out: dict = {"task": args.task, "split": args.split, "arms": {}}
    with Judge(EXACT, args.workers) as judge:
        blocks = [
            [make_problem(world, level, args.split, seed * args.problems + i) for i in range(args.problems)]
            for seed in range(args.seeds)
        ]
        out["overlap"] = overlaps(policy, blocks[0][: min(8, args.problems)], sampling, args.block)
        print("overlap", out["overlap"], flush=True)
        for name, settings in ARMS.items():
            player = SparseD(SparseDConfig(block=args.block, **settings), policy, sampling, args.batch)
            solved = []
            for seed, problems in enumerate(blocks):
                verdicts = judge(problems, player(world, problems, seed))
                solved.append(float(np.mean([verdict.success for verdict in verdicts])))
            out["arms"][name] = {"success": solved, "density": player.density}
            shown = " ".join(f"{100 * rate:.1f}" for rate in solved)
            print(f"{name:22s} {player.density:.2f}  {shown}  {time.monotonic() - began:.0f} s", flush=True)
            if args.json:
                Path(args.json).write_text(json.dumps(out, indent=1))


@torch.no_grad()
def overlaps(policy, problems, sampling, block: int) -> dict[str, float]:
    """Jaccard of patterns of density 0.3: one head at two steps, by how far apart these are; two heads at one step."""
    from videorlvr.methods.video.sparsed.math import block_weights, chosen, overlap
    from videorlvr.models.seam import attached, full_attention
    from videorlvr.players.policy import condition_of, named_noise, roll

    seen: dict = {}
    step_now = [0]

    def attend(site, q, k, v):
        seen[step_now[0], site] = chosen(block_weights(q, k, block), 0.3, 0, isolated=False)
        return full_attention(q, k, v)

    def after(step):
        step_now[0] = step.index + 1

    condition = condition_of(policy, problems)
    with attached(policy.module, attend=attend):
        roll(policy, condition, named_noise(problems, 0, condition.clean), sampling, steer=after)
    sites = {site for _, site in seen}
    steps = sorted({step for step, _ in seen})
    means = {}
    for name, one, other in (
        ("next_step_early", steps[0], steps[1]),
        ("next_step_late", steps[-2], steps[-1]),
        ("first_and_last", steps[0], steps[-1]),
        ("fifth_and_last", steps[len(steps) // 5], steps[-1]),
    ):
        means[name] = float(np.mean([overlap(seen[one, s], seen[other, s]).mean().item() for s in sites]))
    middle = steps[len(steps) // 2]
    means["other_head"] = float(
        np.mean([overlap(seen[middle, s], seen[middle, s].roll(1, dims=1)).mean().item() for s in sites])
    )
    means["by_chance"] = 0.3 / (2 - 0.3)
    return means


def time_it(args: argparse.Namespace) -> None:
    from torch.nn.attention.flex_attention import BlockMask, flex_attention
    from torch.nn.functional import scaled_dot_product_attention as dense

    heads, width, block, device = 12, 128, 128, torch.device("cuda")
    compiled, rows = torch.compile(flex_attention, dynamic=False), []
    for tokens in args.tokens:
        filled = -(-tokens // block) * block  # patterns are of whole blocks
        q, k, v = (
            torch.randn(1, heads, filled, width, device=device, dtype=torch.bfloat16) for _ in range(3)
        )
        n = filled // block
        row = {"tokens": filled, "dense": median_ms(lambda: dense(q, k, v), args.repeats)}  # noqa: B023
        for density in (1.0, 0.5, 0.3, 0.15):
            keep = max(1, round(density * n))
            kept = torch.rand(1, heads, n, n, device=device).argsort(-1)[..., :keep].sort(-1).values
            order = torch.zeros(1, heads, n, n, dtype=torch.int32, device=device)
            order[..., :keep] = kept.int()
            counts = torch.full((1, heads, n), keep, dtype=torch.int32, device=device)
            none = torch.zeros_like(counts), torch.zeros_like(order)
            mask = BlockMask.from_kv_blocks(*none, counts, order, BLOCK_SIZE=block)
            row[f"flex-{density}"] = median_ms(lambda: compiled(q, k, v, block_mask=mask), args.repeats)  # noqa: B023
        rows.append(row)
        print(
            "  ".join(
                f"{key} {value:.3f}" if key != "tokens" else f"{value} tokens" for key, value in row.items()
            ),
            flush=True,
        )
    if args.json:
        Path(args.json).write_text(
            json.dumps({"device": torch.cuda.get_device_name(), "rows": rows}, indent=1)
        )


def median_ms(call, repeats: int) -> float:
    times = []
    for number in range(repeats + 3):
        torch.cuda.synchronize()
        began = time.perf_counter()
        call()
        torch.cuda.synchronize()
        if number >= 3:
            times.append(1000 * (time.perf_counter() - began))
    return sorted(times)[len(times) // 2]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("behave")
    one.set_defaults(do=behave)
    one.add_argument("--run", required=True)
    one.add_argument("--task", required=True)
    one.add_argument("--split", default="val")
    one.add_argument("--problems", type=int, default=128)
    one.add_argument("--seeds", type=int, default=3)
    one.add_argument("--steps", type=int, default=10)
    one.add_argument("--block", type=int, default=50)
    one.add_argument("--batch", type=int, default=32)
    one.add_argument("--workers", type=int, default=0)
    one.add_argument("--json")
    two = commands.add_parser("time")
    two.set_defaults(do=time_it)
    two.add_argument("--tokens", type=int, nargs="+", default=[8190, 32760])
    two.add_argument("--repeats", type=int, default=20)
    two.add_argument("--json")
    args = parser.parse_args()
    args.do(args)


if __name__ == "__main__":
    main()
