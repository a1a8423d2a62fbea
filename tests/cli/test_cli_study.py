"""`videorlvr study`: what a user sees and which mistakes are one sentence; running one is tested in tests/studies."""

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from videorlvr.cli.main import main
from videorlvr.cli.study import PROGRAM
from videorlvr.methods.studies import studies, study_of

CARDS = Path(__file__).parents[2] / "docs" / "methods" / "cards"


def test_without_a_name_it_lists_them(capsys):
    assert main(["study"]) == 0
    said = capsys.readouterr().out
    for name, study in studies().items():
        assert re.search(rf"^{name} +{re.escape(study.question)}$", said, re.MULTILINE)


def test_a_plan_states_every_arm_and_rule_and_runs_nothing(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["study", "early-step-focus", "--plan"]) == 0
    said = capsys.readouterr().out
    study = study_of("early-step-focus")
    for criterion in (*study.premises, *study.criteria, *study.asides):
        assert criterion.sentence in said
    for name, arm in study.arms.items():
        assert f"arm {name} ({arm.role}): {arm.what}" in said
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["study", "early-step-focsu"], "did you mean 'early-step-focus'"),
        (["study", "early-step-focus", "--pilto"], "did you mean '--pilot'"),
        (["study", "early-step-focus", "--jobs", "0"], "at least 1"),
        (["study", "early-step-focus", "--card", "--out", "nothing"], "'nothing' holds no study"),
    ],
)
def test_a_mistake_is_one_sentence(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    error = capsys.readouterr().err.strip()
    assert said in error
    assert "\n" not in error
    assert not any(tmp_path.iterdir()), "a mistake leaves nothing behind"


def test_a_job_stops_as_at_ctrl_c_when_who_started_it_is_gone():
    command = json.dumps([["worlds", "check"], ["worlds", "check"]])
    job = subprocess.Popen(
        [*PROGRAM, command], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        time.sleep(0.5)
        _, error = job.communicate(timeout=30)  # closes its standard input
    finally:
        job.kill()
    assert (job.returncode, b"interrupted" in error) == (130, True)


def test_every_study_can_be_stated_without_torch():
    script = "import sys\nfrom videorlvr.methods.studies import studies\n"
    script += "assert 'early-step-focus' in studies()\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.mark.parametrize("folder", sorted(CARDS.glob("*/")), ids=lambda folder: folder.name)
def test_cards_in_the_docs_are_made_again_from_their_records(folder, tmp_path, capsys):
    copy = tmp_path / folder.name
    copy.mkdir()
    for name in ("study.json", "about.json", "records.jsonl"):
        shutil.copy(folder / name, copy / name)
    assert main(["study", folder.name, "--card", "--out", str(copy), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((folder / "card.json").read_text())
    for name in ("card.json", "card.md"):
        assert (copy / name).read_bytes() == (folder / name).read_bytes()
