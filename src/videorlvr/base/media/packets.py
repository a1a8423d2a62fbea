"""Streams of packets: pages of Ogg, tags of FLV, objects of ASF, packets of MPEG-TS and MPEG-PS."""

from __future__ import annotations

import numpy as np

from videorlvr.base.media.formats import ts_packet
from videorlvr.base.media.missing import cut_off, is_padding

_LAST_PAGE = 0x04
_DATA_OBJECT = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")


def ogg_fault(data: bytes) -> str:
    """Pages one after the other, the last of each stream marked so. See `base.media.whole`."""
    at = 0
    open_streams: set[bytes] = set()
    while at < len(data):
        if data[at : at + 4] != b"OggS"[: len(data) - at]:
            return f"is damaged: there is no page at byte {at:,}"
        head = data[at : at + 27]
        sizes = data[at + 27 : at + 27 + head[26]] if len(head) == 27 else b""
        if len(head) < 27 or len(sizes) < head[26]:
            return cut_off(1, "of its last page")
        end = at + 27 + len(sizes) + sum(sizes)
        if end > len(data):
            return cut_off(end - len(data), "of its last page")
        (open_streams.discard if head[5] & _LAST_PAGE else open_streams.add)(head[14:18])
        at = end
    return "is cut off: a stream in it has no last page" if open_streams else ""


def flv_fault(data: bytes) -> str:
    """Tags, each with its size behind it. See `base.media.whole`."""
    at = int.from_bytes(data[5:9], "big") + 4
    while at < len(data):
        end = at + 15 + int.from_bytes(data[at + 1 : at + 4], "big")
        if at + 15 > len(data) or end > len(data):
            return cut_off(end - len(data), "of its last tag")
        if int.from_bytes(data[end - 4 : end], "big") != end - at - 4:
            return f"is damaged: the tag at byte {at:,} states two sizes"
        at = end
    return ""


def asf_fault(data: bytes) -> str:
    """Objects one after the other; the size of the data is left open in a live stream. See `base.media.whole`."""
    at = 0
    while at < len(data):
        kind, size = data[at : at + 16], int.from_bytes(data[at + 16 : at + 24], "little")
        if kind == _DATA_OBJECT and size == 0:
            return ""
        if len(data) - at < 24:
            return cut_off(1, "of its last object")
        if size < 24:
            return f"is damaged: the object at byte {at:,} has no size"
        if at + size > len(data):
            return cut_off(at + size - len(data), "of its last object")
        at += size
    return ""


def ts_fault(data: bytes) -> str:
    """Packets of one length: sync bytes, error bits, and counters that go on. See `base.media.whole`."""
    found = ts_packet(bytes(data[:1024]))
    if found is None:
        return ""
    size, at = found
    if len(data) % size:
        return cut_off(size - len(data) % size, "of its last packet")
    packets = np.frombuffer(data, np.uint8).reshape(-1, size)[:, at : at + 6]
    broken = (packets[:, 0] != 0x47) | (packets[:, 1] >= 0x80)
    if broken.any():
        return f"is damaged: packet {int(broken.argmax()):,} is marked as damaged, or is none"
    streams = (packets[:, 1] & 0x1F).astype(np.int64) << 8 | packets[:, 2]
    for stream in np.unique(streams[streams != 0x1FFF]):
        own = packets[(streams == stream) & (packets[:, 3] & 0x10 > 0)]
        steps = np.diff(own[:, 3] & 0x0F) % 16
        leaps = (own[1:, 3] & 0x20 > 0) & (own[1:, 4] > 0) & (own[1:, 5] & 0x80 > 0)  # a break that is meant
        if ((steps > 1) & ~leaps).any():
            return "is damaged: packets are missing in the middle of it"
    return ""


def ps_fault(data: bytes) -> str:
    """Packs and packets, each with its size. See `base.media.whole`."""
    at = 0
    while at + 4 <= len(data):
        if data[at : at + 3] != b"\0\0\1":
            return "" if is_padding(data, at) else f"is damaged: there is no packet at byte {at:,}"
        match data[at + 3]:
            case 0xB9:
                end = at + 4
            case 0xBA if data[at + 4 : at + 5] and data[at + 4] & 0xC0 == 0x40:
                end = at + 14 + (data[at + 13] & 7 if at + 13 < len(data) else 0)
            case 0xBA:
                end = at + 12
            case _:
                end = at + 6 + int.from_bytes(data[at + 4 : at + 6], "big")
        if end > len(data):
            return cut_off(end - len(data), "of its last packet")
        at = end
    return "" if at == len(data) else cut_off(1, "of its last packet")
