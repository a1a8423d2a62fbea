"""What is said of bytes that are missing or too many."""

from __future__ import annotations


def cut_off(num_bytes: int, of_what: str) -> str:
    """A clause about the file. of_what: `of its last cluster`."""
    return f"is cut off: at least {num_bytes:,} bytes {of_what} are missing"


def is_padding(data: bytes, at: int) -> bool:
    """Only zeros from here on, as far as one need look."""
    return not data[at : at + 2**16].strip(b"\0")
