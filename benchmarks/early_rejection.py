"""Is the data estimate of an early step worth judging? One table, from which every arm follows.

    python benchmarks/early_rejection.py measure --run policies/paper-h200-maze --task maze:paper --out maze.npz
    python benchmarks/early_rejection.py tell maze.npz

`measure` samples M videos of each problem and judges the data estimate after every step: partial and final rewards
[P, M, S] and successes [P, M]. An item's path does not depend on which others were dropped, so best-of-N, rejection
at any step, random rejection and the oracle are all read off this table, at the same problems and noise. `tell`
prints correlations by step, and success against network evaluations.

Seeds are noise and problems at once: seed k takes problems k P .. (k + 1) P of the split.

Rule, stated before it was run on test problems (with the study `early-rejection`, whose policies are trained anew):
held if 4 starts of which the best goes on after step 3 of 5 (14 network evaluations) solve more than best-of-3 (15),
with the whole 95% interval of the difference over three seeds above 0; not held if it lies below. Told beside it: the
same choice by chance, best-of-4 (20), and what the final reward as an oracle would keep.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from videorlvr.evaluation.verdict import interval_of
from videorlvr.methods.video.early_rejection.math import (
    correlation,
    misled,
    ranking,
    solved_by,
    spent,
    starts_for,
)


def measure(args: argparse.Namespace) -> None:
    import torch

    from videorlvr.judge.pool import Judge
    from videorlvr.judge.reward import rewards
    from videorlvr.judge.tolerance import EXACT
    from videorlvr.models.load import load_policy
    from videorlvr.players.policy import condition_of, named_noise, walk
    from videorlvr.players.sampling import Sampling
    from videorlvr.worlds import world_of
    from videorlvr.worlds.problems import make_problem

    began, (world_name, level) = time.monotonic(), args.task.split(":")
    world = world_of(world_name)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    policy = load_policy(Path(args.run) / "policy", device=device)
    policy.compile() if device.type == "cuda" else None
    sampling, out = Sampling(steps=args.steps), {}
    with Judge(EXACT, args.workers) as judge:
        for seed in range(args.seeds):
            problems = [
                make_problem(world, level, args.split, index)
                for index in range(seed * args.problems, (seed + 1) * args.problems)
            ]
            parts = []  # [(start, step, futures)]
            for first in range(0, len(problems), args.batch):
                some = problems[first : first + args.batch]
                condition = condition_of(policy, some)
                for start in range(args.starts):
                    noise = named_noise(some, start, condition.clean)
                    for step in walk(policy, condition, noise, sampling):
                        video = policy.decode(step.x0).cpu().numpy()
                        parts.append((first, start, step.index, judge.submit(some, video)))
            reward = np.zeros((len(problems), args.starts, args.steps), np.float32)
            success = np.zeros_like(reward, dtype=bool)
            for first, start, step, futures in parts:
                verdicts = judge.collect(futures)
                rows = slice(first, first + len(verdicts))
                reward[rows, start, step] = rewards(world_name, args.reward, verdicts)
                success[rows, start, step] = [verdict.success for verdict in verdicts]
            out |= {f"reward_{seed}": reward, f"success_{seed}": success}
            rate = success[:, :, -1].mean()
            print(f"{args.task} seed {seed}: {rate:.3f}, {time.monotonic() - began:.0f} s", flush=True)
            told = {
                key: str(value) for key, value in vars(args).items() if key not in ("do", "out", "workers")
            }
            np.savez_compressed(args.out, about=json.dumps(told), **out)


def tell(args: argparse.Namespace) -> None:
    for path in args.tables:
        table = np.load(path)
        seeds = [key.removeprefix("reward_") for key in table.files if key.startswith("reward_")]
        pairs = [
            (table[f"reward_{s}"].astype(float), table[f"success_{s}"][:, :, -1].astype(float)) for s in seeds
        ]
        steps = pairs[0][0].shape[2]
        print(f"\n{path}: {len(seeds)} seeds, success {np.mean([s.mean() for _, s in pairs]):.3f}")
        print(
            "after step: correlation with the final reward over all and within problems; how often a start that"
        )
        print("will solve outscores one of its problem's that will not; problems lost where 4 of 8 are kept")
        for at in range(steps):
            rows = [
                (
                    correlation(r[:, :, at], r[:, :, -1], within=False),
                    correlation(r[:, :, at], r[:, :, -1], within=True),
                    ranking(r[:, :, at], s),
                    misled(r[:, :8, at], s[:, :8], 4).mean(),
                )
                for r, s in pairs
            ]
            print(f"  {at + 1:2d}  " + "  ".join(f"{value:.3f}" for value in np.mean(rows, axis=0)))
        if steps == 5:
            print(ruled(pairs))
        for line in frontier(pairs, steps):
            print(line)


def ruled(pairs: list) -> str:
    """The rule's arms by seed, and the interval of the difference that it asks for."""
    rng, rows = np.random.default_rng(0), []
    for r, s in pairs:
        four = s[:, :4]
        rows.append(
            (
                solved_by(r[:, :4, 2], four, 1).mean(),
                s[:, :3].max(1).mean(),
                solved_by(rng.random(four.shape), four, 1).mean(),
                four.max(1).mean(),
            )
        )
    rejected, three, chance, every = np.array(rows).T
    interval = interval_of(list(rejected - three), 0.95)
    assert interval is not None
    outcome = "held" if interval.low > 0 else "not held" if interval.high < 0 else "undecided"
    told = {"after-3": rejected, "best-of-3": three, "chance-3": chance, "best-of-4": every}
    shown = "; ".join(f"{name} {'/'.join(f'{100 * v:.1f}' for v in values)}" for name, values in told.items())
    difference = f"{100 * interval.mean:+.1f} [{100 * interval.low:+.1f}, {100 * interval.high:+.1f}]"
    return f"rule: {outcome}, after-3 to best-of-3 {difference} points. Solved by seed, %: {shown}"


def frontier(pairs: list, steps: int) -> list[str]:
    """Success of best-of-N, and at the same evaluations of rejection by judge, by chance, and by the final reward."""
    lines, rng = (
        ["budget keep at starts evaluations | best-of-N judge random oracle (success by seed)"],
        np.random.default_rng(0),
    )
    most, costs = pairs[0][1].shape[1], [1] * steps
    for budget in (2, 4, 8):
        for keep in (1, 2, 4):
            for at in range(steps - 1):
                if keep >= budget:
                    continue
                starts = min(starts_for(budget * steps, keep, costs, at), most)
                cost = spent(starts, keep, costs, at)
                row = [
                    (
                        s[:, :budget].max(1).mean(),
                        solved_by(r[:, :starts, at], s[:, :starts], keep).mean(),
                        solved_by(rng.random(s[:, :starts].shape), s[:, :starts], keep).mean(),
                        solved_by(s[:, :starts], s[:, :starts], keep).mean(),
                    )
                    for r, s in pairs
                ]
                shown = "  ".join("/".join(f"{100 * v:.1f}" for v in column) for column in np.array(row).T)
                lines.append(f"  {budget} {keep} {at + 1:2d} {starts:3d} {cost:4d} | {shown}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("measure")
    one.set_defaults(do=measure)
    one.add_argument("--run", required=True)
    one.add_argument("--task", required=True)
    one.add_argument("--out", required=True)
    one.add_argument("--split", default="val")
    one.add_argument("--problems", type=int, default=128)
    one.add_argument("--starts", type=int, default=16)
    one.add_argument("--seeds", type=int, default=3)
    one.add_argument("--steps", type=int, default=10)
    one.add_argument("--batch", type=int, default=128)
    one.add_argument("--workers", type=int, default=0)
    one.add_argument("--reward", default="dense-v1")
    two = commands.add_parser("tell")
    two.set_defaults(do=tell)
    two.add_argument("tables", nargs="+")
    args = parser.parse_args()
    args.do(args)


if __name__ == "__main__":
    main()
