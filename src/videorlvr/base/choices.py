"""One way to say 'no such name': the value, the nearest valid choice, and all choices if they are not too many."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ChoiceError(ValueError):
    """A name that is not among the valid ones; the message carries the nearest."""


MAX_SHOWN = 100
"""Letters of a wrong name that are shown, and compared: it may come from a stranger's file and be a megabyte."""


MAX_LISTED = 20
"""Choices that are listed; of more, the nearest is enough where there is one."""


def nearest(value: str, choices: Iterable[str]) -> str | None:
    matches = difflib.get_close_matches(value[:MAX_SHOWN], list(choices), n=1, cutoff=0.5)
    return matches[0] if matches else None


def unknown(kind: str, value: object, choices: Iterable[str]) -> ChoiceError:
    """The error to raise for an unknown `kind` of thing, e.g. `raise unknown("world", name, worlds)`."""
    names = list(choices)
    name = str(value)[:MAX_SHOWN]
    near = nearest(name, names)
    hint = f"; did you mean '{near}'?" if near else ""
    left = f", and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    listed = "" if near and left else f" (choices: {', '.join(names[:MAX_LISTED])}{left})"
    return ChoiceError(f"unknown {kind} '{name}'{hint}{listed}")
