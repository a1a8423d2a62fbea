"""What other people's machines do to a run: a second one in the folder, a scheduler, a full disk, an old locale."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from videorlvr.base.records import read_json, read_jsonl
from videorlvr.cli.main import main, parse
from videorlvr.players.baselines import BASELINES, oracle

TINY = (
    "--model.width 32 --model.depth 1 --model.heads 2 --batch 4 --pool_start 16 --pool_grow 0 --pool_size 16"
)
SETTINGS = f"{TINY} --log_every 1 --device cpu".split()
MAIN = [sys.executable, "-c", "import sys; from videorlvr.cli.main import main; sys.exit(main())"]


def test_a_run_keeps_its_folder_to_itself_and_stops_when_a_scheduler_says_so(tmp_path, capsys):
    """The scheduler signals the workers and everything else of the job, too."""
    arguments = ["train", "micro-maze-sft", "--out", str(tmp_path / "run"), *SETTINGS]
    arguments += ["--num_steps", "1000000", "--num_workers", "1"]
    metrics = tmp_path / "run" / "metrics.jsonl"
    with subprocess.Popen(
        [*MAIN, *arguments], stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        deadline = time.monotonic() + 60
        while not metrics.exists() and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert main(arguments) == 2
        assert f"in use by process {run.pid}" in capsys.readouterr().err
        os.killpg(run.pid, signal.SIGTERM)
        said = run.communicate(timeout=60)[1]
    assert run.returncode == 130
    assert "the same command continues" in said
    assert "Traceback" not in said
    step = read_json(tmp_path / "run" / "checkpoints" / "last" / "state.json")["step"]
    assert step == read_jsonl(metrics)[-1]["step"]
    readable = [path for path in (tmp_path / "run").rglob("*") if path.suffix == ".safetensors"]
    assert len(readable) == 2
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in readable)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_an_evaluation_that_is_stopped_goes_on(tmp_path, monkeypatch, capsys, number):
    """Stopped by a player that has its own process signalled, in the second of two worlds."""
    monkeypatch.chdir(tmp_path)
    calls = []

    def stopping(world, problems, sample):
        calls.append(world.name)
        if len(calls) == 2:
            os.kill(os.getpid(), number)
        return oracle(world, problems, sample)

    monkeypatch.setitem(BASELINES, "mine", stopping)
    command = ["evaluate", "mine", "--suite", "smoke-v1"]
    assert main(command) == 130
    assert capsys.readouterr().err.endswith(
        "videorlvr: interrupted; the same command goes on with what is left\n"
    )
    assert main(command) == 0
    assert calls.count(calls[0]) == 2, "its videos are played again for the clips, not for the verdicts"
    assert signal.getsignal(number) == signal.SIG_DFL


def test_a_full_disk_is_one_sentence_and_the_run_goes_on_afterwards(tmp_path, capsys):
    arguments = ["train", "micro-maze-sft", "--out", str(tmp_path / "run"), *SETTINGS, "--num_workers", "0"]
    arguments += ["--num_steps", "3", "--save_every_s", "1e-9"]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # what a quota allows
    try:
        assert main(arguments) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("videorlvr: no space left for ")
    assert error.endswith("free some there, and the same command goes on from what was saved")
    assert main(arguments) == 0


def test_a_name_that_the_terminal_cannot_show_costs_no_work(tmp_path):
    """Under an ASCII locale, as batch jobs have."""
    script = """if True:
        import os, sys
        from videorlvr.cli.main import main
        name = sys.argv[1]
        assert name.isascii() is False and name != "\\u00fc", "the test must meet the locale's own spelling"
        assert main(["evaluate", "oracle", "--suite", "smoke-v1:maze", "--json", name + ".json"]) == 0
        os.rename("runs/oracle", "runs/" + name)
        sys.exit(main(["report", "runs/" + name, "--out", name + ".html"]))
    """
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", script, "ü".encode()],
        cwd=tmp_path,
        env={**os.environ, **ascii_only},
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "ü.json").exists()
    assert "ü" in (tmp_path / "ü.html").read_text("utf-8")
    assert b"report of 1 run: " in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        "train --lr 1e-4 --seed=-1 micro-sft --out x",
        "train --out x --lr=1e-4 micro-sft --seed -1",
        "train micro-sft --seed -1 --out=x --lr 1e-4",
    ],
)
def test_settings_may_stand_before_the_recipe(words):
    args = parse(words.split())
    assert (args.recipe, args.out) == ("micro-sft", "x")
    assert args.overrides == {"lr": "1e-4", "seed": "-1"}


def test_a_byte_order_mark_is_no_part_of_a_record(tmp_path: Path):
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + b'{"a": 1}')
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + b'{"a": 1}\n{"a": 2}\n')
    assert read_json(tmp_path / "a.json") == {"a": 1}
    assert read_jsonl(tmp_path / "a.jsonl") == [{"a": 1}, {"a": 2}]
