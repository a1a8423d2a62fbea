"""Tokens computed by region (RAS): success against operations, where the computed tokens lie, and time.

    python benchmarks/regional_sampling.py behave --run policies/paper-h200-maze --task maze:paper --json maze.json
    python benchmarks/regional_sampling.py time --json time.json

`behave` plays the same problems with the same noise by each arm, a seed a block of problems, and tells the share of
solved ones, operations counted one by one (over those of all tokens in all steps), and of regional steps the share of
computed tokens that the solution moves, beside their share among all; with `--map` it keeps, of the first problem, how
often each token was computed and which move. `time` measures plain and regional steps of a transformer of Wan's width,
depth and heads with random weights, at 8,190 tokens.

Rule, stated before it was run (paper 14, on policies at the paper's boards): held if `std` at 1.5 times fewer
operations than `dense` loses under a point of success to it (mean of three seeds, paired) and solves more than as many
operations by fewer steps; and if a whole sampling at 8,190 tokens is 1.5 times as fast.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch


def arms_for(steps: int) -> dict[str, dict]:
    """A seventh of the steps dense, a reset every two sevenths, as the source has it in 28."""
    regional = {
        "steps": steps,
        "dense": max(1, round(steps / 7)),
        "reset_every": max(2, round(2 * steps / 7)),
        "ratio": 0.5,
    }
    fewer = {f"steps-{n}": {"ratio": 1.0, "steps": n} for n in sorted({*_parts(steps)}, reverse=True)}
    return {
        "dense": {"ratio": 1.0, "steps": steps},
        **fewer,
        "std": regional,
        "std-25": regional | {"ratio": 0.25},
        "std-12": regional | {"ratio": 0.125},
        "l2": regional | {"focus": "l2"},
        "inverse-std": regional | {"focus": "inverse-std"},
        "random": regional | {"focus": "random"},
        "oracle": regional | {"focus": "oracle"},
        "oracle-12": regional | {"focus": "oracle", "ratio": 0.125},
        "no-reset": regional | {"reset_every": None},
        "no-cache": regional | {"cache": False},
        "wrong-sign": regional | {"starvation": -0.1},
        "no-starvation": regional | {"starvation": 0.0},
    }


def _parts(steps: int) -> list[int]:
    return [max(2, round(share * steps)) for share in (0.65, 0.45, 0.3, 0.2)]


def behave(args: argparse.Namespace) -> None:
    from videorlvr.judge.pool import Judge
    from videorlvr.judge.tolerance import EXACT
    from videorlvr.methods.video.ras.config import RASConfig
    from videorlvr.methods.video.ras.run import RAS
    from videorlvr.models.load import load_policy
    from videorlvr.players.meter import Meter
    from videorlvr.players.sampling import Sampling
    from videorlvr.worlds import world_of
    from videorlvr.worlds.problems import make_problem

    name, level = args.task.split(":")
    world, device = world_of(name), torch.device("cuda" if torch.cuda.is_available() else "cpu")
    policy, began = load_policy(Path(args.run) / "policy", device=device), time.monotonic()
    sampling = Sampling(steps=args.steps, shift=args.shift)
    out: dict = {"run": args.run, "task": args.task, "split": args.split, "steps": args.steps, "arms": {}}
    blocks = [
        [make_problem(world, level, args.split, seed * args.problems + i) for i in range(args.problems)]
        for seed in range(args.seeds)
    ]
    with Judge(EXACT, args.workers) as judge:
        for arm, settings in arms_for(args.steps).items():
            if args.arms and arm not in args.arms:
                continue
            player = RAS(RASConfig.model_validate(settings), policy, sampling, args.batch)
            solved = [
                float(np.mean([v.success for v in judge(problems, player(world, problems, seed))]))
                for seed, problems in enumerate(blocks)
            ]
            row = {"success": solved, "evaluations": player.cost} | looked_at(
                player, world, blocks[0][: min(16, args.problems)], args.map and arm
            )
            player.meter = Meter(with_flops=True)
            if settings["ratio"] == 1:
                row["flops"] = plain_flops(policy, blocks[0][:1], player.sampling)
            else:
                player.videos(world, blocks[0][:1], 0)
                row["flops"] = player.meter.flops
            out["arms"][arm] = row
            share = row["flops"] / out["arms"]["dense"]["flops"] if "dense" in out["arms"] else float("nan")
            shown = " ".join(f"{100 * rate:.1f}" for rate in solved)
            print(
                f"{arm:14s} operations {share:.3f}  solved {shown}  moving {row.get('moving', float('nan')):.2f} "
                f"of {row.get('moving_of_all', float('nan')):.2f}  {time.monotonic() - began:.0f} s",
                flush=True,
            )
            if args.json:
                Path(args.json).write_text(json.dumps(out, indent=1))


def plain_flops(policy, problems, sampling) -> int:
    from videorlvr.players.meter import Meter
    from videorlvr.players.policy import condition_of, named_noise, roll

    meter, condition = Meter(with_flops=True), condition_of(policy, problems)
    roll(policy, condition, named_noise(problems, 0, condition.clean), sampling, meter=meter)
    return meter.flops


def looked_at(player, world, problems, keep: str | bool) -> dict:
    """Share of computed tokens that the solution moves, and of all free ones; with `keep` a map of the first one."""
    from videorlvr.methods.video.ras.math import moving
    from videorlvr.worlds.render import oracle_video

    if player.config.ratio == 1:
        return {}
    _, regions = player.videos(world, problems, 0)
    videos = torch.from_numpy(np.stack([oracle_video(world, problem) for problem in problems]))
    x0 = player.policy.encode(videos)
    network = player.policy.module
    moves = moving(network.as_tokens(x0[:, :, :1].expand_as(x0)), network.as_tokens(x0)) > 1
    picked = [chosen for chosen in regions.history if chosen is not None]
    hits = torch.stack([moves.gather(1, chosen).float().mean() for chosen in picked])
    row = {"moving": float(hits.mean()), "moving_of_all": float(moves[:, regions.free_N].float().mean())}
    if keep:
        times = torch.zeros(len(regions.free_N))
        for chosen in picked:
            times[chosen[0].cpu()] += 1
        row |= {"map": times.int().tolist(), "map_moves": moves[0].int().tolist()}
    return row


def time_it(args: argparse.Namespace) -> None:
    """Plain and regional sampling of a network of Wan2.2-TI2V-5B's width, depth and heads, batch 1, bf16."""
    from videorlvr.methods.video.ras.config import RASConfig
    from videorlvr.methods.video.ras.run import Regions
    from videorlvr.models.config import DiTConfig
    from videorlvr.models.load import new_policy
    from videorlvr.models.seam import attached
    from videorlvr.players.policy import roll
    from videorlvr.players.sampling import Sampling

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    form = DiTConfig(width=args.width, depth=args.depth, heads=args.heads)
    policy = new_policy(form, seed=0, device=device)
    if device.type == "cuda":
        policy.module.to(torch.bfloat16)
    frames, rows, cols = args.grid
    first = torch.randint(0, 255, (1, 8 * rows, 8 * cols, 3), dtype=torch.uint8)
    condition = policy.condition(first, [""], frames)
    noise, sampling, rows_out = torch.randn_like(condition.clean), Sampling(steps=args.steps), []
    for ratio in (1.0, 0.5, 0.25, 0.125):
        config = RASConfig(ratio=ratio, dense=4, reset_every=8)

        def sample(config=config):
            if config.ratio == 1:
                return roll(policy, condition, noise, sampling)
            regions = Regions(config, policy.module, condition)
            with attached(policy.module, attend=regions.attend, choose=regions.choose):
                return roll(policy, condition, noise, sampling, around=regions.around)

        sample()
        seconds = []
        for _ in range(args.repeats):
            if device.type == "cuda":
                torch.cuda.synchronize()
                torch.cuda.reset_peak_memory_stats()
            began = time.monotonic()
            sample()
            if device.type == "cuda":
                torch.cuda.synchronize()
            seconds.append(time.monotonic() - began)
        peak = torch.cuda.max_memory_allocated() / 2**30 if device.type == "cuda" else float("nan")
        rows_out.append(
            {"ratio": ratio, "seconds": float(np.median(seconds)), "peak_gib": peak, "steps": args.steps}
        )
        print(rows_out[-1], flush=True)
        if args.json:
            name = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
            tokens = frames * rows * cols
            Path(args.json).write_text(json.dumps({"device": name, "tokens": tokens, "rows": rows_out}))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("behave")
    one.add_argument("--run", required=True)
    one.add_argument("--task", required=True)
    one.add_argument("--split", default="test")
    one.add_argument("--steps", type=int, default=28)
    one.add_argument("--shift", type=float, default=3.0)
    one.add_argument("--problems", type=int, default=128)
    one.add_argument("--seeds", type=int, default=3)
    one.add_argument("--batch", type=int, default=64)
    one.add_argument("--workers", type=int, default=1)
    one.add_argument("--arms", nargs="*")
    one.add_argument("--map", action="store_true")
    one.add_argument("--json")
    one.set_defaults(run_it=behave)
    two = commands.add_parser("time")
    two.add_argument("--width", type=int, default=3072)
    two.add_argument("--depth", type=int, default=30)
    two.add_argument("--heads", type=int, default=24)
    two.add_argument("--grid", type=int, nargs=3, default=[21, 15, 26])
    two.add_argument("--steps", type=int, default=28)
    two.add_argument("--repeats", type=int, default=2)
    two.add_argument("--json")
    two.set_defaults(run_it=time_it)
    args = parser.parse_args()
    torch.manual_seed(0)
    with torch.no_grad():
        args.run_it(args)


if __name__ == "__main__":
    main()
