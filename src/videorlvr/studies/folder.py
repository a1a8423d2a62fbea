"""A study's folder: what it states, what it measured, and its runs.

study.json     the statement, kept from the first call     about.json  who ran it, when, on what
records.jsonl  a line an (arm, seed)                        card.json, card.md  made from these three
seed-N/runs/   run folders        seed-N/arms/  evaluations    logs/    what the jobs said

Law: the card follows from the first three files alone, so they can be kept without the runs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, FiniteFloat, TypeAdapter, ValidationError

from videorlvr.base import runs
from videorlvr.base.files import write_text_atomic
from videorlvr.base.records import append_jsonl, read_json_object, read_jsonl, write_json
from videorlvr.evaluation.study import Study

Record = dict[str, Any]
STATEMENT = "study.json"


class _Record(BaseModel):
    """What every line of `records.jsonl` must hold; see `run.record_of`."""

    model_config = ConfigDict(strict=True, extra="allow")

    arm: str
    seed: int
    num_problems: int
    measures: dict[str, FiniteFloat]
    fingerprint: str | None


_RECORDS = TypeAdapter(list[_Record])


class StudyFolder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.statement, self.about_file = path / STATEMENT, path / runs.ABOUT
        self.records_file = path / runs.RECORDS

    def check(self, stated: dict[str, Any]) -> bool:
        """Is the study already in the folder?

        Raises:
            ValueError: If another one is, or the same one stated otherwise.
        """
        if not self.statement.is_file():
            return False
        there = read_json_object(self.statement)
        if there == stated:
            return True
        if there.get("name") != stated["name"]:
            raise ValueError(f"'{self.path}' holds the study '{there.get('name')}': choose another --out")
        keys = sorted(key for key in there.keys() | stated.keys() if there.get(key) != stated.get(key))
        raise ValueError(
            f"'{self.path}' holds the study '{there['name']}' as it was stated before its {', '.join(keys)} changed: "
            "a rule is stated before a run, so choose another --out"
        )

    def begin(self, stated: dict[str, Any], about: dict[str, Any]) -> None:
        write_json(self.about_file, about)
        write_json(self.statement, stated)

    def records(self) -> list[Record]:
        """Raises ValueError, naming file and record, for one that lacks what a card is made of."""
        records = read_jsonl(self.records_file) if self.records_file.is_file() else []
        try:
            _RECORDS.validate_python(records)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            number, *keys = first["loc"]
            where = ".".join(map(str, keys)) or "it"
            raise ValueError(
                f"{self.records_file}: record {int(number) + 1}: {where}: {first['msg']}; remove that line, and run "
                "the study again"
            ) from None
        return records

    def add(self, record: Record) -> None:
        append_jsonl(self.records_file, record)

    def sort(self, order: Sequence[tuple[str, int]]) -> list[Record]:
        """Records in the order of the study, whatever the order of work was."""
        by_key = {(record["arm"], record["seed"]): record for record in self.records()}
        records = [by_key[key] for key in order if key in by_key]
        text = "".join(json.dumps(record, allow_nan=False) + "\n" for record in records)
        write_text_atomic(self.records_file, text)
        return records


def load_study(path: Path) -> tuple[Study, dict[str, Any], list[Record], bool]:
    """Statement, about and records of a study's folder, and whether they are of its pilot.

    Raises:
        ValueError: If it is no study's folder.
    """
    folder = StudyFolder(path)
    if not folder.statement.is_file():
        raise ValueError(
            f"'{path}' holds no study (it has no {STATEMENT}): run 'videorlvr study NAME --out {path}'"
        )
    about = read_json_object(folder.about_file) if folder.about_file.is_file() else {}
    stated = read_json_object(folder.statement)
    pilot = bool(stated.pop("pilot", False))
    try:
        study = Study.model_validate(stated)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise ValueError(
            f"{folder.statement}: {where}: {first['msg']}; it is no statement of a study"
        ) from None
    return study, about, folder.records(), pilot
