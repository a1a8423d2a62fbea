"""A run that is stopped at any moment and started again gives the records of one without a stop, bit for bit."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from videorlvr.base.media.write import write_mp4
from videorlvr.cli.main import main
from videorlvr.evaluation.export import export
from videorlvr.evaluation.journal import Journal
from videorlvr.evaluation.score import score
from videorlvr.worlds import WORLDS

COUNT = 20


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(WORLDS["maze"], "micro", "test", COUNT, tmp_path_factory.mktemp("export"), size=(96, 160))


@pytest.fixture(scope="module")
def expected(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The JSON of a run without a stop."""
    out = tmp_path_factory.mktemp("expected") / "v.json"
    assert (
        main(["score", str(exported), "--videos", str(exported.parent / "oracle"), "--json", str(out)]) == 0
    )
    return out.read_bytes()


def num_lines(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def stopped(argv: list[str], journal: Path, after: int, how: signal.Signals) -> tuple[int, str]:
    """Run the command in a process of its own and stop it once the journal has so many lines."""
    process = subprocess.Popen(
        [sys.executable, "-m", "videorlvr.cli.main", *argv], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while num_lines(journal) < after and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    assert process.poll() is None, process.stderr and process.stderr.read()
    process.send_signal(how)
    _, err = process.communicate(timeout=60)
    return process.returncode, err.decode()


def test_a_run_that_is_killed_again_and_again_ends_as_one_that_is_not(
    exported: Path, expected: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, journal = tmp_path / "v.json", tmp_path / "v.json.journal.jsonl"
    argv = ["score", str(exported), "--videos", str(exported.parent / "oracle"), "--json", str(out)]
    argv += ["--workers", "1", "--overlay", str(tmp_path / "o")]
    for after, how in ((2, signal.SIGKILL), (5, signal.SIGTERM), (9, signal.SIGINT)):
        code, err = stopped(argv, journal, after, how)
        assert code != 0
        assert not out.exists()
        assert num_lines(journal) >= after
        if how != signal.SIGKILL:
            assert f"verdicts are kept in '{journal}'; the same command goes on" in err
            assert code == 130
    keys = [json.loads(line)["key"] for line in journal.read_text().splitlines()]
    assert len(set(keys)) == len(keys) < COUNT, "something was judged twice, or nothing was left to do"
    assert main(argv) == 0
    assert f"going on with the {len(keys)} verdicts" in capsys.readouterr().err
    assert out.read_bytes() == expected
    assert not journal.exists()
    assert len(os.listdir(tmp_path / "o")) == COUNT


def kept(manifest: Path, videos: Path, path: Path, **options: Any) -> dict[str, Any]:
    """A result with this journal, which stays."""
    journal = Journal(path)
    try:
        return score(manifest, videos, workers=1, journal=journal, **options)
    finally:
        journal.close()


@pytest.fixture
def begun(exported: Path, tmp_path: Path) -> tuple[Path, Path, Path]:
    """A manifest of four, a copy of its videos, and the journal of a run over them."""
    manifest, videos, path = tmp_path / "m.jsonl", tmp_path / "videos", tmp_path / "j.jsonl"
    manifest.write_text("".join(exported.read_text().splitlines(keepends=True)[:4]))
    shutil.copytree(exported.parent / "first_frames", tmp_path / "first_frames")
    shutil.copytree(exported.parent / "oracle", videos)
    kept(manifest, videos, path)
    return manifest, videos, path


def test_a_torn_line_counts_as_never_written(begun: tuple[Path, Path, Path]) -> None:
    manifest, videos, path = begun
    whole, result = path.read_bytes(), kept(*begun)
    lines = whole.splitlines(keepends=True)
    assert len(lines) == 4
    for cut in (1, len(lines[-1]) // 2, len(lines[-1]) - 1):
        path.write_bytes(whole[:-cut])
        assert kept(manifest, videos, path) == result
        assert sorted(path.read_bytes().splitlines()) == sorted(whole.splitlines())


def test_what_changed_is_judged_anew_and_nothing_else(begun: tuple[Path, Path, Path]) -> None:
    manifest, videos, path = begun
    lines = [json.loads(text) for text in manifest.read_text().splitlines()]
    changed, removed = (videos / f"{lines[index]['id']}.mp4" for index in (1, 2))
    write_mp4(changed, np.zeros((5, 96, 160, 3), np.uint8), fps=8)
    removed.unlink()
    lines[3]["id"] = "renamed"
    manifest.write_text("\n".join(map(json.dumps, lines)))
    before = num_lines(path)
    result = kept(manifest, videos, path)
    assert result == score(manifest, videos, workers=1)
    assert [record["reason"] for record in result["records"]][1:] == ["wrong_start", *["missing_file"] * 2]
    assert num_lines(path) == before + 3
    assert kept(manifest, videos, path) == result
    assert num_lines(path) == before + 3


def test_another_judge_judges_anew(begun: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    before = num_lines(begun[2])
    monkeypatch.setattr("videorlvr.judge.fingerprint.JUDGE_VERSION", 10**6)
    kept(*begun)
    assert num_lines(begun[2]) == before + 4


def test_overlays_that_are_missing_are_drawn(begun: tuple[Path, Path, Path], tmp_path: Path) -> None:
    result = kept(*begun, overlay=tmp_path / "o")
    assert len(os.listdir(tmp_path / "o")) == 4
    next((tmp_path / "o").iterdir()).unlink()
    assert kept(*begun, overlay=tmp_path / "o") == result
    assert len(os.listdir(tmp_path / "o")) == 4
    before = num_lines(begun[2])
    kept(*begun, overlay=tmp_path / "o")
    assert num_lines(begun[2]) == before


def test_what_is_no_journal_is_left_alone(begun: tuple[Path, Path, Path], tmp_path: Path) -> None:
    for content in ('{"mine": 1}\n', "a letter", '{"kind": "videorlvr score", "key": 3}\n'):
        (tmp_path / "other").write_text(content)
        with pytest.raises(ValueError, match="is no journal of 'videorlvr score'"):
            Journal(tmp_path / "other")
        assert (tmp_path / "other").read_text() == content


def test_two_at_once_do_not_share_a_journal(tmp_path: Path) -> None:
    first = Journal(tmp_path / "j")
    with pytest.raises(ValueError, match=r"another 'videorlvr score' .* is at work"):
        Journal(tmp_path / "j")
    first.close()
    Journal(tmp_path / "j").remove()
    assert not (tmp_path / "j").exists()
