"""Paired comparisons give the known answer where there is one, and refuse what cannot be paired."""

from __future__ import annotations

import dataclasses
from argparse import Namespace

import pytest

from videorlvr.base.records import read_json, read_jsonl, write_json
from videorlvr.base.runs import evaluation_dir
from videorlvr.cli.compare import run as compare_command
from videorlvr.cli.main import main
from videorlvr.evaluation import runner, suites
from videorlvr.evaluation.compare import compare, format_p
from videorlvr.evaluation.folders import load_evaluation
from videorlvr.judge.fingerprint import Fingerprint, FingerprintError, differences, fingerprint_of
from videorlvr.judge.tolerance import EXACT
from videorlvr.players.baselines import BASELINES
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Reward


def records(world, outcomes, sample=0):
    return [
        {"id": f"{world}-v1/x/test/{i}", "world": world, "sample": sample, "success": bool(success)}
        for i, success in enumerate(outcomes)
    ]


def test_a_run_against_itself_is_no_difference():
    same = records("maze", [1, 0] * 50)
    result = compare(same, same)
    average = result["average"]
    assert average["difference"] == average["low"] == average["high"] == 0
    assert average["p"] == 1
    assert not result["real"]
    assert "no difference" in result["verdict"]


def test_known_answer():
    """Of 100 problems A solves 40 and B 60: 25 only B, 5 only A."""
    a = records("maze", [1] * 35 + [1] * 5 + [0] * 25 + [0] * 35)
    b = records("maze", [1] * 35 + [0] * 5 + [1] * 25 + [0] * 35)
    result = compare(a, b, label_a="SFT", label_b="RL")
    part = result["worlds"]["maze"]
    assert (part["success_a"], part["success_b"]) == (0.4, 0.6)
    assert part["difference"] == pytest.approx(0.2)
    assert (part["only_a"], part["only_b"]) == (5, 25)
    assert part["p"] == pytest.approx(3.249e-4, rel=1e-3)  # 2 P(Binomial(30, 1/2) <= 5)
    # The standard error of the mean difference is sqrt(0.3 - 0.04) / 10 = 0.051.
    assert part["low"] == pytest.approx(0.2 - 1.96 * 0.051, abs=0.015)
    assert part["high"] == pytest.approx(0.2 + 1.96 * 0.051, abs=0.015)
    assert result["real"]
    assert result["verdict"].startswith("RL is better than SFT by 0.200 [")
    assert result["verdict"].endswith("McNemar p = 0.0003.")
    back = compare(b, a, label_a="RL", label_b="SFT")
    assert back["verdict"].startswith("SFT is worse than RL by 0.200 [")


def test_worlds_weigh_alike_in_the_average():
    a = records("maze", [0] * 90) + records("sokoban", [1] * 10)
    b = records("maze", [1] * 90) + records("sokoban", [0] * 10)
    result = compare(a, b)
    assert result["average"]["difference"] == 0
    assert result["worlds"]["maze"]["difference"] == 1
    assert result["worlds"]["sokoban"]["difference"] == -1
    # The pooled test sees 90 against 10, but the average does not move: no verdict on that alone.
    assert result["average"]["p"] < 1e-6
    assert not result["real"]


def test_samples_of_a_problem_are_no_extra_evidence():
    a = records("maze", [0] * 6 + [1] * 4)
    b = records("maze", [1] * 6 + [1] * 4)
    many_a = [record for sample in range(8) for record in records("maze", [0] * 6 + [1] * 4, sample)]
    many_b = [record for sample in range(8) for record in records("maze", [1] * 10, sample)]
    assert compare(many_a, many_b)["average"] == compare(a, b)["average"]


def test_refuses_what_cannot_be_paired():
    a, b = records("maze", [1, 0, 1]), records("maze", [1, 0, 1, 1])
    with pytest.raises(ValueError, match="suites differ: 3 pairs are shared, 0 are only in A and 1"):
        compare(a, b)
    assert compare(a, b, allow_partial=True)["num_pairs"] == 3
    with pytest.raises(ValueError, match="share no problem"):
        compare(a, records("sokoban", [1]), allow_partial=True)
    with pytest.raises(ValueError, match="1 records twice"):
        compare([*a, a[0]], b)


def test_small_p_is_not_printed_as_zero():
    assert format_p(1e-12) == "p < 0.0001"
    assert format_p(0.0312) == "p = 0.0312"
    assert format_p(1) == "p = 1.00"


def test_command_compares_two_runs(tmp_path, capsys):
    suite = suites.suite_of("smoke-v1:maze")
    for name in ("frozen-frame", "oracle"):
        out = evaluation_dir(tmp_path / name, suite.name)
        runner.evaluate(BASELINES[name], suite, name=name, out=out)
    args = {"run_a": str(tmp_path / "frozen-frame"), "run_b": str(tmp_path / "oracle"), "suite": None}
    args["across"] = False
    compare_command(Namespace(**args, json=None))
    assert "oracle is better than frozen-frame by 1.000" in " ".join(capsys.readouterr().out.split())
    compare_command(Namespace(**args, json=str(tmp_path / "c.json")))
    assert read_json(tmp_path / "c.json")["worlds"]["maze"]["only_b"] == 8
    with pytest.raises(ValueError, match="did you mean 'smoke-v1:maze'"):
        compare_command(Namespace(**{**args, "suite": "smoke-v1"}, json=None))


SMOKE = suites.Suite("smoke-v1:maze", (suites.Part("maze", "micro", "test", 8),))


def evaluated(folder, suite=SMOKE, player="oracle"):
    runner.evaluate(BASELINES[player], suite, name=player, out=evaluation_dir(folder, suite.name))
    return folder


@pytest.fixture
def other_judge(monkeypatch):
    monkeypatch.setattr("videorlvr.judge.fingerprint.JUDGE_VERSION", 999)


@pytest.fixture
def other_world(monkeypatch):
    """As a release would have it: version and reward of the maze are others, its boards by chance the same."""
    maze = WORLDS["maze"]
    changed = dataclasses.replace(maze, rewards={**maze.rewards, "sparse": Reward("sum", {"success": 0.5})})
    monkeypatch.setitem(WORLDS, "maze", changed)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ("other_judge", "the judge's version (2, 999)"),
        ("other_world", "reward 'sparse' of maze (sum of success 1, sum of success 0.5)"),
    ],
)
def test_what_was_judged_otherwise_is_compared_only_on_demand(tmp_path, request, capsys, change, part):
    evaluated(tmp_path / "a")
    request.getfixturevalue(change)
    evaluated(tmp_path / "b", player="frozen-frame")
    command = ["compare", str(tmp_path / "a"), str(tmp_path / "b")]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert f"a and b cannot be compared, for they differ in {part}: evaluate both again" in error
    assert "--across" in error
    assert main([*command, "--across"]) == 0
    with pytest.raises(FingerprintError, match="expected one"):
        compare(*(load_evaluation(tmp_path / name, SMOKE.name).records for name in "ab"))


def test_another_suite_under_the_same_name_is_not_compared(tmp_path, capsys):
    evaluated(tmp_path / "a")
    evaluated(tmp_path / "b", suites.Suite(SMOKE.name, (suites.Part("maze", "micro", "test", 9),)))
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 2
    assert "the suite (smoke-v1:maze " in capsys.readouterr().err


def test_an_evaluation_of_an_older_release_is_refused_until_it_is_made_again(tmp_path, capsys):
    for name in "ab":
        evaluated(tmp_path / name)
    folder = evaluation_dir(tmp_path / "a", SMOKE.name)
    write_json(
        folder / "summary.json", read_json(folder / "summary.json") | {"fingerprint": "0123456789abcdef"}
    )
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 2
    assert "a says not what it was judged by" in capsys.readouterr().err
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--across"]) == 0
    evaluated(tmp_path / "a")
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 0


def test_every_record_bears_the_fingerprint_that_its_summary_spells_out(tmp_path):
    evaluated(tmp_path)
    folder = evaluation_dir(tmp_path, SMOKE.name)
    spelled = read_json(folder / "summary.json")["fingerprint"]
    assert {record["fingerprint"] for record in read_jsonl(folder / "records.jsonl")} == {spelled["digest"]}
    assert spelled["worlds"] == {"maze": WORLDS["maze"].version}
    assert spelled["rewards"]["maze"].keys() == WORLDS["maze"].rewards.keys()
    assert (spelled["suite"], spelled["suite_hash"]) == (SMOKE.name, suites.suite_hash(SMOKE))
    assert Fingerprint.from_json(spelled) == runner.fingerprint_of_suite(SMOKE, EXACT)


def test_a_fingerprint_stands_for_each_of_its_parts():
    mine = fingerprint_of(WORLDS.values(), tolerance=EXACT, suite="s", suite_hash="h")
    others = [
        dataclasses.replace(mine, judge=mine.judge + 1),
        dataclasses.replace(mine, worlds={**mine.worlds, "maze": 99}),
        dataclasses.replace(mine, rewards={**mine.rewards, "maze": {}}),
        dataclasses.replace(mine, suite="t"),
        dataclasses.replace(mine, suite_hash="i"),
        dataclasses.replace(mine, tolerance="declared"),
    ]
    assert len({mine.digest, *(other.digest for other in others)}) == 7
    assert all(differences(mine, other) for other in others)
    assert differences(mine, Fingerprint.from_json(mine.to_json())) == []
    with pytest.raises(FingerprintError, match="no fingerprint"):
        Fingerprint.from_json(mine.to_json() | {"judge": 7})
    weighed = {"maze": {"mine": {"kind": "sum", "weights": {"success": 1.0}}}}
    one, two = (
        dataclasses.replace(mine, rewards=weighed),
        dataclasses.replace(mine, rewards={"maze": {"mine": {"kind": "sum", "weights": {"success": 1.5}}}}),
    )
    assert differences(one, two) == ["reward 'mine' of maze (sum of success 1, sum of success 1.5)"]
