"""A file that is cut off or changed is unreadable, and says so; counts in headers are not believed."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from media_files import animate, boxes, encode, folder, one_more_in_header, shades
from videorlvr.base.media.formats import format_of
from videorlvr.base.media.read import read_video
from videorlvr.base.media.video import VideoError
from videorlvr.base.media.whole import fault_of

NUM_FRAMES = 12
FRAGMENTS = {"movflags": "frag_every_frame+empty_moov+default_base_moof"}
WRITERS = {
    "mp4": lambda path: encode(path, shades(NUM_FRAMES)),
    "mov": lambda path: encode(path, shades(NUM_FRAMES), container={"movflags": "faststart"}),
    "m4v": lambda path: encode(path, shades(NUM_FRAMES), container={"movflags": "dash+global_sidx"}),
    "mkv": lambda path: encode(path, shades(NUM_FRAMES), "ffv1", "bgr0"),
    "webm": lambda path: encode(path, shades(NUM_FRAMES), "libvpx-vp9", "yuv420p", **{"cpu-used": "8"}),
    "avi": lambda path: encode(path, shades(NUM_FRAMES), "mpeg4", "yuv420p"),
    "ogv": lambda path: encode(path, shades(NUM_FRAMES), "libvpx", "yuv420p"),
    "wmv": lambda path: encode(path, shades(NUM_FRAMES), "wmv2", "yuv420p"),
    "gif": lambda path: animate(path, pictures()),
    "webp": lambda path: animate(path, pictures()),
    "apng": lambda path: animate(path, pictures()),
    "avif": lambda path: animate(path, pictures()),
}
ONLY_WITHIN = {
    "ts": lambda path: encode(path, shades(NUM_FRAMES)),
    "mpg": lambda path: encode(path, shades(NUM_FRAMES), "mpeg2video", "yuv420p"),
    "flv": lambda path: encode(path, shades(NUM_FRAMES)),
}
"""Kinds of which a cut between two packets leaves a whole file that is shorter."""


def pictures() -> list[Image.Image]:
    return [Image.fromarray(picture) for picture in shades(NUM_FRAMES)]


def fault(data: bytes, suffix: str = ".mp4") -> str:
    return fault_of(data, format_of(data[:1024], suffix))


def why(path: Path) -> str:
    with pytest.raises(VideoError) as caught:
        read_video(path)
    assert caught.value.reason == "unreadable_video"
    return caught.value.why


@pytest.mark.parametrize("kind", WRITERS)
def test_wherever_a_file_is_cut_off_that_is_known(kind: str, tmp_path: Path) -> None:
    data = WRITERS[kind](tmp_path / f"v.{kind}").read_bytes()
    assert fault(data) == ""
    cuts = {*range(1200, len(data), 37), *range(len(data) - 20, len(data)), len(data) * 35 // 100}
    for cut in cuts:
        if 40 < cut < len(data):
            assert fault(data[:cut]), cut
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(data[: len(data) * 2 // 3])
    assert "cut off" in why(path)


@pytest.mark.parametrize("kind", ONLY_WITHIN)
def test_a_cut_within_a_packet_is_known(kind: str, tmp_path: Path) -> None:
    data = ONLY_WITHIN[kind](tmp_path / f"v.{kind}").read_bytes()
    assert fault(data) == ""
    known = [bool(fault(data[:cut])) for cut in range(len(data) - 400, len(data))]
    assert np.mean(known) > 0.98


def test_a_fragmented_mp4_is_cut_off_within_a_fragment_or_between_two_where_an_index_knows(
    tmp_path: Path,
) -> None:
    data = encode(tmp_path / "v.mp4", shades(NUM_FRAMES), container=FRAGMENTS).read_bytes()
    assert len(read_video(tmp_path / "v.mp4")[0]) == NUM_FRAMES
    fragments = [at - 8 for kind, at, _ in boxes(data) if kind == b"moof"]
    assert "cut off" in fault(data[: fragments[4] + 100])
    assert "not followed by its data" in fault(
        data[: next(at for k, at, _ in boxes(data) if k == b"mdat") - 8]
    )
    assert fault(data[: fragments[4]]) == ""  # whole, only shorter: nothing in it says otherwise
    indexed = WRITERS["m4v"](tmp_path / "w.mp4").read_bytes()
    last = [at - 8 for kind, at, _ in boxes(indexed) if kind == b"moof"][-1]
    assert "its index names" in fault(indexed[:last])


def test_a_live_stream_may_end_anywhere_but_within_an_element(tmp_path: Path) -> None:
    options = {"live": "1"}
    path = encode(tmp_path / "v.webm", shades(NUM_FRAMES), "libvpx-vp9", "yuv420p", container=options)
    data = bytearray(path.read_bytes())
    cluster = data.index(b"\x1f\x43\xb6\x75") + 4
    assert data[cluster] >> 6 == 1  # a size of 2 bytes: left open, as a browser's recorder leaves it
    data[cluster : cluster + 2] = b"\x7f\xff"
    path.write_bytes(data)
    assert len(read_video(path)[0]) == NUM_FRAMES
    last = [
        block.start() for block in re.finditer(rb"\xa3(?:[\x80-\xff]|[\x40-\x7f].)\x81", data, re.DOTALL)
    ][-1]
    assert fault(bytes(data[:last])) == ""
    assert "cut off" in fault(bytes(data[: last + 4]))
    assert fault(bytes(data) + bytes(100)) == ""  # padding


@pytest.mark.parametrize("kind", ["mkv", "apng", "ogv", "ts"])
def test_a_changed_byte_is_known_where_there_are_checksums(kind: str, tmp_path: Path) -> None:
    path = (WRITERS | ONLY_WITHIN)[kind](tmp_path / f"v.{kind}")
    data = bytearray(path.read_bytes())
    data[len(data) * 2 // 3] ^= 0x10
    path.write_bytes(data)
    if kind != "ts":  # which has none, but its decoder notices
        assert "damaged" in why(path)
    del data[188 * 5 : 188 * 6]  # a packet
    if kind == "ts":
        assert "packets are missing" in fault(bytes(data))


def test_counts_in_headers_are_not_believed(tmp_path: Path) -> None:
    video = shades(8)
    path = one_more_in_header(encode(tmp_path / "v.avi", video, "ffv1", "bgr0"))
    np.testing.assert_array_equal(read_video(path)[0], video)


def test_frames_that_an_avi_repeats_by_empty_chunks_are_held(tmp_path: Path) -> None:
    video = shades(4)
    path = encode(tmp_path / "v.avi", video, "ffv1", "bgr0", times=[0, 2, 3, 6])
    assert path.read_bytes().count(b"00dc\0\0\0\0") >= 3
    np.testing.assert_array_equal(read_video(path)[0], video[[0, 0, 1, 2, 2, 2, 3]])


def test_an_avi_has_no_times_of_its_own(tmp_path: Path) -> None:
    """Frames that are stored out of order seem to be shown out of order."""
    video = shades(NUM_FRAMES)[[0, 9] * (NUM_FRAMES // 2)]
    path = encode(tmp_path / "v.avi", video, "libx264", "yuv420p", bf="2", b_strategy="0")
    assert len(read_video(path)[0]) == NUM_FRAMES


def test_elements_of_a_cluster_must_fill_it(tmp_path: Path) -> None:
    """WebM as FFmpeg writes it has no checksums."""
    data = WRITERS["webm"](tmp_path / "v.webm").read_bytes()
    cluster = data.index(b"\x1f\x43\xb6\x75")
    block = data.index(b"\xa3", cluster)
    assert "does not fill it" in fault(data[:block] + b"\xa5" + data[block + 1 :])


def test_elements_with_a_checksum_must_fit_it(tmp_path: Path) -> None:
    data = bytearray(encode(tmp_path / "v.mkv", shades(NUM_FRAMES)).read_bytes())
    assert fault(bytes(data)) == ""
    data[len(data) * 2 // 3] ^= 1
    assert "does not fit its checksum" in fault(bytes(data))


def test_a_stream_of_ogg_has_a_last_page(tmp_path: Path) -> None:
    data = WRITERS["ogv"](tmp_path / "v.ogv").read_bytes()
    assert "no last page" in fault(data[: data.rindex(b"OggS")])


def test_bytes_behind_the_end_do_no_harm(tmp_path: Path) -> None:
    for kind in ("mp4", "gif", "apng", "mkv"):
        data = WRITERS[kind](tmp_path / f"v.{kind}").read_bytes()
        assert fault(data + bytes(64)) == "", kind


def test_a_frame_of_a_folder_may_not_be_cut_off(tmp_path: Path) -> None:
    path = folder(tmp_path / "v", pictures())
    data = (path / "3.png").read_bytes()
    (path / "3.png").write_bytes(data[:-12])  # all of the pixels are there
    assert why(path).startswith("its frame 3.png is cut off")


def test_a_webp_that_lost_its_last_picture_is_cut_off(tmp_path: Path) -> None:
    data = WRITERS["webp"](tmp_path / "v.webp").read_bytes()
    last = data.rindex(b"ANMF")
    assert "are missing" in fault(data[:last])
    shorter = data[:4] + struct.pack("<I", last - 8) + data[8:last]
    assert fault(shorter) == ""  # a whole file of one picture less


def test_what_a_decoder_mends_in_silence_is_damage(tmp_path: Path) -> None:
    """Bytes of one frame are zeros: FFmpeg would show the rest, with a patch of the frame before."""
    noise = np.random.default_rng(0).integers(0, 256, (NUM_FRAMES, 64, 64, 3), np.uint8)
    path = encode(tmp_path / "v.mp4", noise, "libx264", "yuv420p", crf="20", g="4")
    start, end = next((at, end) for kind, at, end in boxes(path.read_bytes()) if kind == b"mdat")
    data = bytearray(path.read_bytes())
    data[(start + end) // 2 : (start + end) // 2 + 200] = bytes(200)
    path.write_bytes(data)
    assert "damaged about frame" in why(path)


@pytest.mark.parametrize(
    ("kind", "codec", "pix_fmt", "options"),
    [
        ("webm", "libvpx-vp9", "yuv420p", {"cpu-used": "8", "b": "0", "crf": "20"}),
        ("webm", "libsvtav1", "yuv420p", {"preset": "12", "crf": "20", "svtav1-params": "lp=1"}),
        ("wmv", "wmv2", "yuv420p", {"q:v": "3"}),
    ],
)
def test_hardly_any_damage_within_coded_pictures_goes_unnoticed(
    kind: str, codec: str, pix_fmt: str, options: dict[str, str], tmp_path: Path
) -> None:
    """Bytes are exchanged, lengths kept. FFmpeg's own decoder of VP9, dav1d when it is not strict, and that of WMV
    when it may go on after an error, show most of such files."""
    rng = np.random.default_rng(0)
    blocks = rng.integers(0, 256, (NUM_FRAMES, 8, 8, 3), np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    path = encode(tmp_path / f"v.{kind}", blocks, codec, pix_fmt, **options)
    data, whole = path.read_bytes(), read_video(path)[0]
    unnoticed = 0
    for _ in range(40):
        at = int(rng.integers(len(data) // 3, len(data) - 8))
        path.write_bytes(data[:at] + rng.bytes(8) + data[at + 8 :])
        try:
            seen = read_video(path)[0]
        except VideoError:
            continue
        unnoticed += seen.shape != whole.shape or np.abs(seen.astype(int) - whole).max() > 48
    assert unnoticed <= 3


def test_a_frame_that_its_decoder_marks_as_damaged_is_not_judged(tmp_path: Path) -> None:
    """That of ProRes raises and logs nothing where parts of a frame are gone."""
    noise = np.random.default_rng(0).integers(0, 256, (NUM_FRAMES, 64, 64, 3), np.uint8)
    path = encode(tmp_path / "v.mov", noise, "prores_ks", "yuv422p10le")
    with av.open(str(path)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][3]
    data, at = path.read_bytes(), packet.pos + packet.size // 2
    path.write_bytes(data[:at] + bytes(200) + data[at + 200 :])
    assert "frame 3 (the decoder marks the frame as such)" in why(path)
