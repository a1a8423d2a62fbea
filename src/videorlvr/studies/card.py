"""The card of a study: what was claimed, what was run, what came of it. Made from the study's folder alone.

Law: the same study.json, about.json and records.jsonl give the same card, byte for byte.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from videorlvr.base.records import write_json
from videorlvr.evaluation.measures import MEASURES
from videorlvr.evaluation.study import Study
from videorlvr.evaluation.verdict import Finding, interval_of, missing, values_of, verdict
from videorlvr.studies.folder import Record, load_study


def card_of(study: Study, about: dict[str, Any], records: list[Record], *, pilot: bool) -> dict[str, Any]:
    """The card as data; a pilot's has no verdict."""
    found = verdict(study, records)
    left = [] if pilot else missing(study, records)
    return {
        "study": study.name,
        "version": study.version,
        "papers": list(study.papers),
        "question": study.question,
        "claim": study.claim,
        "pilot": pilot,
        "verdict": None if pilot else found.outcome,
        "sentence": "a pilot, for choices: it decides nothing" if pilot else found.sentence,
        "missing": [{"arm": arm, "seed": seed} for arm, seed in left],
        "seeds": sorted({record["seed"] for record in records}),
        "suite": study.pilot_suite if pilot else study.suite,
        "num_problems": sorted({record["num_problems"] for record in records}),
        "samples": study.samples,
        "confidence": study.confidence,
        "arms": [_arm(study, name, records) for name in study.arms],
        "premises": [_finding(finding) for finding in found.premises],
        "criteria": [_finding(finding) for finding in found.criteria],
        "asides": [_finding(finding) for finding in found.asides],
        "budget": study.budget.model_dump(mode="json"),
        "simulated": study.simulated,
        "fingerprints": sorted({str(record["fingerprint"]) for record in records}),
        "about": about,
    }


def _arm(study: Study, name: str, records: list[Record]) -> dict[str, Any]:
    """An arm's numbers: of each measure the runs' values by seed, their mean and its interval."""
    arm, measures = study.arms[name], {}
    for key, measure in MEASURES.items():
        values = values_of(records, name, key)
        interval = interval_of(list(values.values()), study.confidence)
        if interval is not None:
            measures[key] = {
                "title": measure.title,
                "digits": measure.digits,
                "mean": interval.mean,
                "low": interval.low,
                "high": interval.high,
                "by_seed": {str(seed): value for seed, value in values.items()},
            }
    return {"name": name, "role": arm.role, "what": arm.what, "measures": measures}


def _finding(finding: Finding) -> dict[str, Any]:
    criterion, interval = finding.criterion, finding.interval
    return {
        "sentence": criterion.sentence,
        "why": criterion.why,
        "outcome": finding.outcome,
        "estimate": interval.mean if interval else None,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "num_runs": interval.num_runs if interval else 0,
    }


def write_card(folder: Path) -> dict[str, Any]:
    """`card.json` in a study's folder, from what is there; returns it.

    Raises:
        ValueError: If it is no study's folder.
    """
    study, about, records, pilot = load_study(folder)
    card = card_of(study, about, records, pilot=pilot)
    write_json(folder / "card.json", card)
    return card
