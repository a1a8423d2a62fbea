"""An Atom feed (RFC 4287) for who wants to follow what changes.

Laws: an entry's id never changes. Its date is when what it says changed last: a feed that is written again over an
old one keeps the dates of entries that say the same, and so do their readers' marks.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from videorlvr.base.files import read_bounded, write_bytes_atomic

ATOM = "http://www.w3.org/2005/Atom"
MAX_BYTES = 2**24


@dataclass(frozen=True)
class Entry:
    """name: what it is about, for ever; its id is made from it. link: relative to the feed. terms: categories."""

    name: str
    title: str
    link: str
    summary: str
    terms: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return uuid.uuid5(uuid.NAMESPACE_URL, f"videorlvr/methods/{self.name}").urn


def write_feed(
    path: Path, entries: Sequence[Entry], *, title: str, home: str, now: datetime, file_name: str = "feed.xml"
) -> None:
    """Write the feed; `now` is the date of entries that are new or say something new.

    Raises:
        ValueError: If two entries have one name, or what is there is no feed of ours.
    """
    names = [entry.name for entry in entries]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two entries of the feed are named {', '.join(twice)}; expected each once")
    before = _said_before(path)
    today = now.isoformat(timespec="seconds")
    dated = [(entry, before.get((entry.id, *_said(entry)), today)) for entry in entries]
    root = ET.Element(_tag("feed"))
    _text(root, "id", uuid.uuid5(uuid.NAMESPACE_URL, "videorlvr/methods").urn)
    _text(root, "title", title)
    _text(root, "updated", max((date for _, date in dated), default=today, key=datetime.fromisoformat))
    ET.SubElement(root, _tag("link"), rel="self", type="application/atom+xml", href=file_name)
    ET.SubElement(root, _tag("link"), rel="alternate", type="text/html", href=home)
    _text(ET.SubElement(root, _tag("author")), "name", "videorlvr")
    for entry, date in sorted(dated, key=lambda pair: datetime.fromisoformat(pair[1]), reverse=True):
        root.append(_element(entry, date))
    ET.register_namespace("", ATOM)
    ET.indent(root)
    write_bytes_atomic(path, ET.tostring(root, "utf-8", xml_declaration=True) + b"\n")


def _element(entry: Entry, date: str) -> ET.Element:
    element = ET.Element(_tag("entry"))
    _text(element, "id", entry.id)
    _text(element, "title", entry.title)
    _text(element, "updated", date)
    ET.SubElement(element, _tag("link"), rel="alternate", type="text/html", href=entry.link)
    for term in entry.terms:
        ET.SubElement(element, _tag("category"), term=term)
    _text(element, "summary", entry.summary)
    return element


def _said(entry: Entry) -> tuple[str, str, tuple[str, ...]]:
    return entry.title, entry.summary, entry.terms


def _said_before(path: Path) -> dict[tuple[str, str, str, tuple[str, ...]], str]:
    """(id, title, summary, terms) -> date, of the feed that is there."""
    if not path.is_file():
        return {}
    try:
        root = ET.fromstring(read_bounded(path, MAX_BYTES))
        return {
            (
                element.findtext(_tag("id"), ""),
                element.findtext(_tag("title"), ""),
                element.findtext(_tag("summary"), ""),
                tuple(category.get("term", "") for category in element.iter(_tag("category"))),
            ): datetime.fromisoformat(element.findtext(_tag("updated"), "")).isoformat(timespec="seconds")
            for element in root.iter(_tag("entry"))
        }
    except (ET.ParseError, ValueError) as error:
        raise ValueError(f"{path}: not a feed of ours ({error}): remove it, or write elsewhere") from None


def _tag(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _tag(name)).text = text
