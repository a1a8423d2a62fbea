"""What the judge saw, as a video for people: left the video as it came, right the judge's reading of it.

The reading is drawn anew from its states, so a difference between the sides is a mistake of the judge. Cells
that it could not read are hatched, those on their way between two states outlined, and so is
what is least explained. The frame at fault is held, in a red border, with the reason's name.

Law: pure; the same finding gives the same frames.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from videorlvr.base.media.video import Picture
from videorlvr.base.media.write import write_pictures
from videorlvr.judge.decoded import UNDECIDABLE
from videorlvr.judge.finding import Finding
from videorlvr.judge.read import read
from videorlvr.worlds import world_of
from videorlvr.worlds.api import UNSURE, Grid, Layout, Problem, Trace, Video
from videorlvr.worlds.draw import render
from videorlvr.worlds.problems import theme_of

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

PANEL_PX = 360
"""Height of the panels, about."""
HOLD_FRAMES = 8
"""How often the frame at fault is repeated."""
PAD, TITLE_PX, CAPTION_PX, BORDER_PX = 16, 24, 82, 8
PAPER, INK, QUIET = (250, 250, 248), (28, 32, 38), (110, 118, 128)
RED, AMBER, GREEN, OUTLINE = (208, 32, 32), (166, 100, 0), (20, 122, 90), (255, 0, 200)
ON_ITS_WAY = (40, 110, 230)
SHORTEST_FPS = 1.0
MAX_SHOWN = 512
"""Frames of a video that are drawn. A longer one, of more than half a minute, loses nothing that the eye could follow;
drawing all of its frames would take longer than judging them."""


def write_overlay(path: Path, problem: Problem, finding: Finding) -> None:
    """Write the overlay of a finding that has a video, as an mp4 that plays anywhere, at the video's own speed."""
    fps = max(finding.fps / step_of(finding, MAX_SHOWN), SHORTEST_FPS)
    write_pictures(path, pages(problem, finding, at_most=MAX_SHOWN), fps=fps)


def overlay(
    problem: Problem, finding: Finding, *, panel_px: int = PANEL_PX, at_most: int = MAX_SHOWN
) -> Video:
    """The frames: uint8 [T + holds, H, W, 3], H and W even; see `pages`."""
    return np.stack(list(pages(problem, finding, panel_px=panel_px, at_most=at_most)))


def pages(
    problem: Problem, finding: Finding, *, panel_px: int = PANEL_PX, at_most: int = MAX_SHOWN
) -> Iterator[Picture]:
    """The frames of the overlay, one by one, since a long one takes gigabytes.

    panel_px: about the height of the two panels; the reading is in cells of at least 8 px.
    at_most: frames of the video that are shown, see `shown_frames`.
    """
    trace, layout = trace_of(problem, finding), panel_layout(problem, panel_px)
    fault, before, page = fault_frame(finding), None, None
    for index in shown_frames(finding, at_most):
        if page is None or index != before:
            right = np.full((layout.height_px, layout.width_px, 3), 200, np.uint8)
            if trace is not None:
                right = _marked(
                    reading_panel(problem, one_frame(trace, index), layout)[0], finding, index, layout
                )
            page = _page(problem, finding, index, right, trace, at_fault=index == fault)
        before = index
        yield page


def _marked(reading: Picture, finding: Finding, index: int, layout: Layout) -> Picture:
    """The reading with outlines of cells on their way, and of the one that is least explained."""
    from PIL import Image, ImageDraw

    marks = list[tuple[int, int, tuple[int, int, int]]]()
    if finding.settled is not None and index < len(finding.settled.cells):
        passing = finding.settled.cells[index] | finding.settled.cores[index]
        marks += [(row, col, ON_ITS_WAY) for row, col in np.argwhere(passing).tolist()]
    if finding.place is not None and finding.place[0] == index:
        marks.append((*finding.place[1:], OUTLINE))
    picture, size = Image.fromarray(reading), layout.cell_px
    for row, col, colour in marks:
        corners = (col * size, row * size, (col + 1) * size - 1, (row + 1) * size - 1)
        ImageDraw.Draw(picture).rectangle(corners, outline=colour, width=max(1, size // 12))
    return np.asarray(picture)


def one_frame(trace: Trace, index: int) -> Trace:
    part = slice(index, index + 1)
    return Trace(trace.ground[part], trace.figure[part], trace.confidence[part])


def trace_of(problem: Problem, finding: Finding) -> Trace | None:
    """What was read, with codes of the problem's board; None where nothing was."""
    if finding.seen is None or finding.layout is None:
        return None
    if finding.settled is not None:
        return finding.settled.trace
    theme = theme_of(world_of(problem.address.world), problem)
    return read(finding.seen[None], layout=finding.layout, theme=theme)[0]


def fault_frame(finding: Finding) -> int | None:
    """The frame to mark: the verdict's own, else the first of an undecidable video, the last of a refused one."""
    verdict, video = finding.verdict, finding.video
    assert video is not None
    if verdict.success:
        return None
    if verdict.frame is not None:
        return min(verdict.frame, len(video) - 1)
    if verdict.reason == UNDECIDABLE:
        return 0 if finding.place is None else min(finding.place[0], len(video) - 1)
    return len(video) - 1


def step_of(finding: Finding, at_most: int) -> int:
    """Every so many-th frame of a video is shown."""
    assert finding.video is not None
    return -(-len(finding.video) // at_most)


def shown_frames(finding: Finding, at_most: int = MAX_SHOWN) -> list[int]:
    """Which frame of the video each frame of the overlay shows: in order, of a long video every second, third ...,
    and always the last and the one at fault, which is held."""
    assert finding.video is not None
    fault, count = fault_frame(finding), len(finding.video)
    chosen = {*range(0, count, step_of(finding, at_most)), count - 1} | (
        {fault} if fault is not None else set()
    )
    return [index for index in sorted(chosen) for _ in range(1 + HOLD_FRAMES if index == fault else 1)]


def panel_layout(problem: Problem, panel_px: int = PANEL_PX) -> Layout:
    """The board alone, in cells that make it about `panel_px` high."""
    rows, cols = problem.grid.shape
    cell = max(8, panel_px // max(rows, cols))
    return Layout(rows * cell, cols * cell, 0, 0, cell, rows, cols)


def reading_panel(problem: Problem, trace: Trace, layout: Layout) -> Video:
    """The states that were read, drawn anew; what could not be read is hatched."""
    unsure = (trace.ground == UNSURE) | (trace.figure == UNSURE)
    known = Grid(problem.grid.ground, np.zeros_like(problem.grid.figure))
    ground = np.where(trace.ground == UNSURE, known.ground, trace.ground)
    figure = np.where(trace.figure == UNSURE, known.figure, trace.figure)
    video = render(ground, figure, layout=layout, theme=theme_of(world_of(problem.address.world), problem))
    rows, cols = np.indices(video.shape[1:3])
    lines = ((rows + cols) // 3) % 2 == 0
    hatch = np.where(lines[..., None], np.array(RED, np.uint8), np.array(PAPER, np.uint8))
    cells = unsure.repeat(layout.cell_px, axis=1).repeat(layout.cell_px, axis=2)
    return np.where(cells[..., None], hatch, video)


def _page(
    problem: Problem, finding: Finding, index: int, reading: Picture, trace: Trace | None, *, at_fault: bool
) -> Picture:
    """One frame: the panels with their titles, and below them frame number, reading and verdict."""
    from PIL import Image, ImageDraw, ImageFont

    left = _as_it_came(problem, finding, index, reading.shape[0])
    inner_px = max(left.shape[0], reading.shape[0])
    width_px = max(3 * PAD + left.shape[1] + reading.shape[1], 400)
    height_px = TITLE_PX + inner_px + CAPTION_PX + 2 * PAD
    page = Image.new("RGB", (width_px + width_px % 2, height_px + height_px % 2), PAPER)
    reading_left = page.width - PAD - reading.shape[1]
    page.paste(Image.fromarray(left), (PAD, PAD + TITLE_PX))
    page.paste(Image.fromarray(reading), (reading_left, PAD + TITLE_PX))
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(13)
    draw.text((PAD, PAD), "video", QUIET, font)
    title = "what the judge read" if trace else "not read"
    title_left = min(reading_left, page.width - PAD - round(draw.textlength(title, font)))
    draw.text((title_left, PAD), title, QUIET, font)
    _caption(draw, font, problem, finding, index, trace, top_px=PAD + TITLE_PX + inner_px + 8)
    if at_fault:
        colour = AMBER if finding.verdict.reason == UNDECIDABLE else RED
        draw.rectangle((0, 0, page.width - 1, page.height - 1), outline=colour, width=BORDER_PX)
    return np.asarray(page)


def _as_it_came(problem: Problem, finding: Finding, index: int, height_px: int) -> Picture:
    """A frame in about the panel's height, with the board's place outlined where it had to be looked for."""
    from PIL import Image, ImageDraw

    assert finding.video is not None
    picture = Image.fromarray(finding.video[index])
    scale = height_px / picture.height
    if scale >= 2:  # pixels of small videos stay visible, and equal
        scale = float(int(scale))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    picture = picture.resize(size, Image.Resampling.NEAREST if scale >= 2 else Image.Resampling.BILINEAR)
    if finding.box is not None:
        box = finding.box
        corners = [round(edge * scale) for edge in (box.left, box.top, box.right, box.bottom)]
        ImageDraw.Draw(picture).rectangle(
            (corners[0] - 2, corners[1] - 2, corners[2] + 1, corners[3] + 1), outline=OUTLINE, width=2
        )
    return np.asarray(picture)


def _caption(
    draw: ImageDraw,
    font: FreeTypeFont | ImageFont,
    problem: Problem,
    finding: Finding,
    index: int,
    trace: Trace | None,
    *,
    top_px: int,
) -> None:
    assert finding.video is not None
    unsure = 0 if trace is None else int(((trace.ground == UNSURE) | (trace.figure == UNSURE))[index].sum())
    state = f", {unsure} cells cannot be read" if unsure else ""
    draw.text((PAD, top_px), f"frame {index}, the last is {len(finding.video) - 1}{state}", INK, font)
    text, colour = verdict_text(problem, finding, index)
    width = (draw.im.size[0] - 2 * PAD) // 7
    for line, words in enumerate(textwrap.wrap(text, width)[:3], start=1):
        draw.text((PAD, top_px + 18 * line), words, colour, font)


def verdict_text(problem: Problem, finding: Finding, index: int) -> tuple[str, tuple[int, int, int]]:
    """What is said below a frame, and its colour: the verdict from the frame on that decides it."""
    verdict, fault = finding.verdict, fault_frame(finding)
    assert finding.video is not None
    if verdict.success:
        last = index == len(finding.video) - 1
        return (f"solved, confidence {verdict.confidence:.2f}" if last else ""), GREEN
    if fault is None or index < fault:
        return "", INK
    if verdict.reason == UNDECIDABLE:
        return f"{UNDECIDABLE}: {finding.why}", AMBER
    meaning = world_of(problem.address.world).reasons.get(verdict.reason, "")
    return f"{verdict.reason}: {finding.why or verdict.why or meaning}", RED
