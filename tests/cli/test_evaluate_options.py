"""Every option of `evaluate` acts: with another value another summary is told, or it is kept elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from videorlvr.cli.main import build_parser, main
from videorlvr.cli.runs import SERVER
from videorlvr.models.config import DiTConfig
from videorlvr.models.load import new_policy
from videorlvr.players.server import Asking

ACTING = {"run_folder": "oracle", "--suite": "flowfree:micro:4", "--samples": "2"}
ELSEWHERE = {
    "--help": "says what there is",
    "--out": "test_the_place_of_an_evaluation",
    "--json": "tests/cli/test_places.py",
    "--executor": "tests/base/test_executor.py",
    "--device": "needs another device; a wrong one is refused in tests/cli/test_cli_worlds.py",
    **{f"--{name}": "tests/evaluation/test_server.py" for name in SERVER},
}


def evaluated(out: Path, **changes: str) -> dict[str, Any]:
    """What is told with these options, without where and when."""
    values = {"run_folder": "random-legal", "--suite": "flowfree:micro:3", "--device": "cpu"} | changes
    argv = [word for key, value in values.items() if key.startswith("--") for word in (key, value)]
    told = out / "told.json"
    assert (
        main(["evaluate", values["run_folder"], *argv, "--out", str(out / "run"), "--json", str(told)]) == 0
    )
    return {
        key: value for key, value in json.loads(told.read_text()).items() if key not in ("date", "player")
    }


@pytest.fixture(scope="module")
def as_it_is(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return evaluated(tmp_path_factory.mktemp("evaluated"))


def test_no_option_is_forgotten() -> None:
    commands = build_parser()._subparsers._group_actions[0].choices
    options = {(action.option_strings or [action.dest])[-1] for action in commands["evaluate"]._actions}
    assert options == set(ACTING) | {"--player"} | set(ELSEWHERE)


@pytest.mark.parametrize("option", ACTING)
def test_an_option_acts(option: str, as_it_is: dict[str, Any], tmp_path: Path) -> None:
    assert evaluated(tmp_path, **{option: ACTING[option]})["results"] != as_it_is["results"]


def test_the_way_to_play_acts(tmp_path: Path) -> None:
    run = tmp_path / "untrained"
    new_policy(DiTConfig(width=32, depth=1, heads=2), seed=0, device=torch.device("cpu")).save(run / "policy")
    (run / "config.json").write_text('{"sampling": {"steps": 2}}')
    one, two = (
        evaluated(
            tmp_path / str(starts),
            **{
                "run_folder": str(run),
                "--suite": "flowfree:micro:1",
                "--player": f"best-of-4:starts={starts}",
            },
        )
        for starts in (1, 2)
    )
    assert one["settings"]["network_evaluations"] * 2 == two["settings"]["network_evaluations"] == 4
    assert one["checkpoint"] == two["checkpoint"]


def test_the_place_of_an_evaluation(as_it_is: dict[str, Any], tmp_path: Path) -> None:
    assert evaluated(tmp_path) == as_it_is, "the same options tell the same"
    assert [folder.name for folder in (tmp_path / "run" / "evaluations").iterdir()] == ["flowfree-micro-3"]


def test_what_is_asked_of_a_server_can_be_said() -> None:
    """All but the model, which is the run's name, and how long to wait between attempts."""
    assert {name.replace("-", "_") for name in SERVER} >= set(Asking.model_fields) - {"model", "wait_s"}
