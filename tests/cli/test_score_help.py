"""The limits and kinds of files that the code knows are those that people are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from videorlvr.base.media import video
from videorlvr.base.media.formats import SUFFIXES
from videorlvr.cli.score import MORE
from videorlvr.evaluation.work import MAX_VIDEO_MB, MAX_VIDEO_S

PAGE = Path(__file__).parents[2] / "docs" / "files.md"


@pytest.mark.parametrize("text", [MORE, PAGE.read_text()], ids=["help", "page"])
def test_people_are_told_what_is_read_and_what_the_limits_are(text: str) -> None:
    words = text.replace(",", " ").split()
    assert not [suffix for suffix in SUFFIXES if suffix not in words]
    told = [
        f"{video.MAX_FRAMES:,} frames",
        f"{video.MAX_KEPT_BYTES / 1e6:.0f} MB",
        f"{video.MAX_PICTURE_PX / 1e6:.0f} million pixels",
        f"{video.MAX_DECODED_PX / 1e6:,.0f} million",
        f"{video.MAX_BYTES / 1e6:,.0f} MB",
        f"{video.MAX_PICTURE_BYTES / 1e6:,.0f} MB",
        f"{MAX_VIDEO_S:.0f} s of processor time",
        f"{MAX_VIDEO_MB} MB",
    ]
    assert not [limit for limit in told if limit not in text]
