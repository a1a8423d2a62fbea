"""The names of a run folder, here and nowhere else.

    config.json  the resolved configuration     about.json   who made it, judged by what
    metrics.jsonl  a line a step                done.json    written last
    checkpoints/ to go on from                  policy/      the result, so far if interrupted
    evaluations/SUITE/{records.jsonl, summary.json, clips.npz}
    pool/        problems that SFT has made, while it runs; may be deleted
    running      locked by the process that works here

Law: who reads or writes a run asks this file where; a folder that an older release wrote has these names, too.
"""

from __future__ import annotations

from pathlib import Path

CONFIG, ABOUT, METRICS, DONE = "config.json", "about.json", "metrics.jsonl", "done.json"
POLICY, POOL, EVALUATIONS = "policy", "pool", "evaluations"
CHECKPOINT = Path("checkpoints") / "last"
RECORDS, SUMMARY, CLIPS = "records.jsonl", "summary.json", "clips.npz"
LOCK = "running"


def evaluation_dir(run: Path, suite: str) -> Path:
    """The folder of a run's evaluation. The colon of `small-v2:maze` is no letter for a file name."""
    return run / EVALUATIONS / suite.replace(":", "-")


def is_run(folder: Path) -> bool:
    """A trained run, or a player without training that was evaluated."""
    return (folder / CONFIG).is_file() or (folder / EVALUATIONS).is_dir()


def own_files(folder: Path) -> list[Path]:
    """The files that make a run: what a report or a table must not be written over. Others may lie beside them."""
    named = [folder / name for name in (CONFIG, ABOUT, METRICS, DONE, LOCK)]
    below = [
        file
        for inner in (POLICY, POOL, EVALUATIONS, CHECKPOINT.parts[0])
        for file in (folder / inner).rglob("*")
    ]
    return [file for file in (*named, *below) if file.is_file()]
