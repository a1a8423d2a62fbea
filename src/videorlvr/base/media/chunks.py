"""Chunks of AVI and WebP (RIFF), blocks of GIF, chunks of PNG: whether all are there."""

from __future__ import annotations

import zlib

from videorlvr.base.media.missing import cut_off

_UNKNOWN = {0, 0xFFFFFFFF}
"""Sizes that a writer leaves who could not go back to fill them in."""


def riff_fault(data: bytes) -> str:
    """Every RIFF of a file and what is in it, lists too. See `base.media.whole`."""
    at = 0
    while at + 12 <= len(data) and data[at : at + 4] == b"RIFF":
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = len(data) if size in _UNKNOWN else at + 8 + size
        if end > len(data):
            return cut_off(end - len(data), f"of its {_name(data[at + 8 : at + 12])} part")
        fault = _chunks_fault(data, at + 12, end)
        if fault:
            return fault
        at = end + end % 2
    return ""


def _chunks_fault(data: bytes, at: int, end: int) -> str:
    while at + 8 <= end:
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if not all(32 <= byte < 127 for byte in kind):
            return f"is damaged: there is no chunk at byte {at:,}"
        if kind == b"LIST" and size in _UNKNOWN:
            size = end - at - 8
        if at + 8 + size > end:
            if end == len(data):
                return cut_off(at + 8 + size - end, f"of its last chunk, {_name(kind)},")
            return f"is damaged: the chunk at byte {at:,} runs beyond what it is part of"
        if kind == b"LIST" and data[at + 8 : at + 12] in (b"movi", b"rec "):
            fault = _chunks_fault(data, at + 12, at + 8 + size)
            if fault:
                return fault
        at += 8 + size + size % 2
    return ""


def gif_fault(data: bytes) -> str:
    """The blocks up to the trailer. See `base.media.whole`."""
    ends = "is cut off: it ends before its trailer"
    if len(data) < 13:
        return ends
    at = 13 + _table_bytes(data[10])
    while at < len(data):
        match data[at]:
            case 0x3B:
                return ""
            case 0x21:
                at += 2
            case 0x2C if at + 10 < len(data):
                at += 11 + _table_bytes(data[at + 9])
            case 0x2C:
                return ends
            case _:
                return f"is damaged: there is no block at byte {at:,}"
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    return ends


def _table_bytes(flags: int) -> int:
    """Of a table of colours."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def png_fault(data: bytes) -> str:
    """The chunks up to IEND, and their checksums. See `base.media.whole`."""
    at = 8
    while at + 12 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 12 + size
        if end > len(data):
            return cut_off(end - len(data), f"of its last chunk, {_name(kind)},")
        if zlib.crc32(memoryview(data)[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            return f"is damaged: the chunk {_name(kind)} at byte {at:,} does not fit its checksum"
        if kind == b"IEND":
            return ""
        at = end
    return "is cut off: it ends before its last chunk, IEND"


def _name(kind: bytes) -> str:
    return repr(kind.decode("latin-1").strip())
