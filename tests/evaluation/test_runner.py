"""Evaluations tell the truth about players whose worth is known, and survive being interrupted."""

from __future__ import annotations

import json

import numpy as np
import pytest

from videorlvr.base import stats
from videorlvr.base.choices import ChoiceError
from videorlvr.base.records import read_json, read_jsonl, write_json
from videorlvr.base.runs import evaluation_dir
from videorlvr.evaluation import runner, suites
from videorlvr.evaluation.clips import NUM_EACH, NUM_FIRST, chosen_ids, read_clips
from videorlvr.evaluation.folders import load_evaluation
from videorlvr.evaluation.summary import summarise
from videorlvr.players.baselines import BASELINES, baseline_of, oracle, random_legal
from videorlvr.worlds import WORLDS

SUITE = suites.Suite("smoke-v1:maze", (suites.Part("maze", "micro", "test", 12),))


def half_good(world, problems, sample):
    """Solves the problems of even index on even samples, stands still on the others."""
    good, still = oracle(world, problems, sample), BASELINES["frozen-frame"](world, problems, sample)
    solved = [(problem.address.index + sample) % 2 == 0 for problem in problems]
    return np.where(np.array(solved)[:, None, None, None, None], good, still)


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_score_what_they_must(name, tmp_path):
    summary = runner.evaluate(baseline_of(name), suites.suite_of("smoke-v1"), name=name, out=tmp_path)
    assert summary["results"]["worlds"].keys() == WORLDS.keys()
    for world in summary["results"]["worlds"].values():
        assert world["process"] == 1.0
        if name == "oracle":
            assert world["success"] == 1.0
            assert all(value == pytest.approx(1) for value in world["rewards"].values())
        elif name == "frozen-frame":
            assert world["success"] == 0.0
        else:
            assert 0 <= world["success"] < 1


class KilledError(Exception):
    pass


@pytest.mark.parametrize("batches_before", [0, 1, 3])
def test_interrupted_evaluation_goes_on_to_the_same_bytes(tmp_path, batches_before):
    settings = {"name": "random", "samples": 2, "batch_size": 5, "checkpoint": "c1"}
    runner.evaluate(random_legal, SUITE, out=tmp_path / "whole", **settings)
    calls = []

    def dies(world, problems, sample):
        if len(calls) == batches_before:
            raise KilledError
        calls.append(len(problems))
        return random_legal(world, problems, sample)

    with pytest.raises(KilledError):
        runner.evaluate(dies, SUITE, out=tmp_path / "cut", **settings)
    cut = tmp_path / "cut" / "records.jsonl"
    assert len(read_jsonl(cut)) == sum(calls)
    if calls:  # the kill tore the last line
        cut.write_bytes(cut.read_bytes()[:-7])
    runner.evaluate(random_legal, SUITE, out=tmp_path / "cut", **settings)
    assert cut.read_bytes() == (tmp_path / "whole" / "records.jsonl").read_bytes()
    order = [(str(address), sample) for address in suites.addresses(SUITE) for sample in range(2)]
    assert [(record["id"], record["sample"]) for record in read_jsonl(cut)] == order
    whole, again = (read_clips(tmp_path / folder / "clips.npz") for folder in ("whole", "cut"))
    assert list(whole) == list(again)
    assert all(np.array_equal(whole[key], again[key]) for key in whole)


def test_finished_work_is_kept_for_the_same_player_only(tmp_path):
    played = []

    def counting(world, problems, sample):
        played.append((sample, len(problems)))
        return half_good(world, problems, sample)

    runner.evaluate(counting, SUITE, name="half", out=tmp_path, checkpoint="c1")
    assert sum(count for _, count in played) == 12
    runner.evaluate(counting, SUITE, name="half", out=tmp_path, checkpoint="c1")
    assert sum(count for _, count in played) == 12
    runner.evaluate(counting, SUITE, name="half", out=tmp_path, checkpoint="c1", samples=2)
    assert [sample for sample, _ in played] == [0, 1]
    runner.evaluate(counting, SUITE, name="half", out=tmp_path, checkpoint="c2", samples=2)
    assert len(played) == 4
    counting.identity = {"num_steps": 5, "device": "cpu"}
    runner.evaluate(counting, SUITE, name="half", out=tmp_path, checkpoint="c2", samples=2)
    assert len(played) == 6, "another sampler plays anew"
    counting.identity = {"num_steps": 2, "device": "cpu"}
    summary = runner.evaluate(counting, SUITE, name="half", out=tmp_path, checkpoint="c2", samples=2)
    assert len(played) == 8
    assert summary["settings"] == {"num_steps": 2, "device": "cpu"}
    runner.evaluate(counting, SUITE, name="half", out=tmp_path, checkpoint="c2", samples=2)
    assert len(played) == 8


def test_an_evaluation_whose_sampler_was_told_in_old_words_is_kept(tmp_path):
    def player(world, problems, sample):
        played.append(len(problems))
        return half_good(world, problems, sample)

    played, player.identity = [], {"sampling": {"steps": 5, "shift": 3.0}}
    settings = {"name": "half", "out": tmp_path, "checkpoint": "c1"}
    new = runner.evaluate(player, SUITE, **settings)
    write_json(tmp_path / "summary.json", new | {"settings": {"sampling": {"num_steps": 5, "shift": 3.0}}})
    assert runner.evaluate(player, SUITE, **settings)["settings"] == player.identity
    assert played == [12]
    write_json(tmp_path / "summary.json", new | {"settings": {"sampling": {"num_steps": 4, "shift": 3.0}}})
    runner.evaluate(player, SUITE, **settings)
    assert played == [12, 12], "another sampler plays anew"


def test_records_of_an_older_release_are_read_and_brought_up_to_date(tmp_path):
    """They said no puzzle, and their intervals counted problems."""
    out = evaluation_dir(tmp_path, SUITE.name)
    new = runner.evaluate(half_good, SUITE, name="half", out=out)
    records, summary = read_jsonl(out / "records.jsonl"), read_json(out / "summary.json")
    old = [{key: value for key, value in record.items() if key != "puzzle"} for record in records]
    (out / "records.jsonl").write_text("".join(json.dumps(record) + "\n" for record in old))
    del summary["settings"]
    write_json(out / "summary.json", summary | {"results": {"worlds": {}}})
    found = load_evaluation(tmp_path, SUITE.name).summary["results"]["worlds"]["maze"]
    assert found["effective_n"] == found["puzzles"] == found["n"] == 12

    def never(world, problems, sample):
        raise AssertionError("nothing is left to play")

    again = runner.evaluate(never, SUITE, name="half", out=out)
    assert again["results"] == new["results"]
    assert read_jsonl(out / "records.jsonl") == records


def test_summary_counts_problems_and_not_samples(tmp_path):
    summary = runner.evaluate(half_good, SUITE, name="half", out=tmp_path, samples=2)
    world = summary["results"]["worlds"]["maze"]
    assert world["n"] == 12
    assert world["success"] == 0.5
    assert world["pass_at"] == {"1": 0.5, "2": 1.0}
    assert world["reasons"] == {"not_at_goal": 12}
    # Two samples that never agree are two pieces of evidence, less the doubt that twelve pairs leave.
    assert 20 < world["effective_n"] < 24
    assert (world["low"], world["high"]) == stats.wilson(world["effective_n"] / 2, world["effective_n"])
    assert sum(part["n"] for part in world["difficulty"]) == 12


def test_summary_weighs_worlds_alike():
    def record(world, index, success):
        empty = {"components": {"process": 1.0}, "metrics": {"f1": float(success)}, "rewards": {}}
        name = f"{world}-v1/x/test/{index}"
        reason = "" if success else "no"
        return {
            "id": name,
            "world": world,
            "sample": 0,
            "success": success,
            "reason": reason,
            "difficulty": index,
            **empty,
        }

    records = [record("a", i, True) for i in range(90)] + [record("b", i, False) for i in range(10)]
    overall = summarise(records)["overall"]
    assert overall["success"] == overall["metrics"]["f1"] == 0.5
    assert overall["low"] < 0.5 < overall["high"]
    one = summarise(records[:90])
    assert one["overall"]["low"] == pytest.approx(one["worlds"]["a"]["low"])
    bins = one["worlds"]["a"]["difficulty"]
    assert [part["n"] for part in bins] == [30, 30, 30]
    assert [part["moves"] for part in bins] == [[0, 29], [30, 59], [60, 89]]


def test_images_of_a_puzzle_are_counted_as_one():
    """Ten puzzles in four images each, solved alike: the interval of ten problems."""
    records = [
        {
            "id": f"a-v1/x/test/{index}",
            "world": "a",
            "sample": 0,
            "puzzle": f"p{index // 4}",
            "success": index < 24,
            "reason": "" if index < 24 else "no",
            "difficulty": index,
            "components": {},
            "metrics": {},
            "rewards": {},
        }
        for index in range(40)
    ]
    part = summarise(records)["worlds"]["a"]
    assert (part["n"], part["puzzles"], part["success"]) == (40, 10, 0.6)
    assert part["effective_n"] == pytest.approx(10)
    assert (part["low"], part["high"]) == pytest.approx(stats.wilson(6, 10))


def test_malformed_videos_are_verdicts_and_a_broken_player_is_an_error(tmp_path):
    def small(world, problems, sample):
        return oracle(world, problems, sample)[:, :, :-8]

    def short(world, problems, sample):
        return oracle(world, problems, sample)[:, :1]

    def floats(world, problems, sample):
        return oracle(world, problems, sample) / 255

    for player, reason in ((small, "wrong_size"), (short, "too_few_frames")):
        results = runner.evaluate(player, SUITE, name=reason, out=tmp_path / reason)["results"]
        assert results["overall"]["reasons"] == {reason: 12}
    with pytest.raises(ValueError, match="expected uint8"):
        runner.evaluate(floats, SUITE, name="floats", out=tmp_path / "floats")


def test_clips_follow_their_rule_from_any_part_of_the_records():
    rng = np.random.default_rng(0)
    records = [
        {"id": f"w/{i}", "world": "w", "sample": sample, "success": bool(rng.random() < 0.3)}
        for i in range(60)
        for sample in range(2)
    ]
    firsts = [record for record in records if record["sample"] == 0]
    solved = [record["id"] for record in firsts if record["success"]][:NUM_EACH]
    failed = [record["id"] for record in firsts if not record["success"]][:NUM_EACH]
    first = [record["id"] for record in firsts[:NUM_FIRST]]
    chosen = chosen_ids(records)
    assert set(chosen) == {*solved, *failed, *first}
    part = [record for record in records if rng.random() < 0.5]
    assert {r["id"] for r in part if r["sample"] == 0} & set(chosen) <= set(chosen_ids(part))


def test_loading_an_evaluation_names_what_is_there(tmp_path):
    run = tmp_path / "run"
    with pytest.raises(ValueError, match="no finished evaluation"):
        load_evaluation(run, "smoke-v1")
    folder = evaluation_dir(run, SUITE.name)
    runner.evaluate(half_good, SUITE, name="half", out=folder)
    assert load_evaluation(run, SUITE.name).summary["player"] == "half"
    with pytest.raises(ChoiceError, match="did you mean 'smoke-v1:maze'"):
        load_evaluation(run, "smoke-v1")
    summary = read_json(folder / "summary.json")
    (folder / "summary.json").write_text(json.dumps(summary | {"complete": False}))
    with pytest.raises(ValueError, match="interrupted"):
        load_evaluation(run, SUITE.name)
