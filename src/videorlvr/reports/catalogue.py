"""`python -m videorlvr.reports.catalogue DIR`: the catalogue of methods: one page, a feed, the glossary of metrics.

Laws: the page asks for nothing outside itself, and shows everything where scripts are off. What a paper says comes
from `papers.yaml`; what is built, from the methods that name the paper as their source; what was found, from the
cards in `DIR/cards`. Nothing of it is written by hand.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import videorlvr
from videorlvr.base.files import write_text_atomic
from videorlvr.methods import METHODS
from videorlvr.methods.check import module_of
from videorlvr.reports.card_page import Card, arms_table, dots, findings_table, headline, provenance
from videorlvr.reports.feed import Entry, write_feed
from videorlvr.reports.glossary import glossary
from videorlvr.reports.papers import HOSTS, Family, Paper, papers, sources_of
from videorlvr.reports.templates import template
from videorlvr.studies.card import card_of
from videorlvr.studies.folder import STATEMENT, load_study
from videorlvr.training.method import Method

TITLE = "videorlvr: methods"


@dataclass(frozen=True)
class Page:
    """A method of ours: its record, its module's docstring as HTML, and where its code lies."""

    method: Method
    html: str
    module: str
    code: str | None

    @property
    def papers(self) -> set[str]:
        """arXiv numbers that it names as its source."""
        return sources_of(self.method.source)


@dataclass(frozen=True)
class Row:
    """A paper in the catalogue, with what has become of it here."""

    paper: Paper
    families: tuple[Family, ...]
    pages: tuple[Page, ...]
    cards: tuple[Card, ...]

    @property
    def state(self) -> str:
        return "built" if self.pages else "planned"

    @property
    def verdicts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(card["verdict"]) for card in self.cards))


def page_of(method: Method, out: Path) -> Page:
    """A method's page: the docstring of the package that holds its record.

    Its code is a link where it lies in the checkout that the page is written into, so that no page says where
    something lies on the machine it was made on.
    """
    from markdown_it import MarkdownIt

    module = module_of(method)
    html = MarkdownIt("commonmark", {"html": False}).render(module.__doc__ or method.summary)
    root = Path(videorlvr.__file__).resolve().parents[2]
    source = Path(str(module.__file__)).resolve().parent
    inside = source.is_relative_to(root) and out.resolve().is_relative_to(root)
    code = Path(os.path.relpath(source, out.resolve())).as_posix() if inside else None
    return Page(method, html, module.__name__, code)


def read_cards(folder: Path) -> list[Card]:
    """The cards of studies whose statement and records are kept in folders of `folder`, by name. They are made anew
    from these, so a page never says what records do not; a pilot is no result and is left out.

    Raises:
        ValueError: If a folder is named otherwise than its study, or holds none that can be judged.
    """
    cards = []
    for path in sorted(folder.glob(f"*/{STATEMENT}")):
        study, about, records, pilot = load_study(path.parent)
        if study.name != path.parent.name:
            raise ValueError(f"'{path.parent}' holds the study '{study.name}': name the folder so")
        if not pilot:
            cards.append(card_of(study, about, records, pilot=False))
    return cards


def rows_of(pages: Sequence[Page], cards: Sequence[Card]) -> list[Row]:
    """Every paper once, in the order of their numbers."""
    listed = papers()
    return [
        Row(
            paper,
            tuple(listed.families[name] for name in paper.families),
            tuple(page for page in pages if paper.arxiv in page.papers),
            tuple(card for card in cards if paper.number in card["papers"]),
        )
        for paper in sorted(listed.papers, key=lambda paper: paper.number)
    ]


def write_catalogue(out: Path, *, now: datetime, methods: Mapping[str, Method] = METHODS) -> list[Path]:
    """Write `index.html`, `feed.xml` and `metrics.md` into `out`; returns what was written.

    Raises:
        ValueError: If a folder of cards holds something else.
    """
    pages = [page_of(method, out) for method in methods.values()]
    rows = rows_of(pages, read_cards(out / "cards"))
    known = {row.paper.arxiv for row in rows}
    others = [page for page in pages if not page.papers & known]
    html = template("catalogue.html.j2").render(
        title=TITLE,
        rows=rows,
        others=others,
        hosts=HOSTS,
        families=papers().families,
        arms_table=arms_table,
        findings_table=findings_table,
        headline=headline,
        provenance=provenance,
        dots=dots,
    )
    write_text_atomic(out / "index.html", html)
    write_feed(out / "feed.xml", entries_of(rows), title=TITLE, home="index.html", now=now)
    write_text_atomic(out / "metrics.md", glossary(methods.values()))
    return [out / "index.html", out / "feed.xml", out / "metrics.md"]


def entries_of(rows: Sequence[Row]) -> list[Entry]:
    """A feed entry for every paper, and one for every card."""
    out: dict[str, Entry] = {}
    for row in rows:
        paper = row.paper
        out[f"paper/{paper.number}"] = Entry(
            name=f"paper/{paper.number}",
            title=f"{paper.name}: {row.state}",
            link=f"index.html#{paper.anchor}",
            summary=f"{paper.title}. {paper.abstract}",
            terms=(row.state, *paper.hosts),
        )
        for card in row.cards:
            name = f"study/{card['study']}/{card['version']}"
            out[name] = Entry(
                name=name,
                title=f"Study {card['study']}: {card['verdict']}",
                link=f"index.html#study-{card['study']}",
                summary=f"{card['question']} {headline(card)}",
                terms=("study", str(card["verdict"])),
            )
    return list(out.values())


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m videorlvr.reports.catalogue DIR", file=sys.stderr)
        return 2
    written: list[Any] = write_catalogue(Path(arguments[0]), now=datetime.now(UTC))
    print("\n".join(map(str, written)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
