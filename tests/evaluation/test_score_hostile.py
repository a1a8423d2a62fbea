"""One hostile file among the videos costs itself its verdict, and no other."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from videorlvr.base.isolated import Lost
from videorlvr.evaluation import score as scoring
from videorlvr.evaluation.export import export
from videorlvr.evaluation.manifest import read_manifest
from videorlvr.evaluation.score import score
from videorlvr.evaluation.work import lost, was_lost
from videorlvr.judge.decoded import UNDECIDABLE
from videorlvr.judge.fingerprint import Fingerprint
from videorlvr.worlds import WORLDS

COUNT = 4


@pytest.fixture
def exported(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A manifest, a copy of its oracle videos, and the first of these, to be spoilt."""
    manifest = export(WORLDS["maze"], "micro", "test", COUNT, tmp_path)
    videos = tmp_path / "videos"
    shutil.copytree(tmp_path / "oracle", videos)
    return manifest, videos, videos / f"{read_manifest(manifest)[0].id}.mp4"


def pictures(first: Path, count: int, side: int) -> None:
    """Instead of the file a folder of one large picture, many times."""
    first.unlink()
    first.with_suffix("").mkdir()
    Image.new("1", (side, side)).save(first.with_suffix("") / "0.png")
    for index in range(1, count):
        os.link(first.with_suffix("") / "0.png", first.with_suffix("") / f"{index}.png")


def slow(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "MAX_VIDEO_S", 1.5)  # an honest one takes a thousandth, on an idle machine
    pictures(first, 30, 4000)


def large(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "MAX_VIDEO_MB", 192)
    pictures(first, 1, 5700)


def link_out(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first.rename(first.parent.parent / "elsewhere.mp4")
    first.symlink_to(first.parent.parent / "elsewhere.mp4")


def link_folder_out(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first.unlink()
    first.with_suffix("").symlink_to(first.parent.parent / "first_frames", target_is_directory=True)


def link_to_itself(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first.unlink()
    first.symlink_to(first)


def pipe(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first.unlink()
    os.mkfifo(first)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (link_out, "outside_folder"),
        (link_folder_out, "outside_folder"),
        (pipe, "missing_file"),
        (link_to_itself, "missing_file"),
    ],
)
def test_a_hostile_file_is_a_verdict_and_the_rest_is_judged(
    spoil: Callable[[Path, pytest.MonkeyPatch], None],
    reason: str,
    exported: tuple[Path, Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest, videos, first = exported
    spoil(first, monkeypatch)
    records = score(manifest, videos, workers=1)["records"]
    assert [record["reason"] for record in records] == [reason] + [""] * (COUNT - 1)


def test_a_link_within_the_folder_is_followed(exported: tuple[Path, Path, Path]) -> None:
    manifest, videos, first = exported
    first.rename(videos / "store.mp4")
    first.symlink_to("store.mp4")
    assert score(manifest, videos, workers=1)["summary"]["successes"] == COUNT


@pytest.mark.parametrize(("spoil", "why"), [(slow, "1.5 s of processor time"), (large, "192 MB of memory")])
def test_a_limit_is_no_refusal_of_what_a_video_shows(
    spoil: Callable[[Path, pytest.MonkeyPatch], None],
    why: str,
    exported: tuple[Path, Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest, videos, first = exported
    spoil(first, monkeypatch)
    result = score(manifest, videos, workers=1)
    assert why in result["records"][0]["why"]
    assert was_lost(result["records"][0])
    assert not was_lost(result["records"][1])
    assert result["summary"]["bounds"] == [(COUNT - 1) / COUNT, 1.0]


@pytest.mark.parametrize("way", ["crashed", "timed_out", "stalled", "out_of_memory"])
def test_a_lost_judge_is_undecidable_and_says_why(way: Any) -> None:
    finding = lost(Lost(way, "in detail"))
    assert finding.verdict.reason == UNDECIDABLE
    assert not finding.verdict.success
    assert finding.why.endswith(": in detail")


def test_verdicts_say_what_they_were_judged_by(exported: tuple[Path, Path, Path]) -> None:
    manifest, videos, _ = exported
    result = score(manifest, videos, workers=1)
    fingerprint = Fingerprint.from_json(result["summary"]["fingerprint"])
    assert fingerprint.worlds == {"maze": WORLDS["maze"].version}
    assert {record["fingerprint"] for record in result["records"]} == {fingerprint.digest}
    manifest.write_text("".join(manifest.read_text().splitlines(keepends=True)[1:]))
    assert score(manifest, videos, workers=1)["summary"]["fingerprint"]["digest"] != fingerprint.digest
