"""Frames kept as they come from a decoder, in one array, within a budget.

Law: no more than `MAX_KEPT_BYTES` and `MAX_FRAMES` are ever kept, whatever a header says, and nothing is copied when
the last frame of a large video has come: room for all of the budget is asked for at once, and the system gives memory
as it is written.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from videorlvr.base.media.video import MAX_DECODED_PX, MAX_KEPT_BYTES, Picture, Video, VideoError

_SMALL_BYTES = 2**20
"""Until there are more, frames are kept one by one: a large array is new to the process, page by page."""

_DIFFERENT = 32
"""Grey levels in some pixel from which on two frames are not the same picture."""


class Stack:
    """Frames of one size, at most `max_frames` of them."""

    def __init__(self, max_frames: int, max_bytes: int = MAX_KEPT_BYTES) -> None:
        self.max_frames, self.max_bytes = max_frames, max_bytes
        self.num_frames = self.num_decoded_px = 0
        self._size: tuple[int, int] | None = None
        self._num_few = 0
        self._few: list[Picture] = []
        self._store: Video | None = None

    def expect(self, height_px: int, width_px: int) -> None:
        """Count a frame of this stored size, before it is decoded if that is known.

        Raises:
            VideoError: `too_many_frames`, `too_large`; `ambiguous` where the size is not that of the others.
        """
        if self._size is None:
            self._size = height_px, width_px
        if self._size != (height_px, width_px):
            raise VideoError(
                "ambiguous",
                f"frame {self.num_frames} has another size than those before it, and players differ in what they make "
                "of that",
            )
        self.num_decoded_px += height_px * width_px
        if self.num_frames >= self.max_frames:
            raise VideoError(
                "too_many_frames", f"it has more than {self.max_frames} frames, the most that are judged"
            )
        if self.num_decoded_px > MAX_DECODED_PX:
            raise VideoError(
                "too_large",
                f"its first {self.num_frames + 1} frames have {self.num_decoded_px:,} pixels in all, and at most "
                f"{MAX_DECODED_PX:,} are decoded: scale it down or shorten it",
            )

    def add(self, picture: Picture) -> None:
        """Keep a frame.

        Raises:
            VideoError: `over_budget` beyond it.
        """
        if self.num_frames == 0:
            self._num_few = min(_SMALL_BYTES, self.max_bytes) // picture.nbytes
        self.num_frames += 1
        if self.num_frames <= self._num_few:
            self._few.append(picture)
        else:
            self._roomy(picture, self.num_frames)[self.num_frames - 1] = picture

    def frame(self, index: int) -> Picture:
        """One of those that were kept."""
        return self._few[index] if self._store is None else self._store[index]

    def changes_after(self, index: int) -> bool:
        """Is the frame after this one another picture?"""
        if index + 1 >= self.num_frames:
            return False
        apart = np.abs(self.frame(index).astype(np.int16) - self.frame(index + 1))
        return bool(apart.max() >= _DIFFERENT)

    def video(self) -> Video:
        """What was kept, [T, H, W, 3]."""
        if self.num_frames == 0:
            raise VideoError("no_frames", "there are no frames in it")
        return np.stack(self._few) if self._store is None else self._store[: self.num_frames]

    def hold(self, shown: Sequence[int]) -> Video:
        """Each frame as often as it is shown; in place, from the last one on."""
        total = sum(shown)
        if total == self.num_frames:
            return self.video()
        store, end = self._roomy(self.frame(0), total), total
        for index in range(self.num_frames - 1, -1, -1):
            store[end - shown[index] : end] = store[index]
            end -= shown[index]
        self.num_frames = total
        return self.video()

    def _roomy(self, picture: Picture, num_frames: int) -> Video:
        """The array with room for all of the budget, and what was kept until now in it."""
        room = min(self.max_frames, self.max_bytes // picture.nbytes)
        if num_frames > room:
            raise VideoError(
                "over_budget",
                f"{num_frames} frames and more of {picture.nbytes:,} bytes each need "
                f"{num_frames * picture.nbytes / 1e6:,.0f} MB, and at most {self.max_bytes / 1e6:,.0f} MB are kept: "
                "scale it down or shorten it",
            )
        if self._store is None:
            self._store = np.empty((room, *picture.shape), np.uint8)
            for index, kept in enumerate(self._few):
                self._store[index] = kept
            self._few = []
        return self._store
