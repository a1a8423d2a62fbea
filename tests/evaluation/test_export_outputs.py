"""An export replaces an earlier one of the same problems, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from videorlvr.cli.main import main
from videorlvr.evaluation.export import export
from videorlvr.worlds import WORLDS


def refused(folder: Path, said: str, capsys: pytest.CaptureFixture[str], world: str = "maze") -> None:
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert main(["worlds", "export", world, "--level", "micro", "--count", "1", "--out", str(folder)]) == 2
    assert said in capsys.readouterr().err
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before


def test_another_world_or_another_file_is_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(WORLDS["maze"], "micro", "test", 1, tmp_path)
    refused(
        tmp_path,
        "is the manifest of maze/micro/test, which an export of sokoban/micro/test",
        capsys,
        "sokoban",
    )
    export(WORLDS["maze"], "micro", "test", 2, tmp_path, theme="night")
    assert len((tmp_path / "manifest.jsonl").read_text().splitlines()) == 2
    for content in ("my notes", "[]", '{"id": 1}', ""):
        (tmp_path / "manifest.jsonl").write_text(content)
        refused(tmp_path, "is the manifest of something else", capsys)


def test_nothing_is_written_through_a_link_that_leads_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "maze-v1-micro-test-000000.mp4").write_text("of a model")
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "oracle").symlink_to("../videos", target_is_directory=True)
    refused(tmp_path / "p", "is a link that leads out of the folder", capsys)


def test_a_folder_that_cannot_be_written_is_said_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("a file")
    refused(tmp_path / "file", "is a file: name a folder", capsys)
    refused(tmp_path / "file" / "deeper", "cannot be written", capsys)


def test_an_import_does_not_replace_what_it_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export(WORLDS["maze"], "micro", "test", 2, tmp_path / "p")
    boards = tmp_path / "g" / "manifest.jsonl"
    argv = ["worlds", "import", "--world", "maze", "--out", str(boards.parent)]
    assert main([*argv, str(tmp_path / "p" / "manifest.jsonl")]) == 0
    before = boards.read_bytes()
    assert main([*argv, str(tmp_path / "p" / "manifest.jsonl")]) == 0, "an import replaces an earlier one"
    assert main([*argv, str(boards)]) == 2
    assert main([*argv[:4], "--out", str(tmp_path / "n"), str(boards), "--json", str(boards)]) == 2
    assert capsys.readouterr().err.count("would write over a file that is read") == 2
    assert boards.read_bytes() == before


def test_given_boards_are_scored_and_counted_as_foreign(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(WORLDS["maze"], "micro", "test", 2, tmp_path / "p")
    argv = ["worlds", "import", "--world", "maze", "--out", str(tmp_path / "g")]
    assert main([*argv, str(tmp_path / "p" / "manifest.jsonl")]) == 0
    argv = ["score", str(tmp_path / "g" / "manifest.jsonl"), "--videos", str(tmp_path / "g" / "oracle")]
    assert main([*argv, "--json", str(tmp_path / "v.json")]) == 0
    assert "2 of 2 problems are foreign" in capsys.readouterr().out
    assert json.loads((tmp_path / "v.json").read_text())["summary"]["foreign"] == 2
