"""`videorlvr quickstart`: problems, SFT, RL and its control, evaluation and report, on a CPU, in minutes.

Every stage is a run folder below `--out`, so an interrupted quickstart goes on where it stopped. It measures how fast
the machine is, says how long all will take, and does less where that is more than `--minutes`; then it says what.
"""

from __future__ import annotations

import shutil
import sys
import time
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from videorlvr.recipes.quickstart import Size

PLAN = "plan.json"
SFT, MORE, RL, SHIPPED = "SFT", "SFT, continued", "RL", "SFT that ships"
STAGES = {SFT: "maze-sft", MORE: "maze-sft-more", RL: "maze-rl"}
PROBE_STEPS = 6
SLOW = 1.25
"""A machine that turned out slower than measured by this much gets a shorter RL; less is not worth a sentence."""


def run(args: Namespace) -> int:
    """Run or continue the quickstart. args: out, minutes."""
    from videorlvr.recipes.quickstart import Size

    return quickstart(Path(args.out), minutes=args.minutes, size=Size())


def quickstart(out: Path, *, minutes: float, size: Size) -> int:
    """All of it; returns the exit code."""
    from videorlvr.training.loop import Interrupted

    began = time.monotonic()
    try:
        done = _train(out, size, began + 60 * minutes)
        _evaluate(out, done)
    except Interrupted as stop:
        print(f"{stop.args[0].split(';')[0]}; 'videorlvr quickstart --out {out}' goes on", file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        print(f"interrupted; 'videorlvr quickstart --out {out}' goes on", file=sys.stderr)
        return 130
    _report(out, size, done)
    print(f"\n{time.monotonic() - began:.0f} s; the report: {out / 'report.html'}")
    return 0


def _train(out: Path, size: Size, deadline: float) -> Size:
    """The runs; the size that they were shortened to."""
    from videorlvr.methods import run as train
    from videorlvr.recipes import quickstart as recipes

    planned = _planned(out, size, deadline)
    _say(f"1/4  Maze: SFT from scratch on {planned.demonstrations} solved boards, {planned.sft_steps} steps")
    policy = train(recipes.maze_sft(planned), out / STAGES[SFT])
    if not (out / STAGES[RL]).exists():
        planned = _replanned(out, planned, deadline)
    _say(
        f"2/4  Maze: SDE-GRPO from there, against the judge and without solutions, {planned.rl_iterations} iterations"
    )
    train(recipes.maze_rl(planned, policy), out / STAGES[RL])
    evaluations = _spent(out / STAGES[RL])
    _say(
        f"3/4  Its control: SFT from there on the same boards, at the same {evaluations:,} network evaluations"
    )
    train(recipes.maze_more(planned, policy, evaluations), out / STAGES[MORE])
    return planned


def _planned(out: Path, size: Size, deadline: float) -> Size:
    """What an earlier call planned for this folder, or what fits into the time on a machine as fast as this one."""
    from videorlvr.base.records import read_json_object
    from videorlvr.recipes.quickstart import seconds_left, shortened

    if (out / PLAN).is_file():
        plan = read_json_object(out / PLAN)
        _say(
            f"going on in {out} as it was begun: {plan['sft_steps']} steps, {plan['rl_iterations']} iterations"
        )
        return replace(size, sft_steps=int(plan["sft_steps"]), rl_iterations=int(plan["rl_iterations"]))
    rate = _measured(out, size)
    whole, left = seconds_left(size, rate), deadline - time.monotonic()
    planned = shortened(size, rate, left)
    said = f"{rate:,.0f} network evaluations a second here, so all takes about {_minutes(whole)}"
    if planned != size:
        least = seconds_left(planned, rate)
        said += f"; shortened to about {_minutes(least)}: {_words(size, planned)}"
        if least > SLOW * max(left, 0):
            said += f". That is more than the {_minutes(max(left, 0))} that are left: with less nothing would be learnt"
    _say(said)
    _keep(out, planned)
    return planned


def _replanned(out: Path, planned: Size, deadline: float) -> Size:
    """RL shortened once more, if SFT has shown that the machine is slower than its first steps."""
    from videorlvr.recipes.quickstart import seconds_left, sft_evaluations, shortened

    seconds = _seconds(out / STAGES[SFT])
    if seconds <= 0:
        return planned
    rate, left = sft_evaluations(planned) / seconds, deadline - time.monotonic()
    if seconds_left(planned, rate, sft_done=True) <= SLOW * max(left, 0):
        return planned
    shorter = shortened(planned, rate, left, sft_done=True)
    if shorter != planned:
        _say(f"slower than it began, so RL and its control are shortened: {_words(planned, shorter)}")
        _keep(out, shorter)
    return shorter


def _measured(out: Path, size: Size) -> float:
    """Network evaluations a second in the first steps of SFT, the very first left out."""
    from videorlvr.base.records import read_jsonl
    from videorlvr.base.runs import METRICS
    from videorlvr.methods import run as train
    from videorlvr.recipes.quickstart import maze_sft

    probe = out / "probe"
    shutil.rmtree(probe, ignore_errors=True)
    _say("0/4  Measuring how fast this machine is")
    try:
        train(maze_sft(size).changed(num_steps=PROBE_STEPS, log_every=1, warmup=PROBE_STEPS), probe)
        lines = read_jsonl(probe / METRICS)
    finally:
        shutil.rmtree(probe, ignore_errors=True)
    evaluations = lines[-1]["network_evaluations"] - lines[0]["network_evaluations"]
    return float(evaluations / max(lines[-1]["elapsed_s"] - lines[0]["elapsed_s"], 1e-3))


def _keep(out: Path, planned: Size) -> None:
    from videorlvr.base.records import write_json

    write_json(out / PLAN, {"sft_steps": planned.sft_steps, "rl_iterations": planned.rl_iterations})


def _spent(run: Path) -> int:
    from videorlvr.reports.cost import cost_of

    return cost_of(run).evaluations


def _seconds(run: Path) -> float:
    from videorlvr.reports.cost import cost_of

    return cost_of(run).seconds


def _evaluate(out: Path, size: Size) -> None:
    """All players on the same problems and, where they sample, the same noise."""
    from videorlvr.base.runs import evaluation_dir
    from videorlvr.cli.evaluate import evaluate_run
    from videorlvr.evaluation.runner import evaluate
    from videorlvr.evaluation.suites import suite_of
    from videorlvr.players.baselines import BASELINES
    from videorlvr.recipes.quickstart import shipped_sft

    _say("4/4  Evaluation of all players on the same held-out problems")
    trained, *others = (suite_of(name) for name in size.suites)
    for suite in (trained, *others):
        for name, player in BASELINES.items():
            evaluate(player, suite, name=name, out=evaluation_dir(out / name, suite.name))
    for folder in STAGES.values():
        evaluate_run(out / folder, trained, device="cpu")
    for suite in others:
        evaluate_run(shipped_sft(), suite, device="cpu", folder=out / "shipped-sft")


def _report(out: Path, size: Size, done: Size) -> None:
    """The tables in the terminal, and the page."""
    from videorlvr.cli.output import show_table, table_console
    from videorlvr.players.baselines import BASELINES
    from videorlvr.reports import tables
    from videorlvr.reports.load import load_run
    from videorlvr.reports.page import compared, write_report

    players = [(name, out / name) for name in BASELINES]
    players += [(SHIPPED, out / "shipped-sft")] if size.suites[1:] else []
    players += [(label, out / folder) for label, folder in STAGES.items()]
    pairs = [(MORE, RL), (SFT, RL), (SFT, MORE)]
    remarks = _remarks(size, done)
    title = "videorlvr quickstart"
    write_report(players, out / "report.html", comparisons=pairs, title=title, remarks=remarks)
    loaded = {label: load_run(label, folder) for label, folder in players}
    console = table_console()
    for suite in size.suites:
        last = suite == size.suites[-1]
        show_table(console, tables.success_table(list(loaded.values()), suite), with_note=last)
    show_table(console, tables.cost_table([loaded[label] for label in STAGES]))
    for result in compared([(loaded[a], loaded[b]) for a, b in pairs[1::-1]], size.suites[0])[0]:
        last = result["label_a"] == MORE
        show_table(console, tables.comparison_table(result, size.suites[0]), with_note=last)
        console.print(result["verdict"], highlight=False, soft_wrap=True)
    for remark in remarks:
        console.print(f"\n{remark}", highlight=False)


def _remarks(size: Size, done: Size) -> list[str]:
    """What was done, in words that claim no more."""
    remarks = [
        f"SFT learned Maze from {done.demonstrations} solved boards. RL went on from that policy on other boards, "
        "with the judge and without solutions. Its control, 'SFT, continued', went on from the same policy on the same "
        "solved boards, with as many network evaluations. Where solutions can be had for every board, more of them is "
        "the cheaper way: 'videorlvr train micro-maze-sft' draws new ones as it goes.",
        "One run of each: intervals and p say how sure these policies' rates are, not how another run "
        "would end.",
    ]
    if done != size:
        remarks.append(f"Shortened towards the time that was given: {_words(size, done)}.")
    return remarks


def _words(size: Size, done: Size) -> str:
    steps, iterations = (
        f"{done.sft_steps} of {size.sft_steps}",
        f"{done.rl_iterations} of {size.rl_iterations}",
    )
    return f"{steps} steps of SFT, {iterations} iterations of RL"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
