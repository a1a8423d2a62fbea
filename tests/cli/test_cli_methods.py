"""`videorlvr methods`: what it lists is what is there, and it says so in a moment."""

import json
import subprocess
import sys

import pytest

from videorlvr.cli.main import main
from videorlvr.methods import METHODS
from videorlvr.methods.studies import studies
from videorlvr.reports.papers import papers


def listed(capsys, *arguments):
    assert main(["methods", "list", "--json", "-", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_every_method_paper_and_study_is_listed(capsys):
    found = listed(capsys)
    assert [method["name"] for method in found["methods"]] == list(METHODS)
    assert [paper["number"] for paper in found["papers"]] == list(range(1, 43))
    assert {study for method in found["methods"] for study in method["studies"]} == set(studies())
    built = {paper["number"]: paper["methods"] for paper in found["papers"] if paper["state"] == "built"}
    assert "sde-grpo" in built[1]


def test_filters_keep_what_they_say(capsys):
    text = listed(capsys, "--host", "text", "--state", "planned")
    assert text["methods"] == []
    assert {paper.number for paper in papers().papers if "text" in paper.hosts} >= {
        paper["number"] for paper in text["papers"]
    }
    assert all(paper["state"] == "planned" for paper in text["papers"])
    assert listed(capsys, "--state", "built")["methods"]


def test_the_table_names_them_all(capsys):
    assert main(["methods", "list"]) == 0
    said = capsys.readouterr().out
    assert all(paper.name in said for paper in papers().papers)
    assert all(name in said for name in METHODS)
    assert max(map(len, said.splitlines())) <= 130


@pytest.mark.parametrize("name", METHODS)
def test_show_explains_recipes_metrics_and_studies(name, capsys):
    assert main(["methods", "show", name]) == 0
    said = " ".join(capsys.readouterr().out.split())
    method = METHODS.of(name)
    for part in (method.claim, method.source, *method.recipe_list, *method.metrics.values()):
        assert " ".join(part.split()) in said


@pytest.mark.parametrize("name", ["12", "early rejection", "2508.01969"])
def test_show_explains_a_paper_by_any_of_its_names(name, capsys):
    assert main(["methods", "show", name]) == 0
    said = " ".join(capsys.readouterr().out.split())
    paper = papers().papers[11]
    assert paper.title in said
    assert paper.control in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["methods", "show", "sde-gpro"], "did you mean 'sde-grpo'"),
        (["methods", "show", "Plantin"], "did you mean 'Plantain'"),
        (["methods", "check", "sfd"], "did you mean 'sft'"),
        (["methods", "lst"], "did you mean 'list'"),
        (["methods", "list", "--host", "vido"], "did you mean 'video'"),
        (["methods", "catalogue"], "--out"),
    ],
)
def test_a_mistake_is_one_sentence_with_the_nearest_name(arguments, said, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err.strip()
    assert said in error
    assert "\n" not in error


def test_listing_and_showing_need_no_torch():
    script = "import sys\nfrom videorlvr.cli.main import main\n"
    script += "assert main(['methods', 'list']) == 0 == main(['methods', 'show', 'sde-grpo'])\n"
    script += "assert main(['study', 'early-step-focus', '--plan']) == 0\n"
    script += "assert not {'torch', 'matplotlib', 'av'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60, stdout=subprocess.DEVNULL)
