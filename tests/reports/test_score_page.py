"""The page about scored videos: self-contained, its cases chosen by the rule that it prints."""

from __future__ import annotations

import base64
import io
import os
import re
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from videorlvr.base.media.read import read_video
from videorlvr.base.media.write import write_mp4
from videorlvr.cli.main import main
from videorlvr.evaluation.export import export
from videorlvr.evaluation.manifest import read_manifest
from videorlvr.evaluation.score import score
from videorlvr.evaluation.work import NO_END
from videorlvr.reports.score_page import MAX_CASES, choose, write_score_page
from videorlvr.worlds import WORLDS

COUNT = 8


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A manifest and videos: solved ones, a still, one of 2 px cells, a broken one, and a missing one."""
    folder = tmp_path_factory.mktemp("score")
    manifest = export(WORLDS["maze"], "micro", "test", COUNT, folder)
    for number, entry in enumerate(read_manifest(manifest)):
        video, fps = read_video(folder / "oracle" / f"{entry.id}.mp4")
        path = folder / "videos" / f"{entry.id}.mp4"
        match number:
            case 0:
                write_mp4(path, video[:1].repeat(5, axis=0), fps=fps)
            case 1:
                write_mp4(path, video[:, ::4, ::4], fps=fps)
            case 2:
                path.write_text("no video")
            case 3:
                pass
            case _:
                write_mp4(path, video, fps=fps)
    return manifest, folder / "videos"


def test_the_page_shows_each_kind_of_case(scored: tuple[Path, Path], tmp_path: Path) -> None:
    manifest, videos = scored
    result = score(manifest, videos)
    write_score_page(result, manifest, videos, tmp_path / "page.html")
    html = (tmp_path / "page.html").read_text()
    assert "4 of 8 videos are solved: 50.0 [21.5, 78.5] %." in html
    assert "the rate lies between 50.0 and 62.5 %" in html
    for words in (
        "Least sure successes",
        "not_at_goal",
        "px are needed to be sure",
        "missing_file",
        "unreadable_video",
    ):
        assert words in html
    assert not re.search(r"https?://|<script|src=\"(?!data:)", html)
    pictures = re.findall(r"data:image/webp;base64,([^\"]+)", html)
    assert len(pictures) == 4 + 1 + 1  # nothing of the missing and of the broken one
    with Image.open(io.BytesIO(base64.b64decode(pictures[0]))) as image:
        assert getattr(image, "n_frames", 1) > 1
        assert np.asarray(image.convert("RGB")).std() > 10
    write_score_page(result, manifest, videos, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text() == html


@pytest.mark.parametrize(
    ("count", "side", "why"),
    [(32, 4000, "processor time"), (1, 5700, "MB of memory")],
    ids=["hangs", "takes all memory"],
)
def test_a_file_that_turns_hostile_is_shown_as_lost(
    count: int, side: int, why: str, scored: tuple[Path, Path], tmp_path: Path
) -> None:
    """Judged while it was honest, read again when it is not: the page is made, with all the others."""
    manifest, videos = scored
    shutil.copytree(videos, tmp_path / "videos")
    result = score(manifest, tmp_path / "videos", workers=1)
    solved = next(record["id"] for record in result["records"] if record["success"])
    page = tmp_path / "page.html"
    began = time.monotonic()
    write_score_page(result, manifest, tmp_path / "videos", page, workers=1)
    # What all honest ones took together is time enough for each of them, on a busy machine too.
    limits: dict[str, Any] = (
        {"memory_mb": 192} if count == 1 else {"cpu_s": max(1.0, time.monotonic() - began)}
    )
    (tmp_path / "videos" / f"{solved}.mp4").unlink()
    hostile = tmp_path / "videos" / solved
    hostile.mkdir()
    Image.new("1", (side, side)).save(hostile / "0.png")
    for index in range(1, count):
        os.link(hostile / "0.png", hostile / f"{index}.png")
    write_score_page(result, manifest, tmp_path / "videos", page, workers=1, **limits)
    html = page.read_text()
    assert html.count("data:image/webp;base64,") == 3 + 1 + 1
    assert re.search(
        rf"{solved} .*solved.*, confidence 1.00; not shown, since the file was lost .*{why}", html
    )


def test_cases_follow_their_rule() -> None:
    def record(number: int, reason: str, confidence: float = 0.0) -> dict[str, Any]:
        verdict = {"success": not reason, "reason": reason, "confidence": confidence}
        return {"id": str(number), "why": "", **verdict}

    records = [record(number, "", (number * 7) % 10 / 10) for number in range(10)]
    records += [record(10, "jump"), record(11, "unreadable"), record(12, "jump"), record(13, "missing_file")]
    records += [record(20 + number, "undecidable") for number in range(MAX_CASES + 2)]
    records.insert(0, {**record(30, "undecidable"), "why": NO_END + "a crash"})
    (_, _, solved), (_, _, refused), (_, _, undecidable) = choose(records)
    assert [r["confidence"] for r in solved] == [0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert [r["id"] for r in refused] == ["10", "11"]
    assert [r["id"] for r in undecidable] == [str(20 + number) for number in range(MAX_CASES)]


def test_the_command_writes_overlays_and_the_page(
    scored: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest, videos = scored
    argv = ["score", str(manifest), "--videos", str(videos)]
    assert main([*argv, "--overlay", str(tmp_path / "o"), "--report", str(tmp_path / "p.html")]) == 0
    out = capsys.readouterr().out
    assert "1 undecidable: the rate lies between 50.0% and 62.5%" in out
    assert f"page: {tmp_path / 'p.html'}" in out
    assert "Verdicts" in (tmp_path / "p.html").read_text()
    names = {path.stem for path in (tmp_path / "o").iterdir()}
    entries = [entry.id for entry in read_manifest(manifest)]
    assert names == {*entries} - {*entries[2:4]}  # there is nothing to draw on
