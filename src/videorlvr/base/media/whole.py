"""Is all of a file there, and as it was written? By the bytes that its own structure promises, never by counts of
frames in headers, which writers get wrong.

What each kind can tell, beyond what its decoder notices:

| kind | cut off | changed |
|---|---|---|
| mp4, mov | boxes that run beyond the end; a fragment without its data; sizes in `sidx` | |
| mkv, webm | elements that run beyond the end | CRC-32 of elements, which FFmpeg writes into mkv |
| avi, webp | chunks that run beyond the end | lists and chunks that do not nest |
| gif, apng | no trailer, no IEND | CRC of chunks (apng) |
| ogv | a page cut, no last page | pages that do not follow each other |
| ts | a packet cut | sync bytes, error bits and continuity of packets |
| mpg, flv, wmv | a packet, tag or object cut | sizes that do not agree |

Not known: a cut exactly between two fragments of an mp4 without `sidx`, two clusters of a live (unsized) webm,
two packets of ts, mpg and flv. Such a file is whole, only shorter.
"""

from __future__ import annotations

from collections.abc import Callable

from videorlvr.base.media.boxes import boxes_fault
from videorlvr.base.media.chunks import gif_fault, png_fault, riff_fault
from videorlvr.base.media.ebml import ebml_fault
from videorlvr.base.media.formats import (
    APNG,
    ASF,
    AVI,
    AVIF,
    FLV,
    GIF,
    MATROSKA,
    MP4,
    OGG,
    PS,
    TS,
    WEBP,
    Format,
)
from videorlvr.base.media.packets import asf_fault, flv_fault, ogg_fault, ps_fault, ts_fault

_CHECKS: dict[Format, Callable[[bytes], str]] = {
    MP4: boxes_fault,
    AVIF: boxes_fault,
    MATROSKA: ebml_fault,
    AVI: riff_fault,
    WEBP: riff_fault,
    GIF: gif_fault,
    APNG: png_fault,
    OGG: ogg_fault,
    FLV: flv_fault,
    ASF: asf_fault,
    TS: ts_fault,
    PS: ps_fault,
}


def fault_of(data: bytes, form: Format) -> str:
    """What is missing from a file or changed in it, as a clause about it; "" where nothing is known.

    data: the whole file; a `memoryview` or a map of it will do, since only parts are looked at.
    """
    return _CHECKS[form](data)
