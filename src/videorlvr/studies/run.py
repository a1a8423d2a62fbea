"""Run a study, or go on with one: jobs side by side, a record an (arm, seed), and the card.

Law: a study that was killed at any moment and called again leaves the records of one that was not (seconds, which
are measured, aside). Runs and evaluations go on by themselves; a record is written when its arm is measured, and
an arm that has its record is not measured again.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from videorlvr.base.jobs import Job, Slot, run_jobs, share_machine
from videorlvr.base.lock import only_process_in
from videorlvr.evaluation.folders import load_evaluation
from videorlvr.evaluation.measures import MEASURES
from videorlvr.evaluation.study import Study
from videorlvr.methods.studies import check_runs
from videorlvr.studies.card import write_card
from videorlvr.studies.folder import StudyFolder
from videorlvr.studies.plan import Trial, arm_dir, job_name, jobs_of, needed, run_dir

Say = Callable[[str], None]


def run_study(
    study: Study,
    out: Path,
    *,
    program: Sequence[str],
    about: dict[str, Any],
    pilot: bool = False,
    most: int | None = None,
    say: Say = lambda text: print(text, file=sys.stderr, flush=True),
) -> dict[str, Any]:
    """Run what is missing of a study in the folder `out`; returns its card.

    Args:
        program: The command that runs a JSON list of `videorlvr` commands.
        about: Who runs it, kept from the first call.
        pilot: Run the pilot instead: other seeds and suite, for choices; its card has no verdict.
        most: Jobs side by side at most; None takes what the machine has.

    Raises:
        ValueError: If `out` holds another study, or a job fails.
        KeyboardInterrupt: If stopped; the same call goes on.
    """
    trial, folder = Trial(study, pilot), StudyFolder(out)
    stated = study.to_json() | {"pilot": pilot}
    if not folder.check(stated):
        check_runs(study)
    with only_process_in(out):
        if not folder.check(stated):
            folder.begin(stated, about)
        _run_missing(trial, folder, program, most, say)
    return write_card(out)


def _run_missing(
    trial: Trial, folder: StudyFolder, program: Sequence[str], most: int | None, say: Say
) -> None:
    study, out = trial.study, folder.path
    order = [(arm, seed) for seed in trial.seeds for arm in study.arms]
    have = {(record["arm"], record["seed"]) for record in folder.records()}
    jobs = jobs_of(trial, out, program, _finished(trial, have))
    slots = share_machine(most or len(trial.seeds) * len(study.arms))
    if jobs:
        say(f"{study.name}: {len(jobs)} jobs, {min(len(jobs), len(slots))} at a time, in {out}")
    progress = _Progress(trial, out, len(jobs), say)

    def done(job: Job, seconds: float) -> None:
        for arm, seed in order:
            if job.name == job_name(study.arms[arm].run, seed) and (arm, seed) not in have:
                record = record_of(trial, out, arm, seed)
                folder.add(record)
                progress.measured(arm, seed, record)
        progress.done(job, seconds)

    run_jobs(jobs, slots, started=progress.started, done=done, beat=progress.beat)
    folder.sort(order)


def record_of(trial: Trial, out: Path, arm: str, seed: int) -> dict[str, Any]:
    """What is kept of an arm and seed: every measure that it has, and what judged it."""
    evaluation = load_evaluation(out / arm_dir(arm, seed), trial.suite)
    run = out / run_dir(trial.study.arms[arm].run, seed)
    measures = {name: measure.of(run, evaluation.summary) for name, measure in MEASURES.items()}
    return {
        "arm": arm,
        "seed": seed,
        "suite": trial.suite,
        "num_problems": evaluation.summary["results"]["overall"]["n"],
        "samples": evaluation.summary["samples"],
        "measures": {name: value for name, value in measures.items() if value is not None},
        "checkpoint": evaluation.summary["checkpoint"],
        "fingerprint": evaluation.fingerprint.digest if evaluation.fingerprint else None,
    }


def _finished(trial: Trial, have: set[tuple[str, int]]) -> set[tuple[str, int]]:
    """(run, seed) that need no job: all their arms have records, and so have the runs that start from them or
    nothing is left to be made of them."""
    study, out = trial.study, set[tuple[str, int]]()
    for seed in trial.seeds:
        for run in reversed(needed(study)):
            followers = [name for name in needed(study) if run in study.runs[name].before]
            measured = all((arm, seed) in have for arm in trial.arms_of(run))
            if measured and (trial.arms_of(run) or all((name, seed) in out for name in followers)):
                out.add((run, seed))
    return out


class _Progress:
    """Lines for people: what starts, how far it is, what was measured, how much is left."""

    def __init__(self, trial: Trial, out: Path, total: int, say: Say) -> None:
        self.total, self.finished, self.say, self.began = total, 0, say, time.monotonic()
        self.folders = {
            job_name(run, seed): out / run_dir(run, seed)
            for run in needed(trial.study)
            for seed in trial.seeds
        }

    def started(self, job: Job, slot: Slot) -> None:
        self.say(f"  {job.name}: started on {slot.name}")

    def beat(self, running: list[tuple[Job, float]]) -> None:
        for job, seconds in running:
            step = MEASURES["steps"].of(self.folders[job.name], {})
            far = "" if step is None else f", step {step:.0f}"
            self.say(f"  {job.name}: running for {seconds:.0f} s{far}")

    def measured(self, arm: str, seed: int, record: dict[str, Any]) -> None:
        shown = ", ".join(
            f"{name} {record['measures'][name]:.{MEASURES[name].digits}f}"
            for name in ("success", "seconds_a_step")
            if name in record["measures"]
        )
        self.say(f"  {arm}, seed {seed}: {shown}")

    def done(self, job: Job, seconds: float) -> None:
        self.finished += 1
        spent = time.monotonic() - self.began
        left = spent / self.finished * (self.total - self.finished)
        self.say(
            f"  {job.name}: done in {seconds:.0f} s ({self.finished} of {self.total}, about {left:.0f} s left)"
        )
