"""The catalogue lists every paper once, shows what became of it, and asks for nothing outside itself."""

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from videorlvr.evaluation.study import Study
from videorlvr.methods import METHODS
from videorlvr.methods.studies import study_of
from videorlvr.reports.catalogue import write_catalogue
from videorlvr.reports.papers import papers
from videorlvr.studies.card import write_card
from videorlvr.studies.folder import StudyFolder

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
LOADS = {"src", "srcset", "poster", "data", "background", "action"}


class Page(HTMLParser):
    """What a light test needs of a page: its elements with attributes, and the text of each article."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.articles: dict[str, str] = {}
        self._article = ""
        self.feed(path.read_text())
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag == "article":
            self._article = dict(attrs)["id"]
            self.articles[self._article] = ""

    def handle_endtag(self, tag):
        if tag == "article":
            self._article = ""

    def handle_data(self, data):
        if self._article:
            self.articles[self._article] += data

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


def keep_study(folder: Path, study: Study, values: dict[str, list[float]], *, pilot: bool = False) -> None:
    """What is kept of a study, with records that nobody measured."""
    records = [
        {
            "arm": arm,
            "seed": seed,
            "num_problems": 200,
            "fingerprint": "0",
            "measures": {"success": value, "seconds_a_step": 2.0 if arm == "early" else 3.0, "steps": 30.0},
        }
        for arm, row in values.items()
        for seed, value in enumerate(row)
    ]
    place = StudyFolder(folder / "cards" / study.name)
    place.begin(
        study.to_json() | {"pilot": pilot}, {"command": "videorlvr study <b>x</b>", "date": "2026-11-27"}
    )
    for record in records:
        place.add(record)


VALUES = {
    "start": [0.3, 0.32, 0.31, 0.3, 0.33],
    "early": [0.5, 0.52, 0.51, 0.5, 0.53],
    "all": [0.5, 0.53, 0.5, 0.5, 0.53],
    "late": [0.4, 0.41, 0.4, 0.4, 0.43],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(folder, page, card) of a catalogue with one card."""
    folder = tmp_path_factory.mktemp("methods")
    study = study_of("early-step-focus")
    keep_study(folder, study, {arm: row[: len(study.seeds)] for arm, row in VALUES.items()})
    card = write_card(folder / "cards" / study.name)
    write_catalogue(folder, now=NOW)
    return folder, Page(folder / "index.html"), card


def test_every_paper_is_there_once_with_its_abstract_and_link(made):
    _, page, _ = made
    places = [attrs["id"] for attrs in page.all("article")]
    assert [place for place in places if place.startswith("paper-")] == [f"paper-{n}" for n in range(1, 43)]
    links = [attrs["href"] for attrs in page.all("a")]
    for paper in papers().papers:
        text = " ".join(page.articles[paper.anchor].split())
        assert " ".join(paper.abstract.split()) in text
        assert paper.title in text
        assert paper.control[1:] in text
        assert links.count(paper.url) == 1


def test_state_follows_from_the_methods_and_the_cards(made):
    _, page, card = made
    states = {attrs["id"]: attrs["data-state"] for attrs in page.all("article")}
    named = {paper.anchor for paper in papers().papers for m in METHODS.values() if paper.arxiv in m.source}
    assert "paper-1" in named
    assert {
        place for place, state in states.items() if state == "built" and place.startswith("paper-")
    } == named
    assert card["verdict"] == "held"
    assert card["sentence"] in " ".join("".join(page.articles.values()).split())
    for method in METHODS.values():
        assert method.title in "".join(page.articles.values()), "every method has its page"


def test_nothing_is_asked_of_the_network(made):
    """No element loads anything, and the page forbids itself to; links are for readers to follow."""
    _, page, _ = made
    for tag, attrs in page.elements:
        assert not LOADS & attrs.keys(), f"<{tag}> loads {attrs}"
        if tag == "link":
            assert (attrs["rel"], attrs["href"]) == ("alternate", "feed.xml")
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    html = (made[0] / "index.html").read_text()
    assert not re.search(r"url\(|@import|fetch\(|XMLHttp|import\(", html)


def test_without_scripts_everything_is_shown_and_the_tools_are_not(made):
    _, page, _ = made
    assert all("hidden" not in attrs for attrs in page.all("article"))
    assert ["hidden" in attrs for attrs in page.all("form")] == [True]


def test_strangers_text_is_escaped(made):
    assert "<b>x</b>" not in (made[0] / "index.html").read_text()


def test_links_within_the_page_and_to_the_code_lead_somewhere(made):
    folder, page, _ = made
    docs = Path(__file__).parents[2] / "docs" / "methods"
    places = {attrs["id"] for _, attrs in page.elements if attrs.get("id")}
    feed = (folder / "feed.xml").read_text()
    for place in re.findall(r'href="index.html#([^"]+)"', feed):
        assert place in places
    for link in [attrs["href"] for attrs in Page(docs / "index.html").all("a")]:
        assert link.startswith("https://arxiv.org/abs/") or (docs / link).exists(), link


def test_made_again_it_is_the_same_bytes(made):
    folder, *_ = made
    before = {path.name: path.read_bytes() for path in folder.glob("*.*")}
    assert set(before) == {"index.html", "feed.xml", "metrics.md"}
    write_catalogue(folder, now=datetime(2027, 1, 1, tzinfo=UTC))
    assert {path.name: path.read_bytes() for path in folder.glob("*.*")} == before


def test_the_committed_page_has_the_papers_and_the_cards():
    docs = Path(__file__).parents[2] / "docs" / "methods"
    page = Page(docs / "index.html")
    for paper in papers().papers:
        assert " ".join(paper.abstract.split()) in " ".join(page.articles[paper.anchor].split()), (
            "make it again: make docs"
        )
    for path in docs.glob("cards/*/card.json"):
        assert json.loads(path.read_text())["sentence"] in " ".join("".join(page.articles.values()).split())


def test_every_declared_metric_is_in_the_glossary(made):
    text = (made[0] / "metrics.md").read_text()
    for method in METHODS.values():
        for name, sentence in method.metrics.items():
            assert f"| `{name}` | {sentence} |" in text.replace("\\|", "|")


def test_a_pilot_is_no_result(tmp_path):
    keep_study(tmp_path, study_of("early-step-focus"), VALUES, pilot=True)
    write_catalogue(tmp_path, now=NOW)
    assert "study-early-step-focus" not in (tmp_path / "index.html").read_text()


def test_a_card_that_says_more_than_its_records_is_not_believed(tmp_path):
    study = study_of("early-step-focus")
    keep_study(tmp_path, study, {arm: row[:1] for arm, row in VALUES.items()})
    (tmp_path / "cards" / study.name / "card.json").write_text(
        json.dumps({"verdict": "held", "pilot": False})
    )
    write_catalogue(tmp_path, now=NOW)
    text = " ".join(Page(tmp_path / "index.html").articles["paper-1"].split())
    assert "Undecided:" in text
    assert "records are missing" in text


def test_a_study_in_a_folder_of_another_name_is_refused(tmp_path):
    keep_study(tmp_path, study_of("early-step-focus"), VALUES)
    (tmp_path / "cards" / "early-step-focus").rename(tmp_path / "cards" / "mine")
    with pytest.raises(ValueError, match="holds the study 'early-step-focus'"):
        write_catalogue(tmp_path, now=NOW)
