"""Videos: lossless means bit exact, colours survive, and no file makes the reader raise anything else."""

import io
import pickle
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from videorlvr.base.media.png import png, read_png, write_png
from videorlvr.base.media.read import read_video
from videorlvr.base.media.video import VideoError
from videorlvr.base.media.write import animated_webp, write_mp4


def noise(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def colour_grid(size_px, num_frames=5, seed=0):
    """An 8 x 8 grid of random colours; returns (video, cells [8, 8, 3])."""
    cells = noise((8, 8), seed)
    picture = cells.repeat(size_px // 8, axis=0).repeat(size_px // 8, axis=1)
    return np.stack([picture] * num_frames), cells


def centres(video, cell_px):
    return video[:, cell_px // 2 :: cell_px, cell_px // 2 :: cell_px].astype(int)


def encode(
    path, video, *, codec="libx264", pix_fmt="yuv420p", container_options=None, colorspace=None, **options
):
    """Write a video as somebody else would; `colorspace` both converts and tags."""
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=16, options=options)
        stream.height, stream.width = video.shape[1:3]
        stream.pix_fmt = pix_fmt
        if colorspace is not None:
            stream.codec_context.colorspace = colorspace
        for pixels in video:
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            container.mux(stream.encode(frame.reformat(format=pix_fmt, dst_colorspace=colorspace)))
        container.mux(stream.encode(None))


def reason_of(path, **limits):
    with pytest.raises(VideoError) as caught:
        read_video(path, **limits)
    assert str(path) in str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize("shape", [(7, 64, 48), (3, 33, 47), (1, 1, 1), (2, 2, 1)])
def test_lossless_round_trip_is_bit_exact_at_any_size(tmp_path, shape):
    video = noise(shape)
    write_mp4(tmp_path / "new folder" / "v.mp4", video, fps=16)
    back, fps = read_video(tmp_path / "new folder" / "v.mp4")
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, video)
    assert fps == 16


@pytest.mark.parametrize("fps", [0.5, 7.5, 29.97, Fraction(24000, 1001), 120])
def test_frame_rate_survives(tmp_path, fps):
    write_mp4(tmp_path / "v.mp4", noise((3, 8, 8)), fps=fps)
    assert read_video(tmp_path / "v.mp4")[1] == pytest.approx(float(fps), rel=1e-6)


def test_writing_twice_gives_the_same_bytes_and_leaves_nothing_else(tmp_path):
    for name in ("a.mp4", "b.mp4"):
        write_mp4(tmp_path / name, noise((5, 32, 32)), fps=16)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]


def test_lossy_round_trip_keeps_colours(tmp_path):
    video, cells = colour_grid(128)
    write_mp4(tmp_path / "v.mp4", video, fps=16, lossless=False)
    back, _ = read_video(tmp_path / "v.mp4")
    assert np.abs(back.astype(int) - video).mean() < 4
    assert np.abs(centres(back, 16) - cells).max() <= 6
    with av.open(str(tmp_path / "v.mp4")) as container:
        frame = next(container.decode(video=0))
    assert frame.format.name == "yuv420p"
    assert frame.colorspace in (5, 6)  # BT.601, said aloud


def test_colour_tags_are_obeyed_and_untagged_counts_as_bt601(tmp_path):
    video, cells = colour_grid(128)
    for name, colorspace in (("untagged", None), ("bt601", 5), ("bt709", 1)):
        encode(tmp_path / f"{name}.mp4", video, colorspace=colorspace, crf="10")
        back, _ = read_video(tmp_path / f"{name}.mp4")
        assert np.abs(centres(back, 16) - cells).mean() < 3, name


@pytest.mark.parametrize("pix_fmt", ["yuvj420p", "yuv444p", "yuv422p"])
def test_other_pixel_formats_keep_colours(tmp_path, pix_fmt):
    video, cells = colour_grid(128)
    encode(tmp_path / "v.mp4", video, pix_fmt=pix_fmt, crf="10")
    assert np.abs(centres(read_video(tmp_path / "v.mp4")[0], 16) - cells).mean() < 3


def test_resizing_lossless_averages_the_covered_pixels(tmp_path):
    video = noise((2, 64, 32))
    write_mp4(tmp_path / "v.mp4", video, fps=16)
    back, _ = read_video(tmp_path / "v.mp4", size=(16, 8))
    assert back.shape == (2, 16, 8, 3)
    means = video.reshape(2, 16, 4, 8, 4, 3).mean(axis=(2, 4))
    assert np.abs(back - means).max() <= 1.5


@pytest.mark.parametrize("size_px", [64, 128, 200, 512])
def test_resizing_keeps_cell_colours(tmp_path, size_px):
    video, cells = colour_grid(256)
    write_mp4(tmp_path / "rgb.mp4", video, fps=16)
    rgb, _ = read_video(tmp_path / "rgb.mp4", size=(size_px, size_px))
    np.testing.assert_array_equal(centres(rgb, size_px // 8), np.broadcast_to(cells, (5, 8, 8, 3)))
    write_mp4(tmp_path / "yuv.mp4", video, fps=16, lossless=False)
    yuv, _ = read_video(tmp_path / "yuv.mp4", size=(size_px, size_px))
    error = centres(yuv, size_px // 8) - cells
    assert np.abs(error).max() <= 6
    assert abs(error.mean()) < 1


def test_missing_file(tmp_path):
    assert reason_of(tmp_path / "no.mp4") == "missing_file"


@pytest.mark.parametrize("content", [b"", b"not a video\n" * 50, bytes(4096), b"\0\0\0\x18ftypmp42\0\0\0\0"])
def test_what_is_no_video_is_unreadable(tmp_path, content):
    (tmp_path / "v.mp4").write_bytes(content)
    assert reason_of(tmp_path / "v.mp4") == "unreadable_video"


def test_a_playlist_may_not_open_other_files(tmp_path):
    write_mp4(tmp_path / "secret.mp4", noise((3, 16, 16)), fps=16)
    (tmp_path / "v.mp4").write_text("ffconcat version 1.0\nfile secret.mp4\n")
    assert reason_of(tmp_path / "v.mp4") == "unreadable_video"


def test_truncated_file_is_unreadable_or_whole(tmp_path):
    """Only the very end, past the index of frames, may be missing without harm."""
    video = noise((9, 32, 32))
    write_mp4(tmp_path / "v.mp4", video, fps=16)
    data = (tmp_path / "v.mp4").read_bytes()
    cuts = [1, 100, len(data) // 2, *range(len(data) - 300, len(data) - 40, 20), len(data) - 8]
    outcomes = []
    for cut in cuts:
        (tmp_path / "cut.mp4").write_bytes(data[:cut])
        try:
            np.testing.assert_array_equal(read_video(tmp_path / "cut.mp4")[0], video)
            outcomes.append("whole")
        except VideoError as error:
            outcomes.append(error.reason)
    assert outcomes[:3] == ["unreadable_video"] * 3
    assert "whole" not in outcomes[:10]
    assert set(outcomes) <= {"unreadable_video", "no_frames", "whole"}  # no_frames: the index is cut


def test_file_cut_between_frames_behind_its_header_is_unreadable(tmp_path):
    """Such a file decodes without complaint, only shorter: the header must be compared."""
    encode(tmp_path / "v.mp4", noise((9, 32, 32)), crf="18", container_options={"movflags": "+faststart"})
    with av.open(str(tmp_path / "v.mp4")) as container:
        positions = sorted(packet.pos for packet in container.demux(video=0) if packet.size)
    data = (tmp_path / "v.mp4").read_bytes()
    assert len(read_video(tmp_path / "v.mp4")[0]) == 9
    (tmp_path / "cut.mp4").write_bytes(data[: positions[6]])
    assert reason_of(tmp_path / "cut.mp4") == "unreadable_video"


def test_file_without_frames(tmp_path):
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 44100
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    assert reason_of(tmp_path / "sound.mp4") == "no_frames"


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])  # mkv does not declare its number of frames
def test_limits_are_exact(tmp_path, suffix):
    path = tmp_path / f"v.{suffix}"
    encode(path, noise((10, 16, 32)), crf="18")
    assert len(read_video(path, max_frames=10, max_bytes=10 * 16 * 32 * 3)[0]) == 10
    assert reason_of(path, max_frames=9) == "too_many_frames"
    assert reason_of(path, max_bytes=10 * 16 * 32 * 3 - 1) == "over_budget"
    assert len(read_video(path, max_bytes=30, size=(1, 1))[0]) == 10  # what counts is what is kept


def test_hostile_bytes_give_video_errors_only(tmp_path):
    write_mp4(tmp_path / "v.mp4", noise((4, 16, 16)), fps=16)
    data = np.frombuffer((tmp_path / "v.mp4").read_bytes(), np.uint8)
    rng = np.random.default_rng(1)
    outcomes = set()
    for _ in range(150):
        broken = data.copy()
        start = rng.integers(len(data)) if rng.random() < 0.5 else len(data) - rng.integers(1, 800)
        broken[start : start + rng.integers(1, 9)] = rng.integers(256)
        (tmp_path / "broken.mp4").write_bytes(broken.tobytes())
        try:
            read_video(tmp_path / "broken.mp4")
            outcomes.add("read")
        except VideoError as error:
            outcomes.add(error.reason)
    assert "unreadable_video" in outcomes


def test_video_error_survives_a_process_border():
    error = pickle.loads(pickle.dumps(VideoError("no_frames", "v.mp4 is empty")))
    assert (error.reason, str(error)) == ("no_frames", "no_frames: v.mp4 is empty")


@pytest.mark.parametrize(
    ("video", "options", "match"),
    [
        (np.zeros((3, 8, 8, 3)), {}, r"float64.*uint8"),
        (np.zeros((8, 8, 3), np.uint8), {}, r"T, H, W, 3"),
        (np.zeros((0, 8, 8, 3), np.uint8), {}, r"\[0, 8, 8, 3\]"),
        (np.zeros((3, 8, 8, 4), np.uint8), {}, r"\[3, 8, 8, 4\]"),
        (np.zeros((3, 9, 8, 3), np.uint8), {"lossless": False}, "even sides"),
        (np.zeros((3, 8, 8, 3), np.uint8), {"fps": 0}, "fps is 0"),
        (np.zeros((3, 8, 8, 3), np.uint8), {"fps": float("nan")}, "fps is nan"),
    ],
)
def test_mistakes_of_the_caller_are_named_and_nothing_is_written(tmp_path, video, options, match):
    with pytest.raises(ValueError, match=match):
        write_mp4(tmp_path / "v.mp4", video, **{"fps": 16, **options})
    assert list(tmp_path.iterdir()) == []


def test_bad_size_is_the_callers_mistake_not_the_files(tmp_path):
    with pytest.raises(ValueError, match="size is") as caught:
        read_video(tmp_path / "no.mp4", size=(0, 8))
    assert not isinstance(caught.value, VideoError)


def test_webp_is_exact_at_every_moment():
    video = noise((6, 8, 12))
    video[3] = video[2]  # the encoder may merge these two
    data = animated_webp(video, fps=16, scale=3)
    shown = []
    with Image.open(io.BytesIO(data)) as image:
        for index in range(image.n_frames):
            image.seek(index)
            image.load()
            pixels = np.asarray(image.convert("RGB"))
            shown += [pixels] * round(image.info["duration"] / 62.5)
    np.testing.assert_array_equal(np.stack(shown), video.repeat(3, axis=1).repeat(3, axis=2))


def test_webp_of_one_frame_and_its_limits():
    data = animated_webp(noise((1, 8, 8)), fps=16)
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), noise((1, 8, 8))[0])
    with pytest.raises(ValueError, match="16383"):
        animated_webp(noise((1, 8, 8)), fps=16, scale=4000)
    with pytest.raises(ValueError, match="scale is 0"):
        animated_webp(noise((1, 8, 8)), fps=16, scale=0)


def test_png_round_trip_and_scale(tmp_path):
    picture = noise((9, 7))
    write_png(tmp_path / "p.png", picture)
    np.testing.assert_array_equal(read_png(tmp_path / "p.png"), picture)
    (tmp_path / "big.png").write_bytes(png(picture, scale=2))
    big = read_png(tmp_path / "big.png")
    assert big.shape == (18, 14, 3)
    np.testing.assert_array_equal(big[1::2, 1::2], picture)
    with pytest.raises(ValueError, match=r"uint8 array \[H, W, 3\]"):
        png(picture[None])


def test_broken_png_names_the_file(tmp_path):
    write_png(tmp_path / "p.png", noise((30, 30)))
    data = (tmp_path / "p.png").read_bytes()
    for content in (b"", b"text", data[: len(data) // 2]):
        (tmp_path / "broken.png").write_bytes(content)
        with pytest.raises(ValueError, match=r"broken\.png"):
            read_png(tmp_path / "broken.png")
    with pytest.raises(FileNotFoundError):
        read_png(tmp_path / "none.png")
    Image.fromarray(np.full((4, 4), 40000, np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(ValueError, match="8 bits"):
        read_png(tmp_path / "deep.png")


def test_importing_the_module_loads_no_codec():
    code = (
        "import sys, videorlvr.base.media.read, videorlvr.base.records, videorlvr.base.stats\n"
        "assert not {'av', 'PIL', 'torch', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)
