"""Players that answer in words: the same suites, records and tables as those that make videos."""

from __future__ import annotations

import json
from pathlib import Path

from videorlvr.evaluation.clips import read_clips
from videorlvr.evaluation.runner import evaluate
from videorlvr.evaluation.suites import suite_of
from videorlvr.players.answers import Answer
from videorlvr.players.baselines import oracle
from videorlvr.reports.tables import answers_table, summary_table

SUITE = suite_of("maze:micro:6")


def half_right(world, problems, sample):
    """The reference of every second problem; of the others it, too, but wrapped so that a strict reader refuses it."""
    out = []
    for problem in problems:
        right = problem.address.index % 2 == 0
        moves = problem.solution if right else f" {problem.solution}"
        out.append(Answer(moves, f"<answer>{moves}", lenient=problem.solution, counts={"tokens": len(moves)}))
    return out


def test_words_are_judged_recorded_and_summed_up(tmp_path: Path) -> None:
    summary = evaluate(half_right, SUITE, name="words", out=tmp_path, samples=2)
    records = [json.loads(line) for line in (tmp_path / "records.jsonl").read_text().splitlines()]
    assert len(records) == 12
    for record in records:
        right = record["index"] % 2 == 0
        assert record["success"] == right == record["said"]["exact"]
        assert record["said"]["lenient"]
        assert record["reason"] == ("" if right else "not_a_move")
    share = sum(record["success"] for record in records) / 12
    assert summary["results"]["worlds"]["maze"]["success"] == share
    words = summary["answers"]["maze"]
    assert words["exact"] == share
    assert words["lenient"] == 1.0
    assert words["distinct"] == 1.0
    assert words["distinct_right"] == share
    assert answers_table(summary).rows[0][0] == "maze"


def test_words_and_videos_stand_in_one_comparison(tmp_path: Path) -> None:
    evaluate(half_right, SUITE, name="words", out=tmp_path / "words")
    video = evaluate(oracle, SUITE, name="oracle", out=tmp_path / "video")
    words = json.loads((tmp_path / "words" / "summary.json").read_text())
    assert words["fingerprint"] == video["fingerprint"]
    assert summary_table(words).columns == summary_table(video).columns


def test_moves_are_shown_as_far_as_they_are_legal(tmp_path: Path) -> None:
    evaluate(half_right, SUITE, name="words", out=tmp_path)
    clips = read_clips(tmp_path / "clips.npz")
    assert clips
    for name, clip in clips.items():
        moved = (clip[0] != clip[-1]).any()
        assert moved == (int(name.rpartition("/")[2]) % 2 == 0)


def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    asked = []

    def counted(world, problems, sample):
        asked.extend(problems)
        return half_right(world, problems, sample)

    first = evaluate(counted, SUITE, name="words", out=tmp_path)
    assert evaluate(counted, SUITE, name="words", out=tmp_path)["results"] == first["results"]
    assert len(asked) == 6
