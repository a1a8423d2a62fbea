"""The tables of docs/results.md, made anew from the records in docs/results.

    python benchmarks/limited_results.py --write

A record holds, for every arm, which of the 1,000 test problems were solved. Intervals are Wilson's, differences are
paired (Tango's interval, McNemar's exact p, Holm's correction over the arms of one record). An arm is one run.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from videorlvr.base.paired import mcnemar_exact, tango
from videorlvr.base.stats import holm, pass_at_k, student_interval, wilson

ROOT = Path(__file__).parents[1] / "docs"
CONTROL = "sft-more"
ORDER = ("maze-few", "flowfree-10k", "flowfree-few", "sokoban-small-10k", "maze-small-10k")
SEEDS = tuple(f"maze-few-looped-{seed}" for seed in range(3))
"""One plan with three seeds, which reach demonstrations, weights, problems and noise."""
HEAD = (ROOT / "results" / "head.md").read_text()


def bits(text: str) -> Any:
    return np.array([int(c) for c in text])


def table(record: dict[str, Any]) -> str:
    """A row an arm, each beside SFT continued."""
    arms, long = record["arms"], np.array(record["moves"])
    long = long > np.quantile(long, 2 / 3)
    control = bits(arms[CONTROL]["test"])
    others = [name for name in arms if name not in ("start", CONTROL)]
    found = {name: paired(bits(arms[name]["test"]), control) for name in others}
    corrected = dict(zip(others, holm([found[name][2] for name in others]), strict=True))
    lines = [
        f"### {record['name']}: {record['task']}, {record['demonstrations']:,} demonstrations",
        "",
        "| arm | seconds | steps | solved, % | longest third, % | against SFT continued | p (Holm) | pass@8, % |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, arm in arms.items():
        solved = bits(arm["test"])
        low, high = wilson(int(solved.sum()), len(solved))
        against, p = ("", "")
        if name in found:
            gained, lost, _, (least, most) = found[name]
            points = 100 * (gained - lost) / len(solved)
            against = f"{points:+.1f} [{100 * least:.1f}, {100 * most:.1f}], {gained} gained, {lost} lost"
            p = f"{corrected[name]:.2g}"
        lines.append(
            f"| {name} | {arm['seconds']:.0f} | {arm['steps']} | {100 * solved.mean():.1f} "
            f"[{100 * low:.1f}, {100 * high:.1f}] | {100 * solved[long].mean():.1f} | {against} | {p} | {wide(arm)} |"
        )
    if {"awm", "awm-frame"} <= arms.keys():
        gained, lost, p_value, _ = paired(bits(arms["awm-frame"]["test"]), bits(arms["awm"]["test"]))
        points = 100 * (gained - lost) / len(control)
        lines += ["", f"Credit by frame against credit by video: {points:+.1f} points, {gained} gained, {lost} lost, "
                  f"p = {p_value:.2g} (uncorrected)."]  # fmt: skip
    return "\n".join(lines)


def seeds(records: list[dict[str, Any]]) -> str:
    """A row a seed, and what they say together: the run is the unit."""
    lines = [
        f"### Three policies: {records[0]['task']}, {records[0]['demonstrations']:,} demonstrations, looped",
        "",
        "| seed | start, % | SFT continued, % | RL, % | difference, points | p |",
        "|---|---|---|---|---|---|",
    ]
    differences = []
    for seed, record in enumerate(records):
        start, control, rl = (bits(record["arms"][name]["test"]) for name in ("start", CONTROL, "awm-frame"))
        _, _, p, (least, most) = paired(rl, control)
        differences.append(100 * (rl.mean() - control.mean()))
        lines.append(
            f"| {seed} | {100 * start.mean():.1f} | {100 * control.mean():.1f} | {100 * rl.mean():.1f} | "
            f"{differences[-1]:+.1f} [{100 * least:.1f}, {100 * most:.1f}] | {p:.1g} |"
        )
    low, high = student_interval(differences)
    mean = f"{np.mean(differences):+.1f} [{low:.1f}, {high:.1f}]"
    together = f"Over the three: {mean} points (Student's, the run is the unit)"
    first = records[0]["arms"]
    wider = ", ".join(f"{name} {wide(arm)}" for name, arm in first.items() if wide(arm))
    return "\n".join([*lines, "", f"{together}. pass@8 of seed 0, %: {wider}."])


def paired(a: Any, b: Any) -> tuple[int, int, float, tuple[float, float]]:
    """(only a, only b, p, interval of a - b)."""
    gained, lost = int(((a == 1) & (b == 0)).sum()), int(((a == 0) & (b == 1)).sum())
    return gained, lost, mcnemar_exact(gained, lost), tango(lost, gained, len(a))


def wide(arm: dict[str, Any]) -> str:
    """pass@8 of the first 250 test problems, where it was measured."""
    if not arm["test_samples"]:
        return ""
    correct = np.array([bits(sample) for sample in arm["test_samples"]]).sum(0)
    n = len(arm["test_samples"])
    return f"{100 * np.mean([pass_at_k(n, int(c), 8) for c in correct]):.1f}"


def hour(record: dict[str, Any]) -> str:
    """The policies of `paper-h200` on the test problems."""
    lines = [
        "| world | solved, % | short, middle, long third, % | pass@8, % | `hard`, % | steps, samples | GPU s |",
        "|---|---|---|---|---|---|---|",
    ]
    for world, found in record["worlds"].items():
        solved, moves = bits(found["test"]), np.array(found["moves"])
        low, high = wilson(int(solved.sum()), len(solved))
        edges = np.quantile(moves, [1 / 3, 2 / 3])
        thirds = (moves > edges[0]).astype(int) + (moves > edges[1])
        parts = ", ".join(f"{100 * solved[thirds == third].mean():.1f}" for third in range(3))
        lines.append(
            f"| {world} | {100 * solved.mean():.1f} [{100 * low:.1f}, {100 * high:.1f}] | {parts} | "
            f"{found.get('pass@8', '')} | {found.get('hard', '')} | {found['steps']:,}, {found['samples']:,} | "
            f"{found['seconds']:.0f} |"
        )
    return "\n".join(lines)


def page() -> str:
    def read(name: str) -> Any:
        return json.loads((ROOT / "results" / f"{name}.json").read_text())

    parts = [HEAD.replace("{hour}", hour(read("paper-h200")))]
    parts.append(seeds([read(name) for name in SEEDS]))
    return "\n\n".join(parts + [table(read(name)) for name in ORDER]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="write docs/results.md; else print it")
    args = parser.parse_args()
    if args.write:
        (ROOT / "results.md").write_text(page())
    else:
        print(page())


if __name__ == "__main__":
    main()
