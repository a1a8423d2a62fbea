"""Scoring files: the oracle always succeeds, whatever happened to its pixels on the way; nothing stops it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from videorlvr.base import progress
from videorlvr.base.media.read import read_video
from videorlvr.base.media.write import write_mp4
from videorlvr.base.stats import wilson
from videorlvr.cli.main import main
from videorlvr.evaluation.export import MANIFEST_KEYS, export
from videorlvr.evaluation.manifest import read_manifest
from videorlvr.evaluation.score import score
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Layout, Video
from videorlvr.worlds.problems import make_problem, oracle_trace

MAZE = WORLDS["maze"]
COUNT = 5


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(MAZE, "small", "test", COUNT, tmp_path_factory.mktemp("export"))


def changed(exported: Path, out: Path, change: Callable[[Video], Video], *, lossless: bool) -> Path:
    """The oracle videos of an export, changed and written to another folder."""
    for entry in read_manifest(exported):
        video, fps = read_video(exported.parent / "oracle" / f"{entry.id}.mp4")
        write_mp4(out / f"{entry.id}.mp4", change(video), fps=fps, lossless=lossless)
    return out


def larger(video: Video) -> Video:
    return video.repeat(2, axis=1).repeat(2, axis=2)


def test_manifest_holds_what_it_promises(exported: Path) -> None:
    for index, text in enumerate(exported.read_text().splitlines()):
        line, problem = json.loads(text), make_problem(MAZE, "small", "test", index)
        assert tuple(line) == MANIFEST_KEYS
        assert line["id"] == problem.address.file_id
        assert line["problem"] == problem.to_json()
        assert np.array_equal(line["trace"]["figure"], oracle_trace(MAZE, problem).figure)
        assert np.array_equal(line["trace"]["ground"], problem.grid.ground)
        assert (exported.parent / line["first_frame"]).is_file()
        assert (exported.parent / line["video"]).is_file()


def test_oracle_videos_score_one(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["score", str(exported), "--videos", str(exported.parent / "oracle")]
    assert main([*argv, "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result == score(exported, exported.parent / "oracle")
    summary = result["summary"]
    assert (summary["count"], summary["successes"], summary["success_rate"]) == (COUNT, COUNT, 1.0)
    assert summary["interval_95"] == list(wilson(COUNT, COUNT))
    assert summary["by_level"]["maze-v1/small"] == summary["by_world"]["maze-v1"]
    assert summary["judge"]["worlds"] == ["maze-v1"]
    assert {record["confidence"] for record in result["records"]} == {1.0}
    assert main(argv) == 0
    assert "maze-v1/small       5   5  100.0%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "lossless"),
    [
        (lambda video: video, False),
        (larger, False),
        (larger, True),
        (lambda video: video.repeat(3, axis=0), False),
        (lambda video: np.concatenate([larger(video), larger(video)[:, :, -1:]], axis=2), True),
    ],
    ids=["yuv420p", "twice as large, yuv420p", "twice as large", "three times as long", "97 px wide"],
)
def test_other_encodings_score_one(
    change: Callable[[Video], Video], lossless: bool, exported: Path, tmp_path: Path
) -> None:
    result = score(exported, changed(exported, tmp_path, change, lossless=lossless))
    assert [record["reason"] for record in result["records"]] == [""] * COUNT


def test_letterboxed_export_scores_one_in_half_the_size(tmp_path: Path) -> None:
    manifest = export(MAZE, "micro", "test", 2, tmp_path, size=(240, 416), theme="night")
    smaller = changed(manifest, tmp_path / "half", lambda video: video[:, ::2, ::2], lossless=False)
    for folder in (tmp_path / "oracle", smaller):
        assert score(manifest, folder)["summary"]["success_rate"] == 1.0


def test_a_bad_file_is_a_verdict_and_the_rest_is_judged(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(exported, tmp_path, lambda video: video, lossless=True)
    missing, cut, text, wide, fine = (tmp_path / f"{entry.id}.mp4" for entry in read_manifest(exported))
    missing.unlink()
    cut.write_bytes(cut.read_bytes()[:-200])
    text.write_text("no video")
    write_mp4(wide, np.zeros((12, 48, 64, 3), np.uint8), fps=8)
    result = score(exported, tmp_path)
    reasons = ["missing_file", "unreadable_video", "unreadable_video", "wrong_size", ""]
    assert [record["reason"] for record in result["records"]] == reasons
    assert result["records"][-1] == score(exported, exported.parent / "oracle")["records"][-1]
    assert result["summary"]["reasons"] == {"unreadable_video": 2, "missing_file": 1, "wrong_size": 1}
    assert main(["score", str(exported), "--videos", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "There is no video at the expected path." in out
    assert fine.stem not in out


def test_a_still_is_refused(exported: Path, tmp_path: Path) -> None:
    still = changed(exported, tmp_path / "still", lambda video: video[:1].repeat(12, axis=0), lossless=True)
    assert score(exported, still)["summary"]["reasons"] == {"not_at_goal": COUNT}
    one = changed(exported, tmp_path / "one", lambda video: video[:1], lossless=True)
    assert score(exported, one)["summary"]["reasons"] == {"too_few_frames": COUNT}


def test_an_empty_folder_is_pointed_out(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", str(exported), "--videos", str(tmp_path), "--json", str(tmp_path / "a.json")]) == 0
    assert "expected names like 'maze-v1-small-test-000000.mp4'" in capsys.readouterr().err
    assert json.loads((tmp_path / "a.json").read_text())["summary"]["reasons"] == {"missing_file": COUNT}


def test_processes_give_the_same_result(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = score(exported, exported.parent / "oracle", workers=1)
    monkeypatch.setattr(progress, "POOL_FROM", 1)
    assert score(exported, exported.parent / "oracle", workers=2) == alone


def test_an_interrupted_export_has_no_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = export(MAZE, "micro", "test", 1, tmp_path)
    before = manifest.read_bytes()

    def stop(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("videorlvr.evaluation.export.write_mp4", stop)
        with pytest.raises(KeyboardInterrupt):
            export(MAZE, "micro", "test", 1, tmp_path)
    assert not manifest.exists()
    assert export(MAZE, "micro", "test", 1, tmp_path).read_bytes() == before


def _without(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda line: line.pop(key)


def _with(key: str, value: object, *, inside: str | None = None) -> Callable[[dict[str, Any]], None]:
    return lambda line: (line if inside is None else line[inside]).update({key: value})


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (_without("problem"), "key 'problem' is missing"),
        (lambda line: line.update(wrold=line.pop("world")), "misspell it as 'wrold'"),
        (_with("world", "mase"), "did you mean 'maze'"),
        (_with("version", 2), "key 'version' is 2; expected 1"),
        (_with("index", 7), "key 'index' is 7; expected 1"),
        (_with("id", "../x"), "key 'id' is '../x'; expected a file name"),
        (_with("id", "a\\b"), "expected a file name"),
        (_with("id", "maze-v1-small-test-000000"), "as on line 1"),
        (_with("id", 3), "expected a file name"),
        (_with("layout", {}), "key 'layout' differs"),
        (_with("problem", []), "key 'problem' is not a problem"),
        (_with("colour", 1, inside="problem"), "not a problem"),
        (_with("solution", "U", inside="problem"), "key 'problem'"),
        (_with("theme", "nihgt", inside="problem"), "did you mean 'night'"),
        (
            _with("moves_per_frame", 99, inside="problem"),
            "moves_per_frame 99; expected a whole number from 1 to 2",
        ),
        (_with("num_frames", "12", inside="problem"), "num_frames '12'"),
    ],
)
def test_a_bad_line_names_file_line_and_key(
    spoil: Callable[[dict[str, Any]], object],
    expected: str,
    exported: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = [json.loads(text) for text in exported.read_text().splitlines()]
    spoil(lines[1])
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text("\n".join(json.dumps(line) for line in lines))
    assert main(["score", str(manifest), "--videos", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"videorlvr: {manifest}:2: ")
    assert expected in err
    assert err.count("\n") == 1


def test_a_board_outside_its_frame_is_refused(exported: Path, tmp_path: Path) -> None:
    line = json.loads(exported.read_text().splitlines()[0])
    layout = vars(Layout(48, 48, 8, 0, 8, 6, 6))
    line["layout"] = line["problem"]["layout"] = layout
    (tmp_path / "m.jsonl").write_text(json.dumps(line))
    with pytest.raises(ValueError, match="inside the frame"):
        score(tmp_path / "m.jsonl", tmp_path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "no problems in it"),
        (b"[1]\n", ":1: found '[1]'"),
        (b'\n{"id": "a", \n', ":2: not JSON"),
        (b"\xff\xfe\x00", ":1: not UTF-8 text"),
    ],
)
def test_what_is_no_manifest_is_refused(content: bytes, expected: str, tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_bytes(content)
    with pytest.raises(ValueError, match=r"m\.jsonl") as caught:
        score(tmp_path / "m.jsonl", tmp_path)
    assert expected in str(caught.value)


def test_a_missing_folder_is_named(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "videos").mkdir()
    assert main(["score", str(exported), "--videos", str(tmp_path / "vidoes")]) == 2
    assert f"did you mean '{tmp_path / 'videos'}'" in capsys.readouterr().err


def test_samples_of_a_problem_are_no_evidence_of_their_own(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Five problems, each asked four times and answered alike: an interval of five, not of twenty."""
    lines = [json.loads(text) for text in exported.read_text().splitlines()]
    samples = [{**line, "id": f"{line['id']}-{number}"} for line in lines for number in range(4)]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, samples)))
    (tmp_path / "videos").mkdir()
    for line in samples[4:]:
        shutil.copy(exported.parent / line["video"], tmp_path / "videos" / f"{line['id']}.mp4")
    argv = ["score", str(tmp_path / "m.jsonl"), "--videos", str(tmp_path / "videos")]
    assert main([*argv, "--json", str(tmp_path / "v.json")]) == 0
    assert "20 problems are 5 puzzles" in capsys.readouterr().out
    summary = json.loads((tmp_path / "v.json").read_text())["summary"]
    assert (summary["count"], summary["successes"], summary["puzzles"]) == (20, 16, 5)
    assert summary["interval_95"] == pytest.approx(wilson(4, 5), abs=1e-9)
