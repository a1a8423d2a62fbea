"""Reading evaluations, which live in `RUN/evaluations/SUITE` (`base.runs`).

Law: an evaluation that was interrupted is not an evaluation; reading one is an error that says how to finish.
The folder may come from a stranger: its records are checked, its results are counted anew from them, and no
name in a file leads out of the run's folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError

from videorlvr.base import runs
from videorlvr.base.choices import unknown
from videorlvr.base.records import read_json_object, read_jsonl
from videorlvr.base.runs import evaluation_dir
from videorlvr.evaluation.clips import read_clips
from videorlvr.evaluation.kept import of_today
from videorlvr.evaluation.summary import summarise
from videorlvr.judge.fingerprint import Fingerprint
from videorlvr.worlds.api import Video

Name = Annotated[str, Field(max_length=200)]
Count = Annotated[int, Field(ge=0, le=2**40)]


class _Record(BaseModel):
    """What every line of `records.jsonl` must hold; see `runner.record_of`. Releases before 0.2 kept no puzzle."""

    model_config = ConfigDict(strict=True, extra="allow")

    id: Name
    world: Name
    level: Name
    index: Count
    sample: Count
    puzzle: Name | None = None
    difficulty: Count
    success: bool
    reason: Name
    frame: Count | None
    confidence: FiniteFloat
    components: dict[Name, FiniteFloat]
    metrics: dict[Name, FiniteFloat]
    rewards: dict[Name, FiniteFloat]


_RECORDS = TypeAdapter(list[_Record])


@dataclass(frozen=True)
class Evaluation:
    """One player on one suite: records in suite order, their summary, and where the clips are.

    fingerprint: what they were judged by; None if an older release wrote them, which did not say.
    """

    suite: str
    folder: Path
    records: list[dict[str, Any]]
    summary: dict[str, Any]
    fingerprint: Fingerprint | None

    def clips(self) -> dict[str, Video]:
        """Kept videos by id, uint8 [T, H, W, 3]; see `summary["clips_rule"]`."""
        return read_clips(self.folder / runs.CLIPS)


def suites_in(run: Path) -> list[str]:
    """Names of the suites that a run was evaluated on, finished ones only, sorted."""
    folders = [path.parent for path in sorted((run / runs.EVALUATIONS).glob(f"*/{runs.SUMMARY}"))]
    found = [(folder, read_json_object(folder / runs.SUMMARY)) for folder in folders]
    return sorted(_suite_of(run, folder, summary) for folder, summary in found if summary.get("complete"))


def _suite_of(run: Path, folder: Path, summary: dict[str, Any]) -> str:
    suite = summary.get("suite")
    if not isinstance(suite, str) or evaluation_dir(run, suite) != folder:
        raise ValueError(
            f"{folder / 'summary.json'} is of suite {suite!r:.80}; expected the one that its folder is named for"
        )
    return suite


def load_evaluation(run: Path, suite: str) -> Evaluation:
    """A run's finished evaluation on a suite.

    Raises:
        ValueError: If the run has no such evaluation, or an interrupted one (says which it has), or one with
            damaged records.
    """
    folder = evaluation_dir(run, suite)
    if not (folder / runs.SUMMARY).is_file():
        found = suites_in(run)
        if not found:
            raise ValueError(f"{run} has no finished evaluation: evaluate the run on {suite} first")
        raise unknown(f"evaluation of {run}", suite, found)
    summary = of_today(read_json_object(folder / runs.SUMMARY))
    if not summary.get("complete"):
        raise ValueError(f"{folder} was interrupted: run the same evaluation again, it goes on where it was")
    if not isinstance(summary.get("settings") or {}, dict):
        raise ValueError(
            f"{folder / runs.SUMMARY}: settings is {summary['settings']!r:.80}; expected an object or null: "
            "evaluate the run again"
        )
    fingerprint = _fingerprint(summary)
    records = _checked(folder / runs.RECORDS, fingerprint)
    summary = {**summary, "results": summarise(records)}
    return Evaluation(_suite_of(run, folder, summary), folder, records, summary, fingerprint)


def _fingerprint(summary: dict[str, Any]) -> Fingerprint | None:
    """Release 0.1 had the hash of the suite under this name, a string."""
    value = summary.get("fingerprint")
    return Fingerprint.from_json(value) if isinstance(value, dict) else None


def _checked(path: Path, fingerprint: Fingerprint | None) -> list[dict[str, Any]]:
    """The records of a file, each of them whole and judged as the summary says."""
    records = read_jsonl(path)
    try:
        _RECORDS.validate_python(records)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        number, *keys = first["loc"]
        where = "record" if not keys else f"key '{'.'.join(map(str, keys))}'"
        raise ValueError(
            f"{path}: record {int(number) + 1}: {where} is {first['input']!r:.80} ({first['msg']}); "
            "evaluate the run again"
        ) from None
    for number, record in enumerate(records, start=1):
        if record["success"] != (record["reason"] == ""):
            raise ValueError(
                f"{path}: record {number} is success {record['success']} for a reason or without"
            )
        if fingerprint and record.get("fingerprint") != fingerprint.digest:
            raise ValueError(
                f"{path}: record {number} has fingerprint {record.get('fingerprint')!r:.40}; expected "
                f"{fingerprint.digest}, as in summary.json: evaluate the run again"
            )
    return records


def shared_suite(run_a: Path, run_b: Path) -> str:
    """The one suite that both runs were evaluated on.

    Raises:
        ValueError: If there is none, or more than one to choose from.
    """
    for run in (run_a, run_b):
        if not run.is_dir():
            raise ValueError(
                f"there is no folder '{run}': expected a run's, or a baseline's, with evaluations in it"
            )
    in_a, in_b = suites_in(run_a), suites_in(run_b)
    both = [suite for suite in in_a if suite in in_b]
    if len(both) == 1:
        return both[0]
    if both:
        raise ValueError(f"both runs were evaluated on {', '.join(both)}: say which with --suite")
    raise ValueError(
        f"no finished evaluation on a suite in common: {run_a} has {', '.join(in_a) or 'none'}, {run_b} has "
        f"{', '.join(in_b) or 'none'}; evaluate both on the same suite ('videorlvr evaluate RUN --suite S')"
    )
