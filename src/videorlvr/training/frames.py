"""Cell codes to pixels on the device, in the frames that a task asks for.

Law: what comes out is what `worlds.render` draws of the problem as the task shows it, bit for bit.

B batch, T frame, R Q rows and columns in cells, P pixels of a cell's side, H W pixels.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from videorlvr.training.task import Task
from videorlvr.worlds import world_of
from videorlvr.worlds.blocks import level_pictures, moving_video
from videorlvr.worlds.draw import picture_table
from videorlvr.worlds.ways import STEP


class Frames:
    """int16 codes on the host [B, T, R, Q], a level's canvas in cells -> uint8 videos [B, T, H, W, 3]."""

    def __init__(self, task: Task, device: torch.device) -> None:
        self.task, self.device = task, device
        self.theme = world_of(task.world).themes[task.of_level.theme]
        self.tables = {
            task.of_level.cell_px: torch.from_numpy(level_pictures(task.world, task.level)).to(device)
        }

    def __call__(self, codes_BTRQ: Tensor) -> Tensor:
        height, width, num_frames = self.task.video_shape
        held = torch.arange(num_frames).clamp(max=codes_BTRQ.shape[1] - 1)
        codes = codes_BTRQ[:, held] if num_frames != codes_BTRQ.shape[1] else codes_BTRQ
        if self.task.of_level.motion != STEP:  # what is between two states is no picture of cells
            videos = [
                moving_video(self.task.of_level, self.theme, one, self.task.layout_of)
                for one in codes.numpy()
            ]
            return torch.from_numpy(np.stack(videos)).to(self.device)
        if self.task.size is None:
            return gather_pictures(self._moved(codes), self.tables[self.task.of_level.cell_px])
        return torch.stack([self._letterboxed(one, height, width) for one in codes])

    def _letterboxed(self, codes_TRQ: Tensor, height: int, width: int) -> Tensor:
        margin = len(self.theme.tiles) * 16 * len(self.theme.figures)
        board = codes_TRQ[0] != margin  # a level's canvas is that of its largest board
        codes = codes_TRQ[:, board.any(dim=1)][:, :, board.any(dim=0)]
        layout = self.task.layout_of(*codes.shape[1:])
        assert layout is not None
        video = torch.empty((len(codes), height, width, 3), dtype=torch.uint8, device=self.device)
        video[:] = torch.tensor(self.theme.margin, dtype=torch.uint8, device=self.device)
        drawn = gather_pictures(self._moved(codes)[None], self._table(layout.cell_px))[0]
        top, left = layout.top_px, layout.left_px
        video[:, top : top + drawn.shape[1], left : left + drawn.shape[2]] = drawn
        return video

    def _table(self, cell_px: int) -> Tensor:
        if cell_px not in self.tables:
            self.tables[cell_px] = torch.from_numpy(picture_table(self.theme, cell_px)).to(self.device)
        return self.tables[cell_px]

    def _moved(self, codes: Tensor) -> Tensor:
        if self.device.type == "cuda":  # from pinned memory a copy is not waited for
            codes = codes.contiguous().pin_memory().to(self.device, non_blocking=True)
        return codes.to(torch.int64)


def gather_pictures(codes_BTRQ: Tensor, pictures: Tensor) -> Tensor:
    """Cell codes and their pictures [codes, P, P, 3] -> uint8 videos [B, T, R * P, Q * P, 3]."""
    batch, frames, rows, cols = codes_BTRQ.shape
    size = pictures.shape[1]
    cells = pictures[codes_BTRQ]
    return cells.permute(0, 1, 2, 4, 3, 5, 6).reshape(batch, frames, rows * size, cols * size, 3)
