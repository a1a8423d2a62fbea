"""Bridges, each against the real package: where one is not installed, its test is left out and says so."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import numpy as np
import pytest

from videorlvr.bridges import scoring, tables
from videorlvr.cli.main import main
from videorlvr.judge.door import judge
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem

EXAMPLES = Path(__file__).parents[2] / "examples" / "bridges"


def run_example(name: str) -> None:
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")


def test_an_address_is_read_back_and_a_reply_is_worth_its_moves() -> None:
    for world in WORLDS.values():
        problem = make_problem(world, "micro", "train", 3)
        address = scoring.address_of(problem)
        assert scoring.problem_at(address).grid == problem.grid
        assert scoring.score(address, f"so\nMOVES: {problem.solution}") == 1.0
        assert scoring.score(address, f"**Moves**: {problem.solution}") == 0.0
        assert scoring.score(address, f"**Moves**: {problem.solution}", lenient=True) == 1.0
        assert scoring.score(address, "MOVES: ?") == 0.0
        assert 0 <= scoring.score(address, f"MOVES: {problem.solution[:2]}", reward="dense-v1") < 1
        told = scoring.solves(
            [[{"role": "assistant", "content": f"MOVES: {problem.solution}"}], "x"], [address] * 2
        )
        assert told == [1.0, 0.0]


@pytest.mark.parametrize(
    "address", ["maze-v1/small/train", "maze-v9/small/train/1", "maze-v1/small/given/1", "../x"]
)
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(ValueError, match=r"no address|is of version|no world|unknown"):
        scoring.problem_at(address)


@pytest.mark.parametrize("form", tables.FORMS)
def test_rows_hold_different_boards_and_right_answers(form: tables.RowForm) -> None:
    listed = list(tables.rows("maze", "micro", "train", 12, form))
    assert len({str(row) for row in listed}) == len(listed) >= 10
    for row in listed:
        address = row.get("address") or row["reward_model"]["ground_truth"]
        solution = scoring.problem_at(address).solution
        if form in ("trl", "verl"):
            assert solution not in row["prompt"][-1]["content"]
        if form == "sft":
            assert scoring.score(address, row["messages"][-1]["content"]) == 1.0
        if form == "dpo":
            assert scoring.score(address, row["chosen"][0]["content"]) == 1.0
            assert scoring.score(address, row["rejected"][0]["content"]) == 0.0


def test_parquet_has_the_columns_that_trl_and_verl_want(tmp_path: Path, capsys) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    command = ["worlds", "rows", "maze", "--level", "micro", "--count", "3"]
    assert main([*command, "--form", "verl", "--out", str(tmp_path / "v.parquet")]) == 0
    table = parquet.read_table(tmp_path / "v.parquet")
    assert set(table.column_names) == {"data_source", "prompt", "ability", "reward_model", "extra_info"}
    row = table.to_pylist()[0]
    assert set(row["reward_model"]) == {"style", "ground_truth"}
    assert {"role", "content"} == set(row["prompt"][0])
    where = row["reward_model"]["ground_truth"]
    reply = f"MOVES: {scoring.problem_at(where).solution}"
    assert scoring.compute_score(row["data_source"], reply, where, row["extra_info"]) == 1.0
    assert main([*command, "--out", str(tmp_path / "t.jsonl")]) == 0
    assert len((tmp_path / "t.jsonl").read_text().splitlines()) == 3
    assert main([*command, "--form", "nosuch", "--out", str(tmp_path / "x.jsonl")]) == 2
    run_example("parquet_rows.py")
    assert "1.0" in capsys.readouterr().out


@pytest.mark.parametrize("name", WORLDS)
def test_every_world_is_a_gymnasium_environment(name: str) -> None:
    gymnasium = pytest.importorskip("gymnasium")
    from gymnasium.utils.env_checker import check_env

    from videorlvr.bridges.gym import BoardEnv, register

    assert f"videorlvr/{name}-micro-v{WORLDS[name].version}" in register()
    env = gymnasium.make(f"videorlvr/{name}-micro-v{WORLDS[name].version}", render_mode="rgb_array")
    check_env(env.unwrapped)
    board = BoardEnv(name, "micro", reward="dense")
    for index in range(3):
        observed, info = board.reset(seed=0, options={"index": index})
        problem = board.problem
        assert problem is not None
        moves, earned, solved = board.game.read_moves(problem.solution), 0.0, False
        for move in moves:
            observed, reward, solved, truncated, info = board.step(np.int64(info["ways"].index(move)))
            earned += reward
            assert not truncated
        assert solved
        assert earned == pytest.approx(
            1 - board.world.rewards["dense-v1"](judge(board.world, problem, "", "exact").components)
        )
        assert judge(board.world, problem, info["moves"], "exact").success
        assert board.observation_space.contains(observed)
    board.reset(seed=0, options={"index": 0})
    _, reward, solved, _, info = board.step(np.int64(board.action_space.n - 1 + 0))
    assert solved is False
    assert info["idle"] in (0, 1)


def test_a_gymnasium_episode_by_chance(capsys) -> None:
    pytest.importorskip("gymnasium")
    run_example("gym_episode.py")
    assert "videorlvr/sokoban-micro-v" in capsys.readouterr().out


def test_reasoning_gym_draws_and_scores(capsys) -> None:
    reasoning_gym = pytest.importorskip("reasoning_gym")
    run_example("reasoning_gym_items.py")
    data = reasoning_gym.create_dataset("videorlvr", world="sokoban", level="micro", size=4, seed=7)
    again = reasoning_gym.create_dataset("videorlvr", world="sokoban", level="micro", size=4, seed=7)
    assert [item["question"] for item in data] == [item["question"] for item in again]
    for item in data:
        assert {"question", "answer", "metadata"} <= set(item)
        assert data.score_answer(item["answer"], item) == 1.0
        assert data.score_answer(f"I see.\nMOVES: {item['answer']}", item) == 1.0
        assert data.score_answer("u", item) in (0.01, 1.0)
        assert data.score_answer(None, item) == 0.0
    score = reasoning_gym.get_score_answer_fn("videorlvr")
    assert score(item["answer"], item) == 1.0


def test_verifiers_environment_scores_by_the_judge(capsys) -> None:
    pytest.importorskip(
        "verifiers", reason="verifiers is not installed: it wants an older openai than we test with"
    )
    run_example("verifiers_env.py")
    assert "right [1.0, 1.0] careless [0.0, 1.0] wrong [0.0, 0.0]" in capsys.readouterr().out


@pytest.mark.skipif("VIDEORLVR_SLOW" not in os.environ, reason="ten seconds of imports: set VIDEORLVR_SLOW=1")
def test_trl_trains_on_our_verdicts(capsys) -> None:
    pytest.importorskip("trl")
    run_example("trl_grpo.py")
    assert "rewards [" in capsys.readouterr().out
