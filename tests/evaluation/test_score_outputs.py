"""What `score` writes: nothing of what it reads is replaced, and what cannot be written changes no verdict."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from videorlvr.base.isolated import Lost
from videorlvr.cli.main import main
from videorlvr.evaluation import score as scoring
from videorlvr.evaluation.export import export
from videorlvr.evaluation.score import score
from videorlvr.worlds import WORLDS

COUNT = 3
NAME = "maze-v1-micro-test-000000"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An export in p/, a copy of its oracle videos in v/, of which the last is a folder of pictures."""
    export(WORLDS["maze"], "micro", "test", COUNT, tmp_path / "p")
    shutil.copytree(tmp_path / "p" / "oracle", tmp_path / "v")
    pictures = tmp_path / "v" / "maze-v1-micro-test-000002"
    pictures.mkdir()
    shutil.copy(tmp_path / "p" / "first_frames" / f"{NAME}.png", pictures / "0.png")
    pictures.with_suffix(".mp4").unlink()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def run(folder: Path, *options: str) -> int:
    return main(["score", str(folder / "p" / "manifest.jsonl"), "--videos", str(folder / "v"), *options])


def linked_to_videos(folder: Path) -> str:
    (folder / "link").symlink_to("v", target_is_directory=True)
    return "link"


def overlay_name_linked_to_a_video(folder: Path) -> str:
    (folder / "o").mkdir()
    os.link(folder / "v" / f"{NAME}.mp4", folder / "o" / f"{NAME}.mp4")
    return "o"


@pytest.mark.parametrize(
    ("option", "place", "said"),
    [
        ("--overlay", "v", "is the folder of the videos"),
        ("--overlay", "p/../v/", "is the folder of the videos"),
        ("--overlay", linked_to_videos, "is the folder of the videos"),
        ("--overlay", overlay_name_linked_to_a_video, "would write over the video"),
        ("--overlay", "p/oracle", "would write over a file of the manifest"),
        ("--overlay", "v/maze-v1-micro-test-000002", "would write over the video"),
        ("--overlay", "p/manifest.jsonl", "would write over the manifest"),
        ("--json", "p/manifest.jsonl", "would write over the manifest"),
        ("--json", f"v/{NAME}.mp4", "would be taken for the video"),
        ("--json", f"v/{NAME}.json", "would be taken for the video"),
        ("--json", "v/maze-v1-micro-test-000002/0.png", "would write over the video"),
        ("--report", f"p/first_frames/{NAME}.png", "would write over a file of the manifest"),
        ("--report", f"p/oracle/{NAME}.mp4", "would write over a file of the manifest"),
        ("--journal", "p/manifest.jsonl", "would write over the manifest"),
        ("--json", "/proc/none/v.json", "cannot be written"),
        ("--json", "v", "is a folder"),
        ("--report", "p/manifest.jsonl/page.html", "cannot be written"),
        ("--journal", "/dev/full", "is a device or a pipe"),
    ],
)
def test_an_output_that_would_replace_an_input_or_cannot_be_is_refused_before_judging(
    option: str,
    place: str | Callable[[Path], str],
    said: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = place if isinstance(place, str) else place(folder)
    before = content(folder)
    assert run(folder, option, str(folder / place)) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"videorlvr: {option} '{folder / place}")
    assert said in err
    assert content(folder) == before


def test_results_that_would_replace_each_other_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, overlay = str(folder / "one"), str(folder / "o" / f"{NAME}.mp4")
    assert run(folder, "--json", one, "--report", one) == 2
    assert "would write over the file of --json" in capsys.readouterr().err
    assert run(folder, "--overlay", str(folder / "o"), "--json", overlay) == 2
    assert "would be replaced by an overlay" in capsys.readouterr().err


def test_an_overlay_that_cannot_be_written_changes_no_verdict(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It passes the trial, and breaks later: a folder takes the place of one file."""
    assert run(folder, "--json", str(folder / "plain.json")) == 0
    out = folder / "v.json"
    blocked = folder / "o" / f"{NAME}.mp4"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("videorlvr.base.outputs.check_output_folder", lambda *_: blocked.mkdir(parents=True))
        assert run(folder, "--json", str(out), "--overlay", str(folder / "o")) == 3
    err = capsys.readouterr().err
    assert f"1 overlays could not be written, such as that of {NAME}: IsADirectoryError" in err
    written, plain = json.loads(out.read_text()), json.loads((folder / "plain.json").read_text())
    assert written["records"] == plain["records"]
    assert list(written["unwritten"]) == [NAME]
    blocked.rmdir()
    assert run(folder, "--json", str(out), "--overlay", str(folder / "o")) == 0
    assert blocked.is_file()
    assert json.loads(out.read_text()) == plain
    assert not (folder / "v.json.journal.jsonl").exists()


def test_an_overlay_that_takes_too_much_changes_no_verdict(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawing may cost more than judging: what is lost with it is judged again without."""
    plain = score(folder / "p" / "manifest.jsonl", folder / "v", workers=1)
    honest = scoring.as_answered

    def drowning(function, items, **limits):  # the limits that a real one would meet, without the wait
        for index, answer in honest(function, items, **limits):
            yield index, answer if items[index].overlay is None else Lost("out_of_memory", "too much")

    monkeypatch.setattr(scoring, "as_answered", drowning)
    result = score(folder / "p" / "manifest.jsonl", folder / "v", overlay=folder / "o", workers=1)
    assert result["records"] == plain["records"]
    assert set(result["unwritten"].values()) == {"too much"}
    assert len(result["unwritten"]) == COUNT


def test_a_page_that_cannot_be_written_leaves_the_verdicts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = folder / "page.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("videorlvr.base.outputs.check_outputs", lambda *_: page.mkdir())
        assert run(folder, "--json", str(folder / "v.json"), "--report", str(page)) == 3
    out, err = capsys.readouterr()
    assert f"--report '{page}' could not be written" in err
    assert "maze-v1/micro" in out
    assert len(json.loads((folder / "v.json").read_text())["records"]) == COUNT
    page.rmdir()
    assert run(folder, "--json", str(folder / "v.json"), "--report", str(page)) == 0
    assert "going on with the 3 verdicts" in capsys.readouterr().err
    assert page.is_file()


def test_a_full_disk_leaves_the_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No file may grow beyond a kilobyte: neither the JSON nor the journal can be written in full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        code = run(folder, "--json", str(folder / "v.json"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    out, err = capsys.readouterr()
    assert code == 3
    assert "maze-v1/micro" in out
    assert f"--json '{folder / 'v.json'}' could not be written" in err
    assert "2 verdicts are kept in it" in err
    assert not (folder / "v.json").exists()
    assert run(folder, "--json", str(folder / "v.json")) == 0
    assert "going on with the 2 verdicts" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["ü.html", "\udcff.html"])
def test_a_name_outside_ascii_costs_no_work(name: str, folder: Path) -> None:
    """Nor one that is no text at all, in a locale that knows ASCII alone."""
    argv = [sys.executable, "-m", "videorlvr.cli.main", "score", "p/manifest.jsonl", "--videos", "v"]
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*argv, "--report", name, "--json", f"{name}.json"],
        cwd=folder,
        env=env,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Verdicts" in (folder / name).read_text()
    assert json.loads((folder / f"{name}.json").read_text())["summary"]["count"] == COUNT


def test_help_says_where_verdicts_are_kept_and_what_exit_codes_mean(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["score", "--help"]) == 0
    text = capsys.readouterr().out
    for words in ("journal", "exit codes", "130", "300 s of processor time", "foreign", "2048 MB"):
        assert words in text
