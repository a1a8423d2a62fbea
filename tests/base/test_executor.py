"""CPU work on a cluster that is really there: two Dask workers, of which some die."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from videorlvr.base.executor import cluster, in_order, spread, working_on
from videorlvr.base.isolated import Lost, as_answered
from videorlvr.base.progress import map_in_order
from videorlvr.cli.main import main
from videorlvr.worlds.different import Part, different_boards

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def address():
    import dask

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as local,
    ):
        yield local.scheduler_address.replace("tcp://", "dask://")


def square(value):
    return value * value, os.getpid()


def dies_once(place):
    """Takes its worker with it, the first time that it is asked."""
    marker = Path(place)
    if marker.name == "fatal" and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return marker.name


def dies(value):
    if value == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return value


def test_answers_are_those_of_this_machine_and_made_elsewhere(address):
    with working_on(address):
        answers = list(map_in_order(square, range(40), "squares"))
    assert [value for value, _ in answers] == [n * n for n in range(40)]
    assert os.getpid() not in {process for _, process in answers}
    assert cluster() is None
    part = Part("maze", "micro", "val", 12)
    with working_on(address):
        there = different_boards([part], "problems")
    assert there == different_boards([part], "problems", workers=1)


def test_commands_make_their_problems_there(address, tmp_path, capsys):
    evaluate = ["evaluate", "oracle", "--suite", "maze:micro:6", "--out"]
    export = ["worlds", "export", "maze", "--level", "micro", "--count", "2", "--out"]
    for words in (evaluate, export):
        for where in ("local", address):
            assert main([*words, str(tmp_path / where[:4] / words[0]), "--executor", where]) == 0
        assert main([*words, str(tmp_path / "none" / words[0]), "--executor", "yonder"]) != 0
        assert "executor 'yonder': expected local, or dask://HOST:PORT" in capsys.readouterr().err
    for name in ("evaluate/evaluations/maze-micro-6/records.jsonl", "worlds/manifest.jsonl"):
        assert (tmp_path / "dask" / name).read_bytes() == (tmp_path / "loca" / name).read_bytes()


def test_a_worker_that_dies_costs_its_item_one_retry(address, tmp_path):
    names = [str(tmp_path / name) for name in ("a", "b", "fatal", "c", *"defghij")]
    with working_on(address):
        answers = list(map_in_order(dies_once, names, "names", chunk=2))
    assert answers == [Path(name).name for name in names]
    assert Path(names[2]).exists()


def test_an_item_that_kills_its_process_is_lost_and_no_other(address):
    with working_on(address):
        answers = dict(as_answered(dies, range(20), cpu_s=5))
    assert isinstance(answers.pop(3), Lost)
    assert answers == {n: n for n in range(20) if n != 3}


def fails(value):
    if value == 5:
        raise KeyError("five")
    return value


def test_what_fails_twice_is_told_in_its_turn():
    with ThreadPoolExecutor(2) as pool:
        told = in_order(spread(fails, range(9), pool, chunk=3))
        assert [next(told) for _ in range(5)] == [0, 1, 2, 3, 4]
        with pytest.raises(KeyError, match="five"):
            next(told)


def test_an_executor_that_is_none_is_refused():
    with (
        pytest.raises(ValueError, match="executor 'slurm://x': expected local, or dask://HOST:PORT"),
        working_on("slurm://x"),
    ):
        pass
    with working_on("local"):
        assert cluster() is None
