"""Our methods keep their contract, and one that does not is told how."""

from dataclasses import replace

import pytest

from videorlvr.cli.main import main
from videorlvr.methods import METHODS
from videorlvr.methods.check import check_method
from videorlvr.methods.studies import studies

OURS = [name for name in METHODS if METHODS.package_of(name) == "videorlvr"]


@pytest.mark.parametrize("name", OURS)
def test_a_method_of_ours_keeps_the_contract(name):
    assert check_method(METHODS.of(name)) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"learner": "broken_methods:Talks"}, ["it tells the metric 'secret', which it does not declare"]),
        (
            {"learner": "broken_methods:Forgets"},
            [
                "a run that was interrupted and went on ends with another policy than one that was not",
                "a run that was interrupted and went on tells other metrics than one that was not",
            ],
        ),
        ({"learner": "broken_methods:Fails"}, ["a run of 2 steps ends with RuntimeError: a wheel came off"]),
        (
            {"recipes": "broken_methods:RECIPES", "learner": None, "probe": "none:NONE"},
            [
                "the docstring of its recipe 'silent-recipe' does not say its command",
                "the docstring of its recipe 'silent-recipe' does not say its cost",
                "the docstring of its recipe 'silent-recipe' does not say its result",
                "its recipe 'wrong-recipe' is no configuration",
            ],
        ),
        (
            {"study": "broken_methods:NO_STUDY", "learner": None, "probe": "none:NONE"},
            ["the study 'broken_methods:NO_STUDY' of the method 'sft' is not there"],
        ),
        (
            {"study": "broken_methods:WRONG_STUDY", "learner": None, "probe": "none:NONE"},
            ["run 'late' of the study 'early-step-focus': unknown setting 'windwo'; did you mean 'window'?"],
        ),
        (
            {"study": "broken_methods:WRONG_PLAYER", "learner": None, "probe": "none:NONE"},
            ["arm 'late' of the study 'early-step-focus': unknown setting 'stpes'; did you mean 'steps'?"],
        ),
        (
            {"study": "broken_methods:RECIPES", "learner": None, "probe": "none:NONE"},
            ["the study 'broken_methods:RECIPES' of the method 'sft' is a function"],
        ),
        ({"shown": ("secret",), "learner": None, "probe": "none:NONE"}, ["it shows the metric 'secret'"]),
    ],
    ids=[
        "undeclared metric",
        "does not resume",
        "raises",
        "recipes",
        "no study",
        "study of no run",
        "study of no player",
        "no Study",
        "shown",
    ],
)
def test_what_is_broken_is_said_in_a_sentence(changes, said):
    method = replace(METHODS.of("sft"), **changes)
    found = check_method(method)
    assert len(found) == len(said)
    for sentence, beginning in zip(found, said, strict=True):
        assert sentence.startswith(beginning)


def test_a_method_with_a_broken_study_takes_no_other_with_it(monkeypatch, caplog):
    monkeypatch.setitem(METHODS, "sft", replace(METHODS.of("sft"), study="broken_methods:NO_STUDY"))
    assert "early-step-focus" in studies()
    assert "'broken_methods:NO_STUDY' of the method 'sft' is not there" in caplog.text
    monkeypatch.setitem(METHODS, "sft", replace(METHODS.of("sft"), study=METHODS.of("sde-grpo").study))
    with pytest.raises(ValueError, match="two studies are called 'early-step-focus'"):
        studies()


def test_the_command_says_which_method_is_broken_and_exits_1(capsys, monkeypatch):
    monkeypatch.setitem(METHODS, "sft", replace(METHODS.of("sft"), learner="broken_methods:Fails"))
    assert main(["methods", "check", "sft"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "sft: broken",
        "  a run of 2 steps ends with RuntimeError: a wheel came off",
    ]
