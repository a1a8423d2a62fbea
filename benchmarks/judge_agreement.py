"""Does the judge agree with the second opinion (`worlds/second`) on traces of every kind?

    python benchmarks/judge_agreement.py [--count 100000] [--level micro] [--world maze] [--json disagreements.json]
    python benchmarks/judge_agreement.py --policy runs/small-sft --policy runs/paper-sft --model-problems 800

`--count` traces a world: legal play, changed traces, cheats as they are read, and videos of policies with and
without noise in their weights, of the worlds and levels that these were trained on. Without `--level` half are
of micro boards, two fifths of small and a tenth of paper ones. Prints traces and successes by family; exits
with 1 if there is any disagreement.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from videorlvr.audit.agreement import Tally, judge_twice, tasks, total
from videorlvr.audit.near_misses import seen
from videorlvr.base.files import write_text_atomic
from videorlvr.base.progress import map_in_order
from videorlvr.base.records import read_json_object
from videorlvr.models.shipped import shipped_sft
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Trace, World
from videorlvr.worlds.problems import make_problem

SHARES = {"micro": 0.5, "small": 0.4, "paper": 0.1}
TRACES_PER_PROBLEM = 125
WEIGHT_NOISE = (0.0, 0.1, 0.2, 0.3)
"""In standard deviations of each tensor: from a policy that solves nearly all to one that hardly does."""

Traces = dict[tuple[str, str], list[list[Trace]]]
"""(world, level) -> for each of the first problems, what was read in videos of it."""


def model_traces(runs: Sequence[Path], args: argparse.Namespace) -> Traces:
    """What is read in the videos of each run's policy, sampled in few steps, on the first problems that it was
    trained on. A policy that knows its training boards makes right videos; one that has just been disturbed,
    right ones with a slip."""
    import torch

    from videorlvr.models.load import load_policy
    from videorlvr.players.policy import PolicyPlayer
    from videorlvr.players.sampling import Sampling
    from videorlvr.training.device import device_of

    torch.set_num_threads(1)  # the cores are shared with other work
    out: Traces = {}
    for run, noise in itertools.product(runs, WEIGHT_NOISE):
        policy = load_policy(run / "policy", device=device_of("auto"))
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for weights in policy.module.parameters():
                if weights.numel() > 1:
                    disturbance = torch.randn(weights.shape, generator=generator).to(weights)
                    weights.add_(noise * weights.std() * disturbance)
        player = PolicyPlayer(
            policy, Sampling(steps=args.model_steps), batch_size=min(64, args.model_problems)
        )
        for task in read_json_object(run / "config.json")["tasks"]:
            world, level = WORLDS[task["world"]], task["level"]
            if args.world not in (None, world.name) or args.level not in (None, level):
                continue
            problems = [make_problem(world, level, "train", index) for index in range(args.model_problems)]
            found = out.setdefault((world.name, level), [[] for _ in problems])
            for sample in range(args.model_samples):
                videos = player(world, problems, sample)
                for traces, problem, video in zip(found, problems, videos, strict=True):
                    traces.append(seen(world, problem, video))
    return out


def compared(world: World, levels: dict[str, int], made: Traces) -> Tally:
    todo = []
    for level, count in levels.items():
        extra = made.get((world.name, level), ())
        todo += tasks(world.name, level, count, per_problem=TRACES_PER_PROBLEM, extra=extra)
    return total(map_in_order(judge_twice, todo, world.name))


def print_table(world: World, tally: Tally, seconds: float) -> None:
    print(f"\n{world.id}\n{'family':26}{'traces':>9}{'judge: success':>16}{'second: success':>17}")
    for family in sorted(tally.traces):
        print(
            f"{family:26}{tally.traces[family]:9,}{tally.by_judge[family]:16,}{tally.by_second[family]:17,}"
        )
    print(f"{'all':26}{tally.traces.total():9,}{tally.by_judge.total():16,}{tally.by_second.total():17,}")
    print(f"{len(tally.disagreements)} disagreements, {len(tally.reasons)} verdicts met, {seconds:.0f} s")
    for disagreement in tally.disagreements[:10]:
        print(f"  {disagreement}")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=100_000, help="traces a world")
    parser.add_argument("--level", choices=SHARES)
    parser.add_argument("--world", choices=WORLDS)
    parser.add_argument(
        "--policy",
        type=Path,
        action="append",
        metavar="RUN",
        help="run folder of a policy (default: what ships)",
    )
    parser.add_argument("--model-problems", type=int, default=128, help="problems with videos of a policy")
    parser.add_argument("--model-samples", type=int, default=2, help="... of each, at each weight noise")
    parser.add_argument("--model-steps", type=int, default=2, help="sampler steps of these")
    parser.add_argument("--json", type=Path, help="where disagreements are written, to judge them again")
    args = parser.parse_args()
    shares = {args.level: 1.0} if args.level else SHARES
    levels = {level: round(share * args.count) for level, share in shares.items()}
    made = model_traces(args.policy or [shipped_sft()], args)
    found = []
    for world in WORLDS.values():
        if args.world in (None, world.name):
            began = time.perf_counter()
            tally = compared(world, levels, made)
            print_table(world, tally, time.perf_counter() - began)
            found += tally.disagreements
    if args.json:
        write_text_atomic(args.json, json.dumps([disagreement.to_json() for disagreement in found]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
