"""Where evaluations live: `RUN/evaluations/SUITE/{records.jsonl, summary.json, clips.npz}`.

Law: an evaluation that was interrupted is not an evaluation; reading one is an error that says how to finish.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from videorlvr.base.choices import unknown
from videorlvr.base.records import read_json, read_jsonl
from videorlvr.evaluation.clips import read_clips
from videorlvr.worlds.api import Video


@dataclass(frozen=True)
class Evaluation:
    """One player on one suite: records in suite order, their summary, and where the clips are."""

    suite: str
    folder: Path
    records: list[dict[str, Any]]
    summary: dict[str, Any]

    def clips(self) -> dict[str, Video]:
        """Kept videos by id, uint8 [T, H, W, 3]; see `summary["clips_rule"]`."""
        return read_clips(self.folder / "clips.npz")


def evaluation_dir(run: Path, suite: str) -> Path:
    """The folder of a run's evaluation. The colon of `small-v1:maze` is no letter for a file name."""
    return run / "evaluations" / suite.replace(":", "-")


def suites_in(run: Path) -> list[str]:
    """Names of the suites that a run was evaluated on, finished ones only, sorted."""
    summaries = sorted((run / "evaluations").glob("*/summary.json"))
    found = [read_json(path) for path in summaries]
    return sorted(summary["suite"] for summary in found if summary.get("complete"))


def load_evaluation(run: Path, suite: str) -> Evaluation:
    """A run's finished evaluation on a suite.

    Raises:
        ValueError: If the run has no such evaluation, or an interrupted one; says which it has.
    """
    folder = evaluation_dir(run, suite)
    if not (folder / "summary.json").is_file():
        found = suites_in(run)
        if not found:
            raise ValueError(f"{run} has no finished evaluation: evaluate the run on {suite} first")
        raise unknown(f"evaluation of {run}", suite, found)
    summary = read_json(folder / "summary.json")
    if not summary.get("complete"):
        raise ValueError(f"{folder} was interrupted: run the same evaluation again, it goes on where it was")
    return Evaluation(summary["suite"], folder, read_jsonl(folder / "records.jsonl"), summary)


def shared_suite(run_a: Path, run_b: Path) -> str:
    """The one suite that both runs were evaluated on.

    Raises:
        ValueError: If there is none, or more than one to choose from.
    """
    in_a, in_b = suites_in(run_a), suites_in(run_b)
    both = [suite for suite in in_a if suite in in_b]
    if len(both) == 1:
        return both[0]
    if both:
        raise ValueError(f"both runs were evaluated on {', '.join(both)}: say which with --suite")
    raise ValueError(
        f"no suite in common: {run_a} has {', '.join(in_a) or 'none'}, {run_b} has "
        f"{', '.join(in_b) or 'none'}; evaluate both on the same suite"
    )
