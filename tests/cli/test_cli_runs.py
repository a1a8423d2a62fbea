"""The commands of a whole recipe, at toy size: train, evaluate, compare, report, and their mistakes."""

import json
from pathlib import Path

import pytest
import torch

from videorlvr import methods
from videorlvr.cli.main import main
from videorlvr.players.sampling import Sampling

TINY = "--model.width 32 --model.depth 1 --model.heads 2 --batch 8 --num_workers 0 --device cpu"
SFT = f"--num_steps 3 --pool_start 16 --pool_grow 0 --pool_size 16 --log_every 1 {TINY}"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SFT run and an RL run from it, both evaluated."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("runs")
    sft, rl = folder / "sft", folder / "rl"
    assert main(["train", "micro-maze-sft", "--out", str(sft), *SFT.split()]) == 0
    settings = "--num_steps 1 --problems 2 --group 4 --batch 8 --updates 1 --num_workers 0 --device cpu"
    arguments = ["train", "micro-maze-rl", "--out", str(rl), "--init", str(sft / "policy"), *settings.split()]
    assert main(arguments) == 0
    for run in (sft, rl):
        assert main(["evaluate", str(run), "--suite", "smoke-v1:maze", "--device", "cpu"]) == 0
    return folder


def test_a_finished_run_is_not_trained_again(runs: Path) -> None:
    before = (runs / "sft" / "metrics.jsonl").read_bytes()
    assert main(["train", "micro-maze-sft", "--out", str(runs / "sft"), *SFT.split()]) == 0
    assert (runs / "sft" / "metrics.jsonl").read_bytes() == before


def test_a_series_trains_its_recipes_one_after_the_other_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(methods, "SERIES", {"micro": ("micro-maze-sft", "micro-sft")})
    settings = "--compile false --validate_every 0"
    arguments = ["train", "micro", "--out", str(tmp_path), *SFT.split(), *settings.split()]
    assert main([*arguments, "--max_s", "0.000001"]) == 130
    assert not (tmp_path / "sft").exists()
    assert main(arguments) == 0
    assert all((tmp_path / name / "done.json").is_file() for name in ("maze-sft", "sft"))
    before = (tmp_path / "maze-sft" / "metrics.jsonl").read_bytes()
    assert main(arguments) == 0
    assert (tmp_path / "maze-sft" / "metrics.jsonl").read_bytes() == before
    capsys.readouterr()
    assert main(["train", "micro", "--help"]) == 0
    told = capsys.readouterr().out
    assert "train micro [" in told
    assert all(
        f"\n{name}\n    {methods.recipes()[name].__doc__.splitlines()[0]}" in told
        for name in methods.SERIES["micro"]
    )


def test_every_series_is_of_recipes_that_there_are() -> None:
    assert all(part in methods.recipes() for parts in methods.SERIES.values() for part in parts)
    assert not methods.SERIES.keys() & methods.recipes().keys()


def test_a_run_is_evaluated_with_its_own_sampler(runs: Path) -> None:
    """Not with the default, whatever the run was trained for; and other steps are another evaluation."""
    config = json.loads((runs / "sft" / "config.json").read_text())
    assert config["sampling"]["steps"] != Sampling().steps
    folder = runs / "sft" / "evaluations" / "smoke-v1-maze"
    settings = json.loads((folder / "summary.json").read_text())["settings"]
    assert settings == {"sampling": config["sampling"], "device": "cpu", "dtype": "float32"}


def test_compare_pairs_the_same_problems(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["compare", str(runs / "sft"), str(runs / "rl"), "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["num_pairs"] == 8
    assert not result["real"]


def test_report_of_a_folder_of_runs_stands_alone(runs: Path) -> None:
    page = runs / "report.html"
    assert main(["report", str(runs), "--out", str(page)]) == 0
    html = page.read_text()
    assert "<script" not in html
    assert "SDE-GRPO against SFT on smoke-v1:maze" in html


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "micro-mase-sft"], "did you mean 'micro-maze-sft'"),
        (["train", "micro-maze-sft", "--modle.width", "32"], "did you mean 'model.width'"),
        (["train", "micro-maze-sft", "--lr", "fast"], "lr: "),
        (["train", "micro-maze-sft", "--tasks", "maze:hard"], "evaluation only"),
        (["train", "micro-maze-rl"], "'videorlvr train micro-maze-sft' makes it"),
        (["evaluate", "no-such-run", "--suite", "smoke-v1"], "no-such-run"),
        (["compare", "no-such-run", "oracle"], "there is no folder 'no-such-run'"),
        (["methods", "show", "nope"], ", and "),
        (["evaluate", "oracle", "--suite", "smok-v1"], "did you mean 'smoke-v1'"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    error = capsys.readouterr().err.strip()
    assert said in error
    assert "\n" not in error
    assert not any(tmp_path.iterdir()), "a mistake leaves nothing behind"


def test_another_configuration_in_the_same_folder_is_refused(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", "micro-maze-sft", "--out", str(runs / "sft"), *SFT.split(), "--seed", "1"]
    assert main(arguments) == 2
    assert "seed=0" in capsys.readouterr().err
