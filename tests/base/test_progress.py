"""Where there is no terminal, a long loop still says how far it is, and a short one is silent."""

from __future__ import annotations

import re

import pytest

from videorlvr.base import progress
from videorlvr.base.progress import duration, track


def test_a_log_gets_a_line_at_times(monkeypatch, capsys):
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    with progress.progress("SFT run", total=10, done=4) as update:
        update(6, "loss 0.5")
        update(10, "")
    first, last = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"SFT run: 6 of 10, 0:00, 0:00 left; loss 0\.5", first)
    assert re.fullmatch(r"SFT run: 10 of 10, 0:00, 0:00 left", last)


def test_what_is_left_is_reckoned_from_what_this_run_did(monkeypatch, capsys):
    clock = iter([100.0, 140.0, 141.0, 180.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    lines = progress._Lines("x", total=8, done=4)
    for done in (6, 6, 7):
        lines(done, "")
    assert capsys.readouterr().err.splitlines() == [
        "x: 6 of 8, 0:40, 0:40 left",
        "x: 7 of 8, 1:20, 0:27 left",
    ]


def test_a_short_loop_is_silent(capsys):
    assert list(track(range(5), "making", total=5)) == list(range(5))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0:00"), (65, "1:05"), (3599.7, "1:00:00"), (7265, "2:01:05")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text
