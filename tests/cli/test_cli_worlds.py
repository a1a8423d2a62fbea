"""What a person meets at the command line: answers, files, and mistakes that are one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from videorlvr import __version__
from videorlvr.base.media.png import read_png
from videorlvr.base.media.read import read_video
from videorlvr.cli.main import main, parse
from videorlvr.cli.parser import UsageError, key_values
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Problem
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.render import oracle_video

SHOW = ["worlds", "show", "maze", "--level", "micro"]
EXPORT = ["worlds", "export", "maze", "--level", "micro", "--count", "2"]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["wrlds"], "did you mean 'worlds'"),
        (["worlds", "lst"], "did you mean 'list'"),
        (["--versoin"], "did you mean '--version'"),
        (["worlds", "list", "--jsno", "-"], "did you mean '--json'"),
        (["worlds", "show", "mase", "--level", "small"], "did you mean 'maze'"),
        (["worlds", "show", "maze", "--level", "smal"], "did you mean 'small'"),
        (["worlds", "show", "maze", "--lvel", "small"], "did you mean '--level'"),
        (["worlds", "show", "maze"], "--level is missing; maze has the levels micro"),
        (["worlds", "show"], "required: WORLD"),
        ([*SHOW, "more"], "'more' is one argument too many"),
        ([*SHOW, "-o", "a.png"], "did you mean '--out'"),
        ([*SHOW, "--split", "tets"], "did you mean 'test'"),
        ([*SHOW, "--theme", "nihgt"], "did you mean 'night'"),
        ([*SHOW, "--index", "-1"], "'-1' is not a whole number of at least 0"),
        ([*SHOW, "--size", "480"], "such as 480x832"),
        ([*SHOW, "--size", "16x16"], "at least 8 px"),
        ([*SHOW, "--fps", "0"], "frames per second"),
        ([*SHOW, "--out", "a.pmg"], "did you mean '.png'"),
        ([*SHOW, "--out", "a"], "no suffix"),
        (["worlds", "check", "mase"], "did you mean 'maze'"),
        (["worlds", "check", "--level", "micr"], "did you mean 'micro'"),
        (["worlds", "export", "maze", "--count", "2", "--out", "d"], "--level is missing"),
        (["score", "manifset.jsonl", "--videos", "."], "did you mean 'manifest.jsonl'"),
        (["score", "manifest.jsonl"], "required: --videos"),
        (["evaluate", "run", "--suite", "s", "--device", "cdua"], "did you mean 'cuda'"),
        (["train"], "which recipe? One of: "),
        (["train", "recipe", "--lr"], "'--lr' has no value"),
        (["train", "recipe", "more"], "write settings as --key value"),
    ],
)
def test_a_mistake_is_one_sentence(
    argv: list[str],
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manifest.jsonl").touch()
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert expected in err
    assert err.startswith("videorlvr: ")
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.jsonl"]


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in ([], ["worlds"]):
        assert main(argv) == 2
        assert "commands:" in capsys.readouterr().err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"videorlvr {__version__}\n"
    for command in ("worlds", "train", "evaluate", "score", "compare", "report", "quickstart"):
        assert main([command, "--help"]) == 0
        assert f"usage: videorlvr {command}" in capsys.readouterr().out


def test_interruption_and_our_own_mistakes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def raising(error: BaseException) -> None:
        def command(*_: object) -> None:
            raise error

        monkeypatch.setattr("videorlvr.worlds.world_of", command)

    raising(KeyboardInterrupt())
    assert main(SHOW) == 130
    assert capsys.readouterr().err == "videorlvr: interrupted\n"
    raising(ModuleNotFoundError("no torch", name="torch.nn"))
    assert main(SHOW) == 2
    assert "pip install 'videorlvr[train]'" in capsys.readouterr().err
    raising(KeyError("a bug"))
    with pytest.raises(KeyError):
        main(SHOW)


def test_a_reader_that_leaves_is_no_error() -> None:
    code = (
        "import sys; from videorlvr.cli.main import main; sys.exit(main(['worlds', 'list', '--json', '-']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        assert program.stderr.read() == ""
    assert program.returncode == 141


def test_train_takes_any_setting() -> None:
    args = parse(["train", "maze-sft", "--lr", "-1e-4", "--out", "d", "--name=a=b"])
    assert (args.recipe, args.out, args.overrides) == ("maze-sft", "d", {"lr": "-1e-4", "name": "a=b"})
    with pytest.raises(UsageError, match="given twice"):
        key_values(["--lr", "1", "--lr", "2"])


def test_list_names_all_worlds_and_levels(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["worlds", "list"]) == 0
    table = capsys.readouterr().out
    assert main(["worlds", "list", "--json", "-"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [item["world"] for item in listed] == list(WORLDS)
    for world in WORLDS.values():
        assert world.id in table
        assert all(name in table for name in world.levels)


def test_show_prints_the_problem(capsys: pytest.CaptureFixture[str]) -> None:
    problem = make_problem(WORLDS["maze"], "micro", "val", 3)
    assert main([*SHOW, "--split", "val", "--index", "3"]) == 0
    out = capsys.readouterr().out
    for part in (
        "maze-v1/micro/val/3",
        problem.prompt,
        f"{problem.solution} ({len(problem.solution)} moves)",
    ):
        assert part in out
    board = list(WORLDS["maze"].read_boards(out))[-1]
    assert board.grid == problem.grid, "as text, which `worlds import` reads"
    assert main([*SHOW, "--split", "val", "--index", "3", "--json", "-"]) == 0
    assert Problem.from_json(json.loads(capsys.readouterr().out)).to_json() == problem.to_json()


def test_show_writes_by_suffix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.png", "a.webp", "a.gif", "a.mp4", "a.json"):
        assert main([*SHOW, "--out", str(tmp_path / name)]) == 0
        assert f"{name}: " in capsys.readouterr().out
    video = oracle_video(WORLDS["maze"], make_problem(WORLDS["maze"], "micro", "test", 0))
    strip = read_png(tmp_path / "a.png")
    assert np.array_equal(strip[6:-6, 6:78], video[0].repeat(3, axis=0).repeat(3, axis=1))
    assert strip.shape[1] == 6 + len(video) * (72 + 6)
    seen, fps = read_video(tmp_path / "a.mp4")
    assert (seen.shape, fps) == ((len(video), 72, 72, 3), 8.0)
    assert (tmp_path / "a.gif").read_bytes().startswith(b"GIF89a")
    assert (tmp_path / "a.webp").read_bytes()[8:12] == b"WEBP"
    assert json.loads((tmp_path / "a.json").read_text())["address"]["level"] == "micro"


def test_export_in_another_size_and_theme(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = [*EXPORT, "--out", str(tmp_path), "--size", "96x160", "--theme", "night", "--fps", "16"]
    assert main(argv) == 0
    assert capsys.readouterr().err == ""
    line = json.loads((tmp_path / "manifest.jsonl").read_text().splitlines()[0])
    assert line["layout"] == line["problem"]["layout"]
    assert (line["layout"]["cell_px"], line["layout"]["left_px"], line["problem"]["theme"]) == (
        32,
        32,
        "night",
    )
    assert read_png(tmp_path / line["first_frame"]).shape == (96, 160, 3)
    assert read_video(tmp_path / line["video"])[1] == line["fps"] == 16


def test_check_passes_and_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["worlds", "check", "maze", "--level", "micro", "--count", "1"]
    assert main(argv) == 0
    assert capsys.readouterr().out == "PASS  maze-v1/micro (3 problems)\n"
    monkeypatch.setattr("videorlvr.audit.laws.LAWS", (lambda world, problem: iter(["the law is broken"]),))
    assert main(argv) == 1
    out, err = capsys.readouterr()
    assert out.startswith("FAIL  maze-v1/micro\n")
    assert out.count("the law is broken") == 3
    assert "3 breaches" in err
    monkeypatch.setattr("videorlvr.audit.laws.LAWS", (lambda world, problem: 1 / 0,))
    assert main([*argv, "--json", "-"]) == 1
    (result,) = json.loads(capsys.readouterr().out)
    assert "ZeroDivisionError" in result["breaches"][0]["remedy"]


def test_judging_does_not_import_torch() -> None:
    code = (
        "import sys, videorlvr.worlds, videorlvr.cli.main, videorlvr.evaluation.score, "
        "videorlvr.evaluation.export; "
        "sys.exit(', '.join(sorted({'torch', 'matplotlib', 'pydantic'} & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_does_not_import_numpy() -> None:
    code = (
        "import sys; from videorlvr.cli.main import main; main(['--help']); sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
