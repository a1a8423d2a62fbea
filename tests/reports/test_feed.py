"""The feed is Atom as RFC 4287 has it, and dates move only where something new is said."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from videorlvr.reports.feed import ATOM, Entry, write_feed

FIRST, LATER = datetime(2026, 11, 27, 12, tzinfo=UTC), datetime(2026, 12, 1, 8, tzinfo=UTC)
ONE = Entry("paper/1", "One: planned", "index.html#paper-1", "What one <says> & means.", ("planned", "video"))
TWO = Entry("paper/2", "Two: planned", "index.html#paper-2", "What two says.")
RFC_3339 = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


def written(tmp_path, entries, now=FIRST):
    path = tmp_path / "feed.xml"
    write_feed(path, entries, title="Methods", home="index.html", now=now)
    return ET.parse(path).getroot()


def child(element, name):
    found = element.findall(f"{{{ATOM}}}{name}")
    assert len(found) == 1, f"{name} must be there once"
    return found[0]


def dates(root):
    return {child(entry, "id").text: child(entry, "updated").text for entry in root.iter(f"{{{ATOM}}}entry")}


def test_it_has_what_the_standard_asks_for(tmp_path):
    root = written(tmp_path, [ONE, TWO])
    assert root.tag == f"{{{ATOM}}}feed"
    assert child(child(root, "author"), "name").text  # of the feed, and so of every entry
    entries = root.findall(f"{{{ATOM}}}entry")
    assert len(entries) == 2
    for element in (root, *entries):
        assert child(element, "id").text.startswith("urn:uuid:")
        assert child(element, "title").text
        assert RFC_3339.match(child(element, "updated").text)
    assert len({child(element, "id").text for element in (root, *entries)}) == 3
    assert {link.get("rel") for link in root.findall(f"{{{ATOM}}}link")} == {"self", "alternate"}
    for entry in entries:  # without content, an entry must have an alternate link
        assert child(entry, "link").get("rel") == "alternate"
    summaries = {child(entry, "summary").text for entry in entries}
    assert summaries == {ONE.summary, TWO.summary}


def test_ids_and_dates_stay_where_nothing_new_is_said(tmp_path):
    before = written(tmp_path, [ONE, TWO])
    raw = (tmp_path / "feed.xml").read_bytes()
    written(tmp_path, [ONE, TWO], now=LATER)
    assert (tmp_path / "feed.xml").read_bytes() == raw
    built = Entry(ONE.name, "One: built", ONE.link, ONE.summary, ONE.terms)
    after = written(tmp_path, [built, TWO], now=LATER)
    assert dates(after).keys() == dates(before).keys()
    assert dates(after)[ONE.id] == "2026-12-01T08:00:00+00:00"
    assert dates(after)[TWO.id] == dates(before)[TWO.id] == "2026-11-27T12:00:00+00:00"
    assert child(after, "updated").text == "2026-12-01T08:00:00+00:00"


def test_two_entries_of_one_name_are_refused(tmp_path):
    with pytest.raises(ValueError, match="paper/1"):
        written(tmp_path, [ONE, ONE])


def test_another_file_is_not_overwritten(tmp_path):
    (tmp_path / "feed.xml").write_text("not a feed")
    with pytest.raises(ValueError, match="not a feed of ours"):
        written(tmp_path, [ONE])
    assert (tmp_path / "feed.xml").read_text() == "not a feed"
