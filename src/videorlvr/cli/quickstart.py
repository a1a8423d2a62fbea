"""`videorlvr quickstart`: problems, SFT, RL, evaluation and report, on a CPU, in minutes.

Every stage is a run folder below `--out`, so an interrupted quickstart goes on where it stopped.
"""

from __future__ import annotations

import shutil
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from videorlvr.players.baselines import Player

SUITE = "micro-v2"


def run(args: Namespace) -> int:
    """Run or continue the quickstart. args: out."""
    from videorlvr.training.loop import Interrupted

    began, out = time.monotonic(), Path(args.out)
    try:
        _train(out)
        _evaluate(out)
    except Interrupted as stop:
        print(f"{stop.args[0].split(';')[0]}; 'videorlvr quickstart --out {out}' goes on", file=sys.stderr)
        return 130
    _report(out)
    print(f"\n{time.monotonic() - began:.0f} s; the report: {out / 'report.html'}")
    return 0


def _train(out: Path) -> None:
    from videorlvr.methods import run as train
    from videorlvr.recipes import quickstart

    _say("1/4  Maze: SFT from scratch on oracle videos")
    maze = train(quickstart.maze_sft(), out / "maze-sft")
    _say("2/4  Maze: SDE-GRPO with Early-Step Focus, against the judge")
    train(quickstart.maze_rl(maze), out / "maze-rl")
    _say("3/4  FlowFree and Sokoban: SDE-GRPO from the SFT policy that ships with videorlvr")
    if not (out / "others-sft").exists():
        shutil.copytree(quickstart.shipped_sft(), out / "others-sft.part", dirs_exist_ok=True)
        (out / "others-sft.part").rename(out / "others-sft")
    train(quickstart.others_rl(out / "others-sft" / "policy"), out / "others-rl")


def _evaluate(out: Path) -> None:
    """All players on the same problems and, where they sample, the same noise."""
    from videorlvr.base.runs import evaluation_dir
    from videorlvr.evaluation.runner import evaluate
    from videorlvr.evaluation.suites import suite_of
    from videorlvr.models.load import weights_hash
    from videorlvr.players.baselines import BASELINES

    _say("4/4  Evaluation of all players on the same held-out problems")
    suite = suite_of(SUITE)
    for name, player in BASELINES.items():
        evaluate(player, suite, name=name, out=evaluation_dir(out / name, SUITE))
    for name, folders in _stages(out).items():
        evaluate(
            _by_world(folders),
            suite,
            name=name,
            out=evaluation_dir(out / name, SUITE),
            checkpoint="-".join(
                dict.fromkeys(weights_hash(folder / "policy") for folder in folders.values())
            ),
        )


def _stages(out: Path) -> dict[str, dict[str, Path]]:
    """Stage -> world -> the run whose policy plays it."""
    maze, others = ("maze",), ("flowfree", "sokoban")
    return {
        stage.upper(): dict.fromkeys(maze, out / f"maze-{stage}")
        | dict.fromkeys(others, out / f"others-{stage}")
        for stage in ("sft", "rl")
    }


def _by_world(folders: dict[str, Path]) -> Player:
    """The player that takes each world's own policy."""
    import torch

    from videorlvr.models.load import load_policy
    from videorlvr.players.policy import PolicyPlayer
    from videorlvr.players.sampling import Sampling

    sampling = Sampling(num_steps=5, shift=3.0)
    players = {
        world: PolicyPlayer(load_policy(folder / "policy", device=torch.device("cpu")), sampling)
        for world, folder in folders.items()
    }
    return lambda world, problems, sample: players[world.name](world, problems, sample)


def _report(out: Path) -> None:
    """The tables in the terminal, and the page."""
    from videorlvr.cli.output import table_console
    from videorlvr.evaluation.compare import compare_evaluations
    from videorlvr.players.baselines import BASELINES
    from videorlvr.reports.load import load_run
    from videorlvr.reports.page import write_report
    from videorlvr.reports.tables import comparison_table, rich_table, success_table

    players = [(name, out / name) for name in (*BASELINES, "SFT", "RL")]
    runs = [(f"{name} run", out / name) for name in ("maze-sft", "maze-rl", "others-sft", "others-rl")]
    write_report(
        players + runs, out / "report.html", comparisons=[("SFT", "RL")], title="videorlvr quickstart"
    )
    loaded = [load_run(label, folder) for label, folder in players]
    before, after = (run.evaluations[SUITE] for run in loaded[-2:])
    result = compare_evaluations(before, after, label_a="SFT", label_b="RL")
    console = table_console()
    console.print(rich_table(success_table(loaded, SUITE)))
    console.print(rich_table(comparison_table(result, SUITE)))
    console.print(result["verdict"], highlight=False)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
