"""A study run for real, at toy size: it goes on where it was stopped, and its card follows from its records.

What is run is the pilot, which differs from the study in seeds and suite alone, and has one seed.
"""

import json
import re
import shutil
from pathlib import Path

import pytest

from videorlvr.cli.study import PROGRAM
from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Study
from videorlvr.methods.studies import check_runs
from videorlvr.reports.card_page import markdown_of
from videorlvr.studies.card import write_card
from videorlvr.studies.plan import Trial, jobs_of
from videorlvr.studies.run import _Progress, run_study

ABOUT = {"command": "videorlvr study tiny", "date": "2026-11-27T00:00:00+00:00", "device": "test"}


def quiet(text):
    pass


@pytest.fixture(scope="module")
def finished(make_study, tmp_path_factory):
    """(study, its folder) of a study that nobody stopped."""
    folder = tmp_path_factory.mktemp("studies") / "tiny"
    study = make_study()
    run_study(study, folder, program=PROGRAM, about=ABOUT, pilot=True, say=quiet)
    return study, folder


def untimed(folder):
    """Records without what a clock measured."""
    lines = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    for line in lines:
        line["measures"] = {key: value for key, value in line["measures"].items() if "seconds" not in key}
    return lines


def test_there_is_a_record_an_arm_and_seed_and_a_run_has_its_seed_and_start(finished):
    study, folder = finished
    records = untimed(folder)
    assert [(record["arm"], record["seed"]) for record in records] == [(arm, 7) for arm in study.arms]
    assert {record["num_problems"] for record in records} == {8}, "the pilot's suite"
    config = json.loads((folder / "seed-7/runs/trained/config.json").read_text())
    assert (config["seed"], config["init"]) == (7, "seed-7/runs/start/policy")


def test_a_study_that_was_killed_ends_as_one_that_was_not(finished, tmp_path):
    """Killed while the second run was trained, in the middle of writing a record; and the folder has moved since."""
    study, folder = finished
    cut = tmp_path / "moved"
    shutil.copytree(folder, cut)
    lines = (cut / "records.jsonl").read_bytes().splitlines(keepends=True)
    (cut / "records.jsonl").write_bytes(lines[0] + lines[1][:40])
    shutil.rmtree(cut / "seed-7/runs/trained")
    shutil.rmtree(cut / "seed-7/arms/trained")
    (cut / "card.json").unlink()
    run_study(study, cut, program=PROGRAM, about={"command": "another"}, pilot=True, say=quiet)
    assert untimed(cut) == untimed(folder)
    assert json.loads((cut / "about.json").read_text()) == ABOUT


def test_seeds_share_nothing_and_arms_share_their_start(make_study, tmp_path):
    jobs = jobs_of(Trial(make_study()), tmp_path, PROGRAM, skip=set())
    assert [(job.name, job.after) for job in jobs] == [
        ("start, seed 0", ()),
        ("trained, seed 0", ("start, seed 0",)),
        ("start, seed 1", ()),
        ("trained, seed 1", ("start, seed 1",)),
    ]
    for job in jobs:
        seed = job.name[-1]
        train, evaluate = json.loads(job.command[-1])
        assert train[train.index("--seed") + 1] == seed
        assert all(f"seed-{seed}" in word for words in (train, evaluate) for word in words if "seed-" in word)


def test_what_has_its_records_is_not_run_again_but_its_policy_is_used(make_study, tmp_path):
    (job,) = jobs_of(
        Trial(make_study()), tmp_path, PROGRAM, skip={("start", 0), ("trained", 0), ("start", 1)}
    )
    assert (job.name, job.after) == ("trained, seed 1", ())


def test_who_waits_is_told_how_far_a_run_is(finished):
    study, folder = finished
    said = []
    progress = _Progress(Trial(study, pilot=True), folder, 2, said.append)
    (first, second) = jobs_of(Trial(study, pilot=True), folder, PROGRAM, skip=set())
    progress.beat([(first, 61.0), (second, 3.0)])
    assert said == ["  start, seed 7: running for 61 s, step 2", "  trained, seed 7: running for 3 s, step 1"]
    progress.done(first, 60.0)
    assert "(1 of 2, about" in said[-1]


def test_a_finished_study_is_not_run_again(finished):
    study, folder = finished
    before = {path: path.stat().st_mtime_ns for path in folder.glob("seed-*/**/*") if path.is_file()}
    run_study(study, folder, program=("false",), about=ABOUT, pilot=True, say=quiet)
    assert {path: path.stat().st_mtime_ns for path in folder.glob("seed-*/**/*") if path.is_file()} == before


def test_the_card_follows_from_three_files(finished, tmp_path):
    """The same bytes, without the runs: what is kept of a study can be checked by who has only that."""
    _, folder = finished
    for name in ("study.json", "about.json", "records.jsonl"):
        shutil.copy(folder / name, tmp_path / name)
    card = write_card(tmp_path)
    assert (tmp_path / "card.json").read_bytes() == (folder / "card.json").read_bytes()
    text = markdown_of(card)
    assert card["sentence"] in text
    assert ABOUT["command"] in text
    for arm in card["arms"]:
        assert f"{arm['measures']['success']['mean']:.3f}" in text


def test_a_rule_that_changed_after_the_run_is_refused(finished):
    study, folder = finished
    stated = study.to_json()
    stated["criteria"][0]["above"] = -1.0
    with pytest.raises(ValueError, match=r"before its criteria changed.*choose another --out"):
        run_study(Study.model_validate(stated), folder, program=PROGRAM, about=ABOUT, pilot=True, say=quiet)
    with pytest.raises(ValueError, match="before its pilot changed"):
        run_study(study, folder, program=PROGRAM, about=ABOUT, say=quiet)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("study.json", '{"name": "tiny"}', r"study.json: question: .*no statement of a study"),
        ("study.json", "[]", "study.json"),
        ("records.jsonl", '{"arm": "start", "seed": "7"}\n', r"records.jsonl: record 1: seed: "),
        ("records.jsonl", '{"arm": 3}\n', r"records.jsonl: record 1: arm: "),
    ],
)
def test_a_damaged_folder_is_said_in_a_sentence(finished, tmp_path, name, text, said):
    for kept in ("study.json", "about.json", "records.jsonl"):
        shutil.copy(finished[1] / kept, tmp_path / kept)
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=said):
        write_card(tmp_path)


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ({"start": {"recipe": "micro-mase-sft"}}, "micro-maze-sft"),
        ({"start": {"recipe": "micro-maze-sft", "settings": {"batsh": 4}}}, "batch"),
        ({"start": {"recipe": "micro-maze-sft", "settings": {"lr": -1}}}, "lr"),
    ],
)
def test_a_mistake_in_a_run_is_said_before_anything_is_computed(make_study, runs, said, tmp_path):
    stated = make_study().to_json()
    stated["runs"] |= runs
    with pytest.raises(ValueError, match=f"run 'start' of the study 'tiny'.*{said}"):
        run_study(Study.model_validate(stated), tmp_path / "out", program=PROGRAM, about=ABOUT, say=quiet)
    assert not (tmp_path / "out").exists()


def test_the_study_in_contributing_can_be_run_as_it_stands():
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
    code = re.search(r"## Add a study\n.*?```python\n(.*?)```", text, re.DOTALL)
    assert code
    names = {"Study": Study, "Run": Run, "Arm": Arm, "Criterion": Criterion, "Budget": Budget}
    exec(code[1], names)
    check_runs(names["STUDY"])
