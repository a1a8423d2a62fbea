"""Files for the judge: long videos are kept smaller, and no file's fault is held against what a video shows."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from media_files import encode
from videorlvr.base.media import read, stack
from videorlvr.base.media.png import png
from videorlvr.base.media.video import MAX_PICTURE_PX, VideoError, VideoReason
from videorlvr.judge.decoded import UNDECIDABLE, frames_of, reason_of
from videorlvr.judge.door import inspect
from videorlvr.judge.tolerance import DECLARED
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem, shown_as
from videorlvr.worlds.render import oracle_video
from videorlvr.worlds.verify import COMMON_REASONS

MAZE = WORLDS["maze"]
PROBLEM = shown_as(MAZE, make_problem(MAZE, "small", "test", 2), size=(288, 288))
ABOUT_THE_VIDEO = {
    "too_few_frames",
    "too_many_frames",
    "wrong_start",
    "wrong_size",
    "wrong_values",
    "unreadable",
}


@pytest.mark.parametrize("reason", get_args(VideoReason))
def test_a_files_fault_is_a_reason_that_blames_the_file(reason: VideoReason) -> None:
    named = reason_of(VideoError(reason, "is so"))
    assert named == UNDECIDABLE or named in COMMON_REASONS
    assert named not in ABOUT_THE_VIDEO


def budget(monkeypatch: pytest.MonkeyPatch, num_bytes: int) -> None:
    monkeypatch.setitem(read.read_video.__kwdefaults__, "max_bytes", num_bytes)


def test_what_is_too_much_to_keep_is_kept_smaller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long video is judged all the same: its board is looked for in the smaller frames."""
    path = encode(tmp_path / "v.mp4", oracle_video(MAZE, PROBLEM))
    size = PROBLEM.layout.height_px, PROBLEM.layout.width_px
    num_frames = len(oracle_video(MAZE, PROBLEM))
    for share, expected in ((1, size), (2, (144, 144)), (5, (72, 72))):
        budget(monkeypatch, num_frames * 288 * 288 * 3 // share)
        assert frames_of(path, lambda *_: size)[0].shape == (num_frames, *expected, 3)
    budget(monkeypatch, num_frames * 288 * 288 * 3 // 2)
    assert inspect(MAZE, PROBLEM, path, DECLARED).verdict.success
    budget(monkeypatch, 1000)
    finding = inspect(MAZE, PROBLEM, path, DECLARED)
    assert finding.verdict.reason == UNDECIDABLE
    assert "v.mp4" in finding.why
    assert "need" in finding.why


def test_a_picture_that_needs_more_memory_than_is_taken_is_undecidable_and_says_what_it_needs(
    tmp_path: Path,
) -> None:
    """Said from its header: no memory is taken for it."""
    side = 13_000
    assert side * side > MAX_PICTURE_PX
    small = png(np.zeros((1, 1, 3), np.uint8))
    head = b"IHDR" + struct.pack(">2I", side, side) + small[24:29]
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "0.png").write_bytes(
        small[:12] + head + struct.pack(">I", zlib.crc32(head)) + small[33:]
    )
    finding = inspect(MAZE, PROBLEM, tmp_path / "v", DECLARED)
    assert finding.verdict.reason == UNDECIDABLE
    assert "13000 x 13000 px needs 676 MB" in finding.why


def test_work_is_bounded_whatever_size_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = encode(tmp_path / "v.mp4", oracle_video(MAZE, PROBLEM))
    monkeypatch.setattr(stack, "MAX_DECODED_PX", 3 * 288 * 288)
    with pytest.raises(VideoError) as caught:
        frames_of(path, lambda *_: (8, 8))
    assert caught.value.reason == "too_large"
    assert "pixels in all" in caught.value.why
