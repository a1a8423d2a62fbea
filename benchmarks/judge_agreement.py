"""Does the judge agree with the second opinion (`worlds/second`) on traces of every kind?

    python benchmarks/judge_agreement.py [--count 100000] [--level micro] [--world maze] [--json disagreements.json]

`--count` traces a world: legal play, changed traces, cheats as they are read, and videos of the shipped policy
with and without noise in its weights. Without `--level` half are of micro boards, two fifths of small and a
tenth of paper ones. Prints traces and successes by family; exits with 1 if there is any disagreement.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from videorlvr.base.files import write_text_atomic
from videorlvr.evaluation.agreement import Tally, judge_twice, tasks, total
from videorlvr.evaluation.progress import map_in_order
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Trace, World
from videorlvr.worlds.near_misses import seen
from videorlvr.worlds.problems import make_problem

SHARES = {"micro": 0.5, "small": 0.4, "paper": 0.1}
TRACES_PER_PROBLEM = 125
WEIGHT_NOISE = (0.0, 0.1, 0.2, 0.3)
"""In standard deviations of each tensor: from a policy that solves nearly all to one that hardly does."""
MODEL_WORLDS = ("flowfree", "sokoban")
"""What the shipped policy was trained on, at micro."""


def model_traces(world: World, num_problems: int) -> list[list[Trace]]:
    """What is read in videos of the shipped policy, sampled in two steps: some for each of the first problems."""
    import torch

    from videorlvr.policies.builtin import BuiltinPolicy
    from videorlvr.recipes.quickstart import shipped_sft
    from videorlvr.rollout.sample import PolicyPlayer, Sampling

    torch.set_num_threads(1)  # the cores are shared with other work
    problems = [make_problem(world, "micro", "train", index) for index in range(num_problems)]
    out: list[list[Trace]] = [[] for _ in problems]
    for noise in WEIGHT_NOISE:
        policy = BuiltinPolicy.load(shipped_sft() / "policy", device=torch.device("cpu"))
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for weights in policy.module.parameters():
                if weights.numel() > 1:
                    weights.add_(noise * weights.std() * torch.randn(weights.shape, generator=generator))
        player = PolicyPlayer(policy, Sampling(num_steps=2), batch_size=min(64, num_problems))
        for sample in range(2):
            videos = player(world, problems, sample)
            for traces, problem, video in zip(out, problems, videos, strict=True):
                traces.append(seen(world, problem, video))
    return out


def compared(world: World, levels: dict[str, int], num_model_problems: int) -> Tally:
    todo = []
    for level, count in levels.items():
        from_model = level == "micro" and world.name in MODEL_WORLDS
        extra = model_traces(world, num_model_problems) if from_model else ()
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
    parser.add_argument("--model-problems", type=int, default=128, help="problems with videos of the policy")
    parser.add_argument("--json", type=Path, help="where disagreements are written, to judge them again")
    args = parser.parse_args()
    shares = {args.level: 1.0} if args.level else SHARES
    levels = {level: round(share * args.count) for level, share in shares.items()}
    found = []
    for world in WORLDS.values():
        if args.world in (None, world.name):
            began = time.perf_counter()
            tally = compared(world, levels, args.model_problems)
            print_table(world, tally, time.perf_counter() - began)
            found += tally.disagreements
    if args.json:
        write_text_atomic(args.json, json.dumps([disagreement.to_json() for disagreement in found]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
