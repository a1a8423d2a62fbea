"""The elements of Matroska and WebM: whether they end where the file does, and what their checksums say."""

from __future__ import annotations

import zlib

from videorlvr.base.media.missing import cut_off, is_padding

_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675
_IN_CLUSTER = {0xE7, 0xA3, 0xA0, 0xA7, 0xAB, 0x5854, 0xAF, 0xEC, 0xBF}
_LEVEL_1 = {0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367, _CLUSTER}
_NAMES = {_SEGMENT: "segment", _CLUSTER: "cluster", 0x1C53BB6B: "index", 0x1654AE6B: "list of tracks"}
_HEAD = 12
"""Most bytes of an id and a size."""


def ebml_fault(data: bytes) -> str:
    """Cut off, or changed where a checksum tells? See `base.media.whole`.

    A segment or cluster without a size, as a live stream has it, ends where the next one begins.
    """
    at, inside = 0, False
    while at < len(data):
        found = _element(data[at : at + _HEAD])
        if found is None:
            return _broken(data, at, inside)
        kind, head, size = found
        if not inside and kind == _SEGMENT:
            if size is not None and at + head + size > len(data):
                return cut_off(at + head + size - len(data), "of its segment")
            at, inside = at + head, True
        elif size is None:
            if kind not in _LEVEL_1:
                return f"is damaged: the element at byte {at:,} has no size"
            at += head
        elif at + head + size > len(data):
            return cut_off(at + head + size - len(data), f"of its last {_NAMES.get(kind, 'element')}")
        else:
            name = f"the {_NAMES.get(kind, 'element')} at byte {at:,}"
            if kind in _LEVEL_1 and not _checks(data, at + head, at + head + size):
                return f"is damaged: {name} does not fit its checksum"
            if kind == _CLUSTER and not _nests(data, at + head, at + head + size):
                return f"is damaged: what is in {name} does not fill it"
            at += head + size
    return "" if inside else "is cut off: it ends before its segment"


def _nests(data: bytes, at: int, end: int) -> bool:
    """Do a cluster's elements, all of kinds that a cluster has, end where it does?"""
    while at < end:
        found = _element(data[at : at + _HEAD])
        if found is None or found[0] not in _IN_CLUSTER or found[2] is None:
            return False
        at += found[1] + found[2]
    return at == end


def _broken(data: bytes, at: int, inside: bool) -> str:
    """Zeros at the end are padding; anything else is no element."""
    if inside and is_padding(data, at):
        return ""
    if len(data) - at < _HEAD:
        return cut_off(1, "of its last element")
    return f"is damaged: there is no element at byte {at:,}"


def _element(head: bytes) -> tuple[int, int, int | None] | None:
    """Id, bytes of id and size, and the size, None where it is left open; None for what is no element."""
    if not head or head[0] < 0x10:
        return None
    long = 9 - head[0].bit_length()
    if len(head) <= long or head[long] == 0:
        return None
    wide = 9 - head[long].bit_length()
    if len(head) < long + wide:
        return None
    size = int.from_bytes(head[long : long + wide], "big") & ((1 << 7 * wide) - 1)
    return int.from_bytes(head[:long], "big"), long + wide, None if size == (1 << 7 * wide) - 1 else size


def _checks(data: bytes, start: int, end: int) -> bool:
    """Does a body that begins with its own CRC-32 fit it?"""
    if data[start : start + 2] != b"\xbf\x84":
        return True
    return zlib.crc32(memoryview(data)[start + 6 : end]) == int.from_bytes(
        data[start + 2 : start + 6], "little"
    )
