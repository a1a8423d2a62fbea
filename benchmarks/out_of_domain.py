"""A policy beyond what it was trained on, each axis beside a frozen frame and random legal moves.

    python benchmarks/out_of_domain.py --policy runs/small-sft/policy --tasks maze:small,flowfree:small,sokoban:small
    python benchmarks/out_of_domain.py --tasks maze:small --worlds lights:small    # the oracle in a policy's place

    python benchmarks/out_of_domain.py --vbvr MODEL_vbvr_results.json --vbvr-control FROZEN_vbvr_results.json

`--worlds` names levels of worlds that were never trained on, such as that of examples/lights_out where it is installed.
Axes and what makes one count: `videorlvr.evaluation.out_of_domain`. The last form reads what VBVR-Bench's own
evaluation wrote of a model and of a control, such as videos that hold their first frame: `videorlvr.evaluation.vbvr`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from videorlvr.cli.output import table as printed
from videorlvr.evaluation.out_of_domain import axes_of, measure, table
from videorlvr.evaluation.vbvr import compared, read_scores
from videorlvr.evaluation.vbvr import table as vbvr_table
from videorlvr.players.baselines import Player, oracle


def levels(text: str) -> list[tuple[str, str]]:
    pairs = [part.partition(":") for part in text.split(",") if part]
    return [(world, level) for world, _, level in pairs]


def player_of(args: argparse.Namespace) -> Player:
    if args.policy is None:
        return oracle
    from videorlvr.models.load import load_policy
    from videorlvr.players.policy import PolicyPlayer
    from videorlvr.players.sampling import Sampling
    from videorlvr.training.device import device_of

    policy = load_policy(args.policy, device=device_of("auto"))
    return PolicyPlayer(policy, Sampling(steps=args.steps, shift=args.shift))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--policy", type=Path, help="folder of a policy; none for the oracle")
    parser.add_argument("--tasks", help="what it was trained on, as maze:small,flowfree:small")
    parser.add_argument("--worlds", default="", help="levels of worlds never trained on")
    parser.add_argument("--count", type=int, default=200, help="problems an axis and world")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--shift", type=float, default=3.0)
    parser.add_argument("--vbvr", type=Path, help="result file of VBVR-Bench")
    parser.add_argument("--vbvr-control", type=Path, help="that of a control on the same benchmark")
    args = parser.parse_args()
    if args.vbvr and args.vbvr_control:
        model, control = read_scores(args.vbvr), read_scores(args.vbvr_control)
        print(printed(vbvr_table(compared(model, control)), right=frozenset(range(1, 6))))
        print(f"failed evaluators, left out: {model.failed} of the model, {control.failed} of the control")
        return
    if not args.tasks:
        parser.error("--tasks is needed, or --vbvr with --vbvr-control")
    axes = axes_of(levels(args.tasks), others=levels(args.worlds), count=args.count)
    print(printed(table(measure(player_of(args), axes)), right=frozenset(range(2, 7))))


if __name__ == "__main__":
    main()
