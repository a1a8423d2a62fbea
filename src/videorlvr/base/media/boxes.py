"""The boxes of mp4, mov and avif: whether they end where the file does."""

from __future__ import annotations

from collections.abc import Iterator

from videorlvr.base.media.missing import cut_off


def boxes_fault(data: bytes) -> str:
    """Cut off, or a fragment without its data? See `base.media.whole`."""
    kinds: list[bytes] = []
    for kind, start, end in _boxes(data):
        if end > len(data):
            return cut_off(end - len(data), f"of its {_name(kind)} box")
        if kind == b"sidx":
            promised = _indexed(data[start:end], end)
            if promised > len(data):
                return cut_off(promised - len(data), "of the fragments that its index names")
        kinds.append(kind)
    if kinds.count(b"moof") > kinds.count(b"mdat"):
        return "is cut off: a fragment (moof) is not followed by its data (mdat)"
    return ""


def _boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Top-level boxes: kind, start, end; the last one may end beyond the data. Junk behind them is not a box."""
    at = 0
    while at < len(data):
        head = data[at : at + 16]
        if len(head) < 8:
            yield b"", at, at + 8
            return
        size, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if size == 1:
            size = int.from_bytes(head[8:16], "big") if len(head) == 16 else 16
        elif size == 0:  # to the end of the file
            size = len(data) - at
        if size < 8 or not all(32 <= byte < 127 or byte == 0xA9 for byte in kind):
            return
        yield kind, at, at + size
        at += size


def _indexed(box: bytes, end: int) -> int:
    """Where the last fragment that a `sidx` box names ends; end: of the box, from which it counts."""
    if len(box) < 32:
        return end
    at = 28 if box[8] else 20  # 64 or 32 bits of time and offset
    first = int.from_bytes(box[at : at + 8], "big") if box[8] else int.from_bytes(box[at + 4 : at + 8], "big")
    at = 36 if box[8] else 28
    count = int.from_bytes(box[at + 2 : at + 4], "big")
    sizes = (box[at + 4 + 12 * index : at + 8 + 12 * index] for index in range(count))
    return end + first + sum(int.from_bytes(size, "big") & 0x7FFFFFFF for size in sizes)


def _name(kind: bytes) -> str:
    return kind.decode("latin-1") or "last"
