"""Videos are read as players show them: turned, stretched, over white, of the right track, and what a screen shows."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition
from PIL import Image, ImageCms

from media_files import add_stream, animate, encode, folder, mux, shades, trimmed, with_cover
from videorlvr.base.media.display import Turn, turn_of
from videorlvr.base.media.read import read_video
from videorlvr.base.media.video import VideoError

VIDEO = shades(6)


def ambiguous(path: Path) -> str:
    with pytest.raises(VideoError) as caught:
        read_video(path)
    assert caught.value.reason == "ambiguous"
    return caught.value.why


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_turned_frames_are_shown_upright(quarters: int, suffix: str, tmp_path: Path) -> None:
    stored = np.rot90(VIDEO, -quarters, axes=(1, 2))
    change: Callable[[Any], object] = lambda stream: stream.set_display_rotation(90 * quarters)  # noqa: E731
    path = encode(tmp_path / f"v.{suffix}", np.ascontiguousarray(stored), change=change)
    np.testing.assert_array_equal(read_video(path)[0], VIDEO)
    seen, _ = read_video(path, size=lambda height, width: (height // 2, width // 4))
    assert seen.shape == (6, 16, 12, 3)


@pytest.mark.parametrize("horizontal", [True, False])
def test_mirrored_frames_are_shown_unmirrored(horizontal: bool, tmp_path: Path) -> None:
    stored = VIDEO[:, :, ::-1] if horizontal else VIDEO[:, ::-1]
    change: Callable[[Any], object] = lambda stream: stream.set_display_rotation(  # noqa: E731
        0, hflip=horizontal, vflip=not horizontal
    )
    path = encode(tmp_path / "v.mp4", np.ascontiguousarray(stored), change=change)
    np.testing.assert_array_equal(read_video(path)[0], VIDEO)


def test_every_quarter_turn_has_its_matrix() -> None:
    """x' = a x + c y, y' = b x + d y, for each pixel of a picture."""
    picture = np.arange(6 * 3, dtype=np.uint8).reshape(2, 3, 3)
    for a, b, c, d in [
        (1, 0, 0, 1),
        (0, 1, -1, 0),
        (-1, 0, 0, -1),
        (0, -1, 1, 0),
        (-1, 0, 0, 1),
        (0, 1, 1, 0),
    ]:
        turned = turn_of(struct.pack("=9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)).of(
            picture
        )
        for y in range(2):
            for x in range(3):
                right = a * x + c * y + (2 if a < 0 else 1 if c < 0 else 0)
                down = b * x + d * y + (2 if b < 0 else 1 if d < 0 else 0)
                assert (turned[down, right] == picture[y, x]).all()
    assert turn_of(None) == turn_of(bytes(36)) == Turn()
    with pytest.raises(VideoError, match="no quarter turn"):
        turn_of(struct.pack("=9i", 56756, 32768, 0, -32768, 56756, 0, 0, 0, 1 << 30))


def test_frames_of_long_pixels_are_shown_wide(tmp_path: Path) -> None:
    def wide(stream: Any) -> None:
        stream.codec_context.sample_aspect_ratio = Fraction(2, 1)

    path = encode(tmp_path / "v.mp4", VIDEO, change=wide)
    asked: list[tuple[int, int]] = []
    seen, _ = read_video(path, size=lambda *own: asked.append(own) or own)  # type: ignore[func-returns-value]
    assert set(asked) == {(32, 96)}
    np.testing.assert_array_equal(seen[:, :, 40:], np.broadcast_to(VIDEO[:, :1, -1:], (6, 32, 56, 3)))


def test_a_cover_in_front_is_not_the_video(tmp_path: Path) -> None:
    path = with_cover(encode(tmp_path / "v.mp4", VIDEO), Image.fromarray(VIDEO[-1]))
    with av.open(str(path)) as container:
        assert len(container.streams.video) == 2
    np.testing.assert_array_equal(read_video(path)[0], VIDEO)


def test_a_cover_alone_is_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "v.mp4"), "w") as out:
        stream = out.add_stream("aac", rate=44100)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 44100
        out.mux(stream.encode(sound))
        out.mux(stream.encode(None))
    with pytest.raises(VideoError) as caught:
        read_video(with_cover(tmp_path / "v.mp4", Image.fromarray(VIDEO[-1])))
    assert caught.value.reason == "no_frames"


def two_tracks(path: Path, first: Disposition, second: Disposition, codec: str = "libx264rgb") -> Path:
    """The video backwards, and the video."""
    with av.open(str(path), "w") as out:
        one = add_stream(out, VIDEO, codec, "rgb24" if codec == "libx264rgb" else "yuvj420p", qp="0")
        two = add_stream(out, VIDEO, "libx264rgb", "rgb24", qp="0")
        one.disposition, two.disposition = first, second
        mux(out, one, VIDEO[::-1])
        mux(out, two, VIDEO)
    return path


def test_the_default_track_is_the_video_and_of_equals_none(tmp_path: Path) -> None:
    none, default = Disposition(0), Disposition.default
    np.testing.assert_array_equal(read_video(two_tracks(tmp_path / "a.mkv", none, default))[0], VIDEO)
    np.testing.assert_array_equal(read_video(two_tracks(tmp_path / "b.mkv", default, none))[0], VIDEO[::-1])
    np.testing.assert_array_equal(
        read_video(two_tracks(tmp_path / "c.mkv", default, default, "mjpeg"))[0], VIDEO
    )
    assert "2 video tracks" in ambiguous(two_tracks(tmp_path / "d.mkv", default, default))


@pytest.mark.parametrize("codec", ["libx264", "libx264rgb"])
def test_an_edit_list_hides_what_it_cuts_off(codec: str, tmp_path: Path) -> None:
    """A trim without loss: all samples stay, over several groups of pictures."""
    options = {"libx264": ("yuv420p", {"bf": "2", "crf": "1"}), "libx264rgb": ("rgb24", {})}[codec]
    path = encode(tmp_path / "v.mp4", shades(24), codec, options[0], g="5", **options[1])
    seen, _ = read_video(trimmed(path, 9.5 / 24))
    assert len(seen) == 10
    assert np.abs(seen.astype(int) - shades(24)[:10])[:, 16, 24].max() <= 4


def rgba(clear_levels: bool = True) -> list[Image.Image]:
    """The video with everything below the corner transparent, over black."""
    out = []
    for picture in VIDEO:
        alpha = np.full((32, 48, 1), 255, np.uint8)
        alpha[8:] = 0
        out.append(Image.fromarray(np.concatenate([picture, alpha], axis=2)))
    return out


@pytest.mark.parametrize("kind", [".webp", ".apng", ".gif", ".avif", ".mov", ".mkv", ""])
def test_what_is_transparent_shows_white(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"v{kind}"
    if kind in (".mov", ".mkv"):
        codec = {".mov": "png", ".mkv": "ffv1"}[kind]
        encode(
            path,
            np.stack([np.asarray(picture) for picture in rgba()]),
            codec,
            "rgba" if kind == ".mov" else "bgra",
        )
    elif kind:
        animate(path, rgba(), **({"quality": 100} if kind == ".avif" else {}))
    else:
        folder(path, rgba())
    seen, _ = read_video(path)
    assert (seen[:, 10:] >= 253).all()
    assert np.abs(seen[-1, 4, 4].astype(int) - (250, 40, 40)).max() <= 12  # avif, at its best
    half = folder(tmp_path / "half", [Image.new("RGBA", (8, 8), (0, 100, 255, 128))])
    assert read_video(half)[0][0, 0, 0].tolist() == [127, 177, 255]


def test_vp9_with_a_layer_of_transparency_is_what_players_differ_in(tmp_path: Path) -> None:
    path = encode(tmp_path / "v.webm", VIDEO, "libvpx-vp9", "yuva420p", **{"cpu-used": "8"})
    assert "transparency" in ambiguous(path)


def test_chunks_of_colour_are_obeyed_as_in_browsers(tmp_path: Path) -> None:
    """A gamma that blackens, a profile that does; none where the picture says that it is sRGB."""
    grey = Image.new("RGB", (8, 8), (128, 128, 128))
    grey.save(tmp_path / "a.png")
    plain = (tmp_path / "a.png").read_bytes()

    def with_chunk(*chunks: bytes) -> int:
        out = tmp_path / "v"
        out.mkdir(exist_ok=True)
        (out / "0.png").write_bytes(plain[:33] + b"".join(chunks) + plain[33:])
        return int(read_video(out)[0][0, 0, 0, 0])

    assert with_chunk() == 128
    assert with_chunk(chunk(b"gAMA", struct.pack(">I", 45455))) == 128
    assert with_chunk(chunk(b"gAMA", struct.pack(">I", 5000))) < 10
    assert with_chunk(chunk(b"gAMA", struct.pack(">I", 5000)), chunk(b"sRGB", b"\0")) == 128
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    curve = srgb.index(b"para") + 12  # the first parameter: the exponent, in 1/65536
    dark = srgb[:curve] + struct.pack(">i", 20 << 16) + srgb[curve + 4 :]
    assert b"s\0R\0G\0B" in dark  # whatever it calls itself
    for name, data, expected in (("same", srgb, 128), ("broken", srgb[:40], 128), ("dark", dark, 0)):
        path = folder(tmp_path / name, [grey], icc_profile=data)
        assert read_video(path)[0][0, 0, 0, 0] == expected, name


def chunk(kind: bytes, content: bytes) -> bytes:
    import zlib

    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def test_pictures_are_turned_as_their_exif_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # stored with its right side up
    stored = [Image.fromarray(np.ascontiguousarray(np.rot90(picture))) for picture in VIDEO]
    np.testing.assert_array_equal(read_video(folder(tmp_path / "v", stored, exif=exif))[0], VIDEO)


def test_a_picture_for_who_shows_no_animation_is_not_shown(tmp_path: Path) -> None:
    frames = [Image.fromarray(picture) for picture in VIDEO]
    path = animate(tmp_path / "v.apng", [frames[5], *frames], default_image=True)
    np.testing.assert_array_equal(read_video(path)[0], VIDEO)


@pytest.mark.parametrize("kind", [".webp", ".gif", ".apng"])
def test_pictures_that_last_too_short_to_be_seen_are_what_players_differ_in(
    kind: str, tmp_path: Path
) -> None:
    """Browsers would show them for a tenth of a second, as everyone shows those without a time of their own."""
    frames = [Image.fromarray(picture) for picture in VIDEO[[0, 3, 0, 3, 0, 3]]]
    short = animate(tmp_path / f"s{kind}", frames, duration=[100, 100, 10, 100, 100, 100])
    assert "picture 2 is to be shown for 10 ms" in ambiguous(short)
    path = animate(tmp_path / f"v{kind}", frames, duration=[0, 0, 0, 0, 100, 200])
    seen, fps = read_video(path)
    np.testing.assert_array_equal(seen, VIDEO[[0, 3, 0, 3, 0, 3, 3]])
    assert fps == pytest.approx(10)


def test_a_frame_that_no_screen_shows_makes_a_file_ambiguous(tmp_path: Path) -> None:
    """A process that passes in a few thousandths of a second; two frames at one time."""
    for times in ([0, 1, 2, 3, 4, 500], [0, 100, 100, 200, 300, 400]):
        path = encode(
            tmp_path / "v.mkv", VIDEO[[0, 3, 0, 3, 0, 3]], "ffv1", "bgr0", times=times, unit=Fraction(1, 1000)
        )
        assert "no screen shows" in ambiguous(path), times
    equal = VIDEO[[0, 0, 1, 2, 3, 4]]
    path = encode(
        tmp_path / "e.mkv", equal, "ffv1", "bgr0", times=[0, 1, 100, 200, 300, 400], unit=Fraction(1, 1000)
    )
    assert len(read_video(path)[0]) == 6  # but it shows the same picture


def test_frames_of_another_size_are_ambiguous(tmp_path: Path) -> None:
    pictures = [Image.fromarray(VIDEO[0]), Image.fromarray(VIDEO[1]).resize((24, 16))]
    path = folder(tmp_path / "v", pictures)
    assert "another size" in ambiguous(path)
    with pytest.raises(VideoError, match="frame 1 has another size"):
        read_video(path, size=(8, 8))  # as the judge asks


def test_the_content_says_what_a_file_is_not_its_name(tmp_path: Path) -> None:
    frames = [Image.fromarray(picture) for picture in VIDEO]
    for kind, name in ((".webp", "a.gif"), (".gif", "a.webp"), (".apng", "a.mp4"), (".avif", "a.webm")):
        path = animate(tmp_path / f"v{kind}", frames, **({"quality": 100} if kind == ".avif" else {}))
        path.rename(tmp_path / name)
        assert len(read_video(tmp_path / name)[0]) == 6, name
    encode(tmp_path / "v.mkv", VIDEO).rename(tmp_path / "a.avi")
    np.testing.assert_array_equal(read_video(tmp_path / "a.avi")[0], VIDEO)
    for name, reason in (("b.mp4", "unreadable_video"), ("b.txt", "unsupported_format")):
        (tmp_path / name).write_text("#EXTM3U\na.avi\n")
        with pytest.raises(VideoError) as caught:
            read_video(tmp_path / name)
        assert caught.value.reason == reason
        assert ".webm" in caught.value.why or reason == "unreadable_video"
