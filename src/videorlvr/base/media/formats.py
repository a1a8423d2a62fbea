"""The kinds of file that are read, told apart by their content: names are often wrong, and players do not ask them.

The point of the list is also what is absent: playlists ("concat", "hls") would make one file open others.
"""

from __future__ import annotations

from dataclasses import dataclass

from videorlvr.base.media.video import VideoError


@dataclass(frozen=True)
class Format:
    """A kind of file. demuxer: FFmpeg's name of it, "" where Pillow reads it; pillow: Pillow's name;
    unit_ms: what durations of an animation are rounded to."""

    name: str
    suffixes: tuple[str, ...]
    demuxer: str = ""
    pillow: str = ""
    unit_ms: float = 0.0


MP4 = Format("mp4", (".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2"), "mov")
MATROSKA = Format("matroska", (".mkv", ".webm"), "matroska")
AVI = Format("avi", (".avi",), "avi")
TS = Format("mpegts", (".ts", ".mts", ".m2ts"), "mpegts")
PS = Format("mpeg", (".mpg", ".mpeg"), "mpeg")
ASF = Format("asf", (".wmv", ".asf"), "asf")
OGG = Format("ogg", (".ogv",), "ogg")
FLV = Format("flv", (".flv",), "flv")
GIF = Format("gif", (".gif",), pillow="GIF", unit_ms=10)
WEBP = Format("webp", (".webp",), pillow="WEBP", unit_ms=1)
APNG = Format("apng", (".apng",), pillow="PNG", unit_ms=1)
AVIF = Format("avif", (".avif",), pillow="AVIF", unit_ms=1)
FORMATS = (MP4, MATROSKA, AVI, TS, PS, ASF, OGG, FLV, GIF, WEBP, APNG, AVIF)

SUFFIXES = tuple(suffix for form in FORMATS for suffix in form.suffixes)
"""Of the names under which a video is looked for, lower case; what a file is, its content says."""

_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp", b"moof", b"sidx"}
_BRANDS = {b"avif", b"avis"}
_MAGIC = (
    (b"\x1a\x45\xdf\xa3", MATROSKA),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"\x89PNG\r\n\x1a\n", APNG),
    (b"OggS", OGG),
    (b"FLV\x01", FLV),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", ASF),
    (b"\x00\x00\x01\xba", PS),
)


def format_of(head: bytes, suffix: str) -> Format:
    """The kind of a file, from its first 1024 bytes. suffix: of its name, for the message where it is none.

    Raises:
        VideoError: `unreadable_video`, or `unsupported_format` where the name does not promise a video either.
    """
    if not head:
        raise VideoError("unreadable_video", "it is empty")
    for magic, form in _MAGIC:
        if head.startswith(magic):
            return form
    if head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"WEBP"):
        return AVI if head[8:12] == b"AVI " else WEBP
    if head[4:8] in _BOXES:
        brands = {
            head[8:12],
            *(head[at : at + 4] for at in range(16, int.from_bytes(head[:4], "big") % 256, 4)),
        }
        return AVIF if head[4:8] == b"ftyp" and _BRANDS & brands else MP4
    if ts_packet(head) is not None:
        return TS
    if suffix.lower() in SUFFIXES:
        raise VideoError("unreadable_video", "its first bytes are of no kind of video that is read")
    raise VideoError("unsupported_format", f"it is no kind of video that is read: {', '.join(SUFFIXES)}")


def ts_packet(head: bytes) -> tuple[int, int] | None:
    """Bytes of a packet of MPEG-TS and where in it the sync byte is; None where it is no such stream."""
    for size, at in ((188, 0), (192, 4)):
        sync = head[at : at + 5 * size : size]
        if sync and sync == b"\x47" * len(sync):
            return size, at
    return None
