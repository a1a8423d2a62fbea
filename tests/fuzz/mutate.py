"""Small changes of well-formed input: of bytes, and of JSON where the bytes hold some, so that what comes out gets
past the parser."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

STRANGE: list[Any] = [
    None, True, False, 0, -1, 1, 2, 255, 256, 300, 1024, 2**31, 2**63, 2**64, 10**40, -(2**63), 0.0, -0.0, 0.5,
    1e308, 1e-320, "", "a", "maze", "\x00", "\ud800", "../x", "x" * 5000, "<script>", [], [[]], [[[]]], {}, {"a": {}},
    [0] * 70, [[0] * 70] * 70, ["1"], "1", "NaN",
]  # fmt: skip
NUMBERS = [b"\x00" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\x00\x00\x00\x01"]


def mutated(data: bytes, rng: random.Random, cut: bytes) -> bytes:
    """One to four changes, in one of the parts that `cut` separates."""
    parts = data.split(cut)
    place = rng.randrange(len(parts))
    for _ in range(rng.randint(1, 4)):
        json_like = parts[place].lstrip()[:1] in (b"{", b"[")
        change = _json_changed if json_like and rng.random() < 0.7 else _bytes_changed
        parts[place] = change(parts[place], rng)
    return cut.join(parts)


def _bytes_changed(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    length = min(rng.choice((1, 1, 2, 4, 16, 256)), len(data) - at)
    match rng.randrange(6):
        case 0:
            return data[:at] + rng.randbytes(length) + data[at + length :]
        case 1:
            return data[:at] + data[at + length :]
        case 2:
            return data[:at] + data[at : at + length] * rng.choice((2, 3, 50)) + data[at + length :]
        case 3:
            return data[:at] + rng.choice(NUMBERS) + data[at + 4 :]
        case 4:
            return data[:at]
        case _:
            if not length:
                return data
            return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _json_changed(data: bytes, rng: random.Random) -> bytes:
    """A value somewhere in the document, or in one line of a file of lines, becomes another."""
    try:
        return json.dumps(_changed(json.loads(data), rng)).encode()
    except (ValueError, RecursionError):
        pass
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    try:
        lines[at] = json.dumps(_changed(json.loads(lines[at]), rng)).encode()
    except (ValueError, RecursionError):
        return _bytes_changed(data, rng)
    return b"\n".join(lines)


def _changed(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict | list) and value and rng.random() < 0.85:
        value = copy.copy(value)
        key = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
        match rng.randrange(8):
            case 0:
                del value[key]
            case 1 if isinstance(value, dict):
                value[rng.choice(("x", "suite", str(key).upper()))] = value[key]
            case 1:
                value.insert(key, value[key])
            case _:
                value[key] = _changed(value[key], rng)
        return value
    if isinstance(value, int) and rng.random() < 0.5:
        return value + rng.choice((-1, 1, -value, 100))
    return rng.choice(STRANGE)
