"""Paired comparisons give the known answer where there is one, and refuse what cannot be paired."""

from __future__ import annotations

import dataclasses
from argparse import Namespace

import pytest

from videorlvr.base import paired
from videorlvr.base.records import read_json, read_jsonl, write_json
from videorlvr.base.runs import evaluation_dir
from videorlvr.cli.compare import run as compare_command
from videorlvr.cli.main import main
from videorlvr.evaluation import runner, suites
from videorlvr.evaluation.compare import compare, compare_evaluations, format_p
from videorlvr.evaluation.folders import load_evaluation
from videorlvr.judge.fingerprint import Fingerprint, FingerprintError, differences, fingerprint_of
from videorlvr.judge.tolerance import EXACT
from videorlvr.players.baselines import BASELINES
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Reward
from videorlvr.worlds.verify import JUDGE_VERSION


def records(world, outcomes, sample=0):
    return [
        {
            "id": f"{world}-v1/x/test/{i}",
            "world": world,
            "sample": sample,
            "puzzle": f"{world}{i}",
            "success": bool(success),
        }
        for i, success in enumerate(outcomes)
    ]


def test_a_run_against_itself_is_no_difference():
    same = records("maze", [1, 0] * 50)
    result = compare(same, same)
    average = result["average"]
    assert average["difference"] == 0
    # A hundred pairs that agree do not prove that all would.
    assert average["low"] == -average["high"] == pytest.approx(-0.037, abs=5e-4)
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
    assert (part["low"], part["high"]) == paired.tango(5, 25, 100)
    assert (part["n"], part["puzzles"], part["effective_n"], part["p_holm"]) == (100, 100, 100, part["p"])
    assert result["real"]
    assert result["verdict"].startswith("RL is better than SFT by 20.0 points [")
    assert result["verdict"].endswith("], p = 0.0003.")
    back = compare(b, a, label_a="RL", label_b="SFT")
    assert back["verdict"].startswith("SFT is worse than RL by 20.0 points [")


def test_worlds_weigh_alike_in_the_average():
    a = records("maze", [0] * 90) + records("sokoban", [1] * 10)
    b = records("maze", [1] * 90) + records("sokoban", [0] * 10)
    result = compare(a, b)
    assert result["average"]["difference"] == 0
    assert result["worlds"]["maze"]["difference"] == 1
    assert result["worlds"]["sokoban"]["difference"] == -1
    # 90 problems against 10, but the worlds weigh the same in the test, too: the average does not move.
    assert result["average"]["p"] > 0.9
    assert not result["real"]
    assert "maze (+100.0, p < 0.0001), sokoban (-100.0, p = 0.0020)" in result["verdict"]


def test_worlds_are_corrected_for_their_number():
    """Six against none: p = .031 for one world, and three times that where it is one of three."""
    a = records("maze", [0] * 6 + [1] * 20) + records("sokoban", [1] * 26) + records("flowfree", [1] * 26)
    b = records("maze", [1] * 26) + records("sokoban", [1] * 26) + records("flowfree", [1] * 26)
    part = compare(a, b)["worlds"]["maze"]
    assert part["p"] == 2 / 2**6
    assert part["p_holm"] == 6 / 2**6
    assert part["low"] > 0
    assert not part["real"]
    assert compare(a[:26], b[:26])["worlds"]["maze"]["real"]


def test_images_of_a_puzzle_are_no_extra_evidence():
    """Eight puzzles in four images each, all alike: the numbers of eight problems, not of 32."""

    def imaged(outcomes):
        return [
            record | {"id": f"{record['id']}-{image}"}
            for record in records("maze", outcomes)
            for image in range(4)
        ]

    once = [[0, 0, 0, 0, 0, 1, 1, 0], [1, 1, 1, 1, 1, 1, 1, 0]]
    few = compare(*(records("maze", outcomes) for outcomes in once))["worlds"]["maze"]
    many = compare(*(imaged(outcomes) for outcomes in once))["worlds"]["maze"]
    assert (many["n"], many["puzzles"], many["only_b"]) == (32, 8, 20)
    for key in ("puzzles", "effective_n", "low", "high", "p", "difference"):
        assert many[key] == pytest.approx(few[key]), key
    assert many["p"] == 2 / 2**5


def test_pairs_are_of_one_problem_whatever_the_order():
    """What B did comes in another order than what A did: pairing by place would see 20 problems disagree."""
    a = records("maze", [1] * 10 + [0] * 10)
    shuffled = list(reversed(records("maze", [1] * 11 + [0] * 9)))
    part = compare(a, shuffled)["worlds"]["maze"]
    assert (part["only_a"], part["only_b"]) == (0, 1)
    assert part == compare(a, shuffled[::-1])["worlds"]["maze"]


def test_every_sample_counts():
    """First samples say that B is worse; all of them, that it is better."""
    a = records("maze", [1] * 12) + [r for sample in (1, 2, 3) for r in records("maze", [0] * 12, sample)]
    b = records("maze", [0] * 12) + [r for sample in (1, 2, 3) for r in records("maze", [1] * 12, sample)]
    part = compare(a, b)["worlds"]["maze"]
    assert (part["success_a"], part["success_b"], part["only_b"]) == (0.25, 0.75, 12)
    assert part["difference"] == 0.5


def test_how_the_players_were_run_is_said_where_it_differs(tmp_path):
    class Sampled:
        def __init__(self, steps):
            self.identity = {"sampling": {"steps": steps, "shift": 3.0}, "device": "cpu"}

        def __call__(self, world, problems, sample):
            return BASELINES["oracle"](world, problems, sample)

    for name, steps in (("a", 5), ("b", 2)):
        runner.evaluate(Sampled(steps), SMOKE, name=name, out=evaluation_dir(tmp_path / name, SMOKE.name))
    a, b = (load_evaluation(tmp_path / name, SMOKE.name) for name in "ab")
    assert compare_evaluations(a, b, label_a="a", label_b="b")["settings_differ"] == ["sampling.steps (5, 2)"]
    assert compare_evaluations(a, a, label_a="a", label_b="a")["settings_differ"] == []
    file = a.folder / "summary.json"
    file.write_text(file.read_text().replace('"steps": 5', '"num_steps": 5'))
    assert file.read_text().count('"num_steps": 5') == 1
    old = load_evaluation(tmp_path / "a", SMOKE.name)
    assert compare_evaluations(old, a, label_a="old", label_b="a")["settings_differ"] == []


def test_samples_of_a_problem_are_no_extra_evidence():
    a = records("maze", [0] * 6 + [1] * 4)
    b = records("maze", [1] * 6 + [1] * 4)
    many_a = [record for sample in range(8) for record in records("maze", [0] * 6 + [1] * 4, sample)]
    many_b = [record for sample in range(8) for record in records("maze", [1] * 10, sample)]
    assert compare(many_a, many_b)["average"] == pytest.approx(compare(a, b)["average"])


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
    assert "oracle is better than frozen-frame by 100.0 points" in " ".join(capsys.readouterr().out.split())
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
        ("other_judge", f"the judge's version ({JUDGE_VERSION}, 999)"),
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
