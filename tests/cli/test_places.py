"""Results of runs are not written over what runs are made of, and a place for them is tried before the work."""

from __future__ import annotations

from pathlib import Path

import pytest

from videorlvr.cli.main import main


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "oracle"
    assert main(["evaluate", "oracle", "--suite", "smoke-v1:maze", "--out", str(out)]) == 0
    return out


def content(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("command", ["report", "compare", "evaluate"])
@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("evaluations/smoke-v1-maze/records.jsonl", "would write over a file of the run"),
        ("evaluations/smoke-v1-maze/clips.npz", "would write over a file of the run"),
        ("evaluations", "is a folder"),
        ("evaluations/smoke-v1-maze/records.jsonl/x", "cannot be written"),
    ],
)
def test_a_run_is_not_written_over(
    command: str, place: str, said: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, before = str(run / place), content(run)
    argv = {
        "report": ["report", str(run), "--out", target],
        "compare": ["compare", str(run), str(run), "--json", target],
        "evaluate": ["evaluate", "oracle", "--suite", "smoke-v1:maze", "--out", str(run), "--json", target],
    }[command]
    assert main(argv) == 2
    assert said in capsys.readouterr().err
    assert content(run) == before


def test_a_page_in_the_run_folder_is_made_again(run: Path) -> None:
    for _ in range(2):
        assert main(["report", str(run), "--out", str(run / "report.html")]) == 0
    assert (run / "report.html").is_file()
