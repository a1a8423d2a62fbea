"""One file, one problem: what the judge makes of it, and what it saw.

A video in the problem's shape whose first frame reads as the problem is judged as it is. For any other, the
board is looked for in its first frame (`judge.locate`) and brought back (`judge.rectify`); where it moves in
later frames, it is followed (`judge.follow`).

Law: a refusal is about what a video shows, `undecidable` about how it shows it. It is said only where the first
frame, which everyone was given, or ground that never changes is proof that the file cannot be read for certain:
  - its cells are smaller than `MIN_CELL_PX`;
  - it resembles the problem or has its colours, does not read as it, and is not read for certain as another board
    either: with a confidence of `CRISP` in the problem's own place, of `HAZY` in another one inside the frame;
  - the board fits in two places about equally well;
  - it keeps the rules, but they do not explain all of its pixels (`judge.own_colours`), by a little, or by more where
    its first frame is not clear either;
  - a later cell is unreadable, and the first frame itself was read with a confidence below `HAZY`;
  - its board moves in later frames, and gets lost there or cannot be read where it has moved to;
  - there are two files for one problem;
  - players differ in what they show of the file, or it is over a limit (`base.media.video`).
In cells smaller than `SMALL_CELL_PX`, and of a board that agrees with its place by less than `FITS` (turned, seen from
aside, out of focus; `GOOD` where it shows another state and so agrees less), `CRISP` stands for `HAZY`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from videorlvr.base.files import is_inside
from videorlvr.base.media.read import read_video
from videorlvr.base.media.video import VideoError
from videorlvr.judge.cards import frames_after, frames_before
from videorlvr.judge.certainty import doubt_about, explained_finding, is_small, judged_as_moving
from videorlvr.judge.decoded import UNDECIDABLE, SizeRule, frames_of, reason_of
from videorlvr.judge.finding import Finding, undecidable
from videorlvr.judge.follow import follow, has_moved
from videorlvr.judge.frames import verdict_on
from videorlvr.judge.locate import (
    GOOD,
    Box,
    FirstFrame,
    Floats,
    Found,
    expected_zones,
    find_board,
    zones_in,
)
from videorlvr.judge.palette import has_colours
from videorlvr.judge.read import read, zone_colours
from videorlvr.judge.rectify import (
    CELL_PX,
    TRUE_COLOURS,
    Colours,
    fit_colours,
    in_true_colours,
    straight_layout,
    straighten,
    without_drift,
)
from videorlvr.judge.tolerance import DECLARED, EXACT, Tolerance
from videorlvr.worlds.api import UNSURE, Layout, Problem, Trace, Verdict, Video, World
from videorlvr.worlds.problems import theme_of
from videorlvr.worlds.verify import too_few

CANNOT_BE_SURE = "The judge cannot be sure; the record says why."
"""What `UNDECIDABLE` means."""
MAX_ASPECT_ERROR = 0.02
"""How far a video's width / height may be from the layout's, as a share of it, to be taken as the same."""
MIN_CELL_PX = 4.0
RESEMBLES = 0.5
"""Agreement of a first frame with the problem from which on it is taken for a picture of it."""
RIVAL = 0.02
"""Two places in a frame whose agreements are nearer than this cannot be told apart."""
HAZY, CRISP = 0.25, 0.6
"""Confidences of the first frame, that of its least sure cell: below the one, what is wrong with it or with later
frames may be the file's fault; from the other on, the board need not be looked for."""
FITS = 0.97
"""Agreement of a first frame that shows the problem, from which on its cells lie where they should."""
SMALL_CELL_PX = 7.5
"""Problems are handed out in cells of 8 px at least. In smaller ones 4:2:0 video gives a ring the colour of its
surroundings, so they must be read with more confidence to be sure."""
FOLLOWED_CELL_PX = 12
"""In smaller cells a success stands though its board has moved: parts of a pixel blur what they move."""
MAX_UNSEEN = 1 / 32
"""How far, in cells, a board may lie outside its frame and still be held against a video: a quarter of a wall."""
BEFORE = "what it shows before its board is no card and no fade that is set aside"
SECOND_LOOK = ("wrong_start", "unreadable")


def examine(world: World, problem: Problem, files: Sequence[Path], tolerance: Tolerance) -> Finding:
    """The finding on the files that are named after a problem. Never raises for what is wrong with a file."""
    if not files:
        return Finding(Verdict(False, "missing_file"))
    if len(files) > 1:
        names = " and ".join(file.name for file in files)
        return undecidable(f"there are {len(files)} videos for this problem: {names}; keep one")
    if files[0].is_symlink() and not is_inside(files[0], files[0].parent):
        return Finding(Verdict(False, "outside_folder"))
    try:
        if tolerance == EXACT:
            video, fps = read_video(files[0])
            return Finding(verdict_on(world, problem, video, EXACT), video=video, fps=fps)
        return examine_frames(world, problem, lambda size: frames_of(files[0], size))
    except VideoError as error:
        return Finding(Verdict(False, reason_of(error)), why=f"{files[0].name}: {error.why}")


def examine_frames(
    world: World, problem: Problem, frames: Callable[[SizeRule], tuple[Video, float]]
) -> Finding:
    """The finding on frames that can be had in other sizes; where it is no success, without cards and fades.

    frames(size): (video, frames a second) with size(height, width) -> (height, width) applied to every frame;
    it may be asked more than once.
    """
    whole = finding = _examine(world, problem, frames)
    if whole.video is None or len(whole.video) < 2 or whole.verdict.success:
        return whole
    before, after = frames_before(world, problem, whole.video), 0
    if before is None:
        return dataclasses.replace(whole, verdict=Verdict(False, UNDECIDABLE), why=BEFORE)
    if before:
        finding = _examine(world, problem, lambda size: _part(frames(size), before, 0))
    plain = finding.seen if finding.plain is None else finding.plain
    if not finding.verdict.success and plain is not None and finding.layout is not None:
        after = frames_after(finding.layout, theme_of(world, problem), problem.grid.ground, plain)
    if after:
        finding = _examine(world, problem, lambda size: _part(frames(size), before, after))
    if finding is whole or (not finding.verdict.success and finding.verdict.reason != UNDECIDABLE):
        return whole
    why = f"{before} frames before the board and {after} after it are set aside"
    return dataclasses.replace(finding, why="; ".join(filter(None, (why, finding.why))))


def _part(video: tuple[Video, float], before: int, after: int) -> tuple[Video, float]:
    return video[0][before : len(video[0]) - after], video[1]


def _examine(world: World, problem: Problem, frames: Callable[[SizeRule], tuple[Video, float]]) -> Finding:
    """The finding on all of the frames."""
    layout = problem.layout
    video, fps = frames(lambda height, width: _direct_size(height, width, layout))
    finding = examine_directly(world, problem, video)
    moving = judged_as_moving(world, problem, finding, steady=True)
    if moving.settled is not None:
        return dataclasses.replace(moving, video=video, fps=fps)
    again, steady = finding.verdict.reason in (*SECOND_LOOK, "wrong_size"), True
    if again or _moves(world, problem, finding):
        video, fps = frames(lambda height, width: _working_size(height, width, layout))
        finding = look_again(world, problem, video, finding) if again else finding
        steady = not _moves(world, problem, finding)
        finding = finding if steady else look_along(world, problem, video, finding)
    finding = dataclasses.replace(finding, video=video, fps=fps)
    return judged_as_moving(world, problem, explained_finding(world, problem, finding), steady=steady)


def _direct_size(height_px: int, width_px: int, layout: Layout) -> tuple[int, int]:
    """The layout's size for a video of the same aspect: resizing while decoding keeps the colours of subsampled
    video truest. Others stay small enough to be kept."""
    wanted = layout.width_px / layout.height_px
    if abs(width_px / height_px - wanted) <= MAX_ASPECT_ERROR * wanted:
        return layout.height_px, layout.width_px
    return _working_size(height_px, width_px, layout)


def _working_size(height_px: int, width_px: int, layout: Layout) -> tuple[int, int]:
    """The video's own size, or smaller: a board that fills it gets cells of `CELL_PX`."""
    cell_px = min(height_px / layout.height_px, width_px / layout.width_px) * layout.cell_px
    scale = min(1.0, CELL_PX / cell_px)
    return max(1, round(height_px * scale)), max(1, round(width_px * scale))


def examine_directly(world: World, problem: Problem, video: Video) -> Finding:
    """The finding on a video [T, H, W, 3] in the problem's layout; `wrong_size` in any other size."""
    layout = problem.layout
    seen = plain = _if_fits(video, layout)
    if too_few(len(video)):
        return Finding(Verdict(False, "too_few_frames", 0), seen=seen, layout=layout)
    if seen is not None and _faults(problem, _read(world, problem, seen[:1])) == 0:
        # A tint that still reads moves what lies between two colours nearer to one of them: it is taken back.
        zones = zone_colours(seen[None, :1], layout)[0, 0].astype(np.float64)
        seen = in_true_colours(
            seen, fit_colours(zones, expected_zones(problem.grid, theme_of(world, problem)))
        )
    verdict = verdict_on(world, problem, video if seen is None else seen, DECLARED)
    return Finding(verdict, seen=seen, layout=layout, plain=plain)


def _if_fits(video: Video, layout: Layout) -> Video | None:
    return video if video.shape[1:3] == (layout.height_px, layout.width_px) else None


def look_again(world: World, problem: Problem, video: Video, first: Finding) -> Finding:
    """The finding on a video of any size whose first look found nothing or could not read a cell."""
    start = None if first.seen is None else _read(world, problem, first.seen[:1])
    clear = start is not None and start.confidence[0] >= CRISP
    if first.seen is not None and clear and first.verdict.reason == "unreadable":
        return _judged(world, problem, first.seen, None, first.plain)
    again = _searched(world, problem, video, first)
    certain = start is not None and clear and _all_sure(start)
    return first if certain and again.verdict.reason == UNDECIDABLE else again


def _searched(world: World, problem: Problem, video: Video, first: Finding) -> Finding:
    """The finding on the board that is looked for in the first frame."""
    rows, cols = problem.grid.shape
    if min(video.shape[1] / rows, video.shape[2] / cols) < MIN_CELL_PX:
        return _too_small(min(video.shape[1] / rows, video.shape[2] / cols))
    theme = theme_of(world, problem)
    found = find_board(video, grid=problem.grid, layout=problem.layout, theme=theme)
    expected = expected_zones(problem.grid, theme)
    if found is None:
        return _unlike(video, first, expected)
    if found.agreement < RESEMBLES:
        start = _straightened(world, problem, video[:1], found, expected)
        if start.verdict.reason != "wrong_start":
            return _unlike(video, first, expected)
        return _straightened(world, problem, video, found, expected)
    if min(found.box.cell_px(rows, cols)) < MIN_CELL_PX:
        return _too_small(min(found.box.cell_px(rows, cols)))
    if found.rival > found.agreement - RIVAL:
        return undecidable("the board fits in two places of the first frame about equally well", found.box)
    return _straightened(world, problem, video, found, expected)


def _unlike(video: Video, first: Finding, expected: Floats) -> Finding:
    """The finding on a first frame that resembles the problem nowhere."""
    if not has_colours(video[0], expected):
        return first
    return undecidable("its first frame has the problem's colours, but its board was not found in it")


def _straightened(world: World, problem: Problem, video: Video, found: Found, expected: Floats) -> Finding:
    """The finding on a board that was found; not judged where it hardly resembles the problem."""
    rows, cols = problem.grid.shape
    straight = _straight(problem)
    frame = FirstFrame(video[0])
    best = _best_colours(world, problem, video, found.box, expected)
    seen = straighten(video, found.box, best.colours, rows=rows, cols=cols)
    if best.faults == 0 and found.agreement >= RESEMBLES:
        plain = straighten(video, found.box, TRUE_COLOURS, rows=rows, cols=cols)
        return _judged(world, straight, seen, found, plain)
    sure = _all_sure(best.start) and best.start.confidence[0] >= _least_confidence(problem, found, GOOD)
    if sure:  # another board for certain is one that all of the frame looks like
        first = straighten(video[:1], found.box, TRUE_COLOURS, rows=rows, cols=cols)
        sure = (
            doubt_about(world, straight, first, best.start, small=is_small(problem, found.box, video)).excess
            <= 1
        )
    if sure and found.box.overhang(frame, rows, cols) <= MAX_UNSEEN:
        return Finding(Verdict(False, "wrong_start", 0), box=found.box, seen=seen, layout=straight.layout)
    why = (
        f"its first frame resembles the problem, but {best.faults} of its {rows * cols} cells, "
        f"{min(found.box.cell_px(rows, cols)):.0f} px wide, cannot be read as they should be"
    )
    if not best.believable:
        why += ", and its contrast or colours are further from the problem's than is corrected"
    return dataclasses.replace(undecidable(why, found.box), seen=seen, layout=straight.layout)


@dataclass(frozen=True)
class _Start:
    """How a first frame reads in certain colours. believable: whether those that fit best are ever corrected."""

    colours: Colours
    start: Trace
    faults: int
    believable: bool


def _best_colours(world: World, problem: Problem, video: Video, box: Box, expected: Floats) -> _Start:
    """The colours, as they are or as fitted, in which the first frame's board reads best."""
    rows, cols = problem.grid.shape
    fitted = fit_colours(zones_in(FirstFrame(video[0]), box, rows, cols), expected)
    found = []
    for colours in (TRUE_COLOURS, *([fitted] if fitted.believable else [])):
        first = straighten(video[:1], box, colours, rows=rows, cols=cols)
        start = _read(world, _straight(problem), first)
        found.append(_Start(colours, start, _faults(problem, start), fitted.believable))
    return min(found, key=lambda one: (one.faults, -one.start.confidence[0]))


def _straight(problem: Problem) -> Problem:
    return dataclasses.replace(problem, layout=straight_layout(*problem.grid.shape))


def _moves(world: World, problem: Problem, finding: Finding) -> bool:
    """Is the board of a refused video, in the frame at fault, not where it was in the first? That of a success is
    asked for in the last frame: read in its place, a mark that is half there is not taken for a whole one."""
    layout, seen, frame = finding.layout, finding.seen, finding.verdict.frame
    if seen is None or layout is None:
        return False
    if finding.verdict.success:
        frame = len(seen) - 1 if layout.cell_px >= FOLLOWED_CELL_PX else 0
    if not frame:
        return False
    expected = expected_zones(problem.grid, theme_of(world, problem))
    return has_moved(seen[frame], _own_box(layout), expected)


def _own_box(layout: Layout, scale: tuple[float, float] = (1.0, 1.0)) -> Box:
    """The board of a layout in frames whose height and width are so many times the layout's."""
    high, wide = scale
    bottom, right = (
        layout.top_px + layout.rows * layout.cell_px,
        layout.left_px + layout.cols * layout.cell_px,
    )
    return Box(layout.left_px * wide, right * wide, layout.top_px * high, bottom * high)


def look_along(world: World, problem: Problem, video: Video, still: Finding) -> Finding:
    """The finding on a video whose board moves as a whole; undecidable where it gets lost on the way, and `still`,
    the one on a board at rest, where it is not seen to move at all."""
    layout = problem.layout
    rows, cols = problem.grid.shape
    expected = expected_zones(problem.grid, theme_of(world, problem))
    scale = video.shape[1] / layout.height_px, video.shape[2] / layout.width_px
    box = _own_box(layout, scale) if still.box is None else still.box
    best = _best_colours(world, problem, video, box, expected)
    boxes = follow(video, box, expected) if best.faults == 0 else [box]
    if boxes[-1].distance(box) < MAX_UNSEEN * min(box.cell_px(rows, cols)):
        return still
    if len(boxes) < len(video):
        why = f"its board moves, and cannot be followed beyond frame {len(boxes) - 1}"
        return dataclasses.replace(undecidable(why, box), seen=still.seen, layout=still.layout)
    straight, colours = _straight(problem), best.colours
    frames = [
        straighten(frame[None], place, colours, rows=rows, cols=cols)
        for frame, place in zip(video, boxes, strict=True)
    ]
    seen = without_drift(np.concatenate(frames), straight.layout)
    verdict = verdict_on(world, straight, seen, DECLARED)
    if verdict.reason == "unreadable":
        why = f"its board moves, and a cell of frame {verdict.frame} cannot be read where it has moved to"
        return dataclasses.replace(undecidable(why, box), seen=seen, layout=straight.layout)
    plain = [
        straighten(frame[None], place, TRUE_COLOURS, rows=rows, cols=cols)
        for frame, place in zip(video, boxes, strict=True)
    ]
    return Finding(verdict, box=box, seen=seen, layout=straight.layout, plain=np.concatenate(plain))


def _judged(world: World, problem: Problem, seen: Video, found: Found | None, plain: Video | None) -> Finding:
    """The verdict on frames in the problem's layout whose first one reads as the problem."""
    box = None if found is None else found.box
    steady = without_drift(seen, problem.layout)
    verdict = verdict_on(world, problem, steady, DECLARED)
    confidence = float(_read(world, problem, steady[:1]).confidence[0])
    if verdict.reason == "unreadable" and confidence < _least_confidence(problem, found, FITS):
        why = (
            f"a cell of frame {verdict.frame} cannot be read, but the first frame itself is read with a "
            f"confidence of only {confidence:.2f}: the file may be at fault"
        )
        return dataclasses.replace(
            undecidable(why, box), seen=steady, layout=problem.layout, plain=seen if plain is None else plain
        )
    return Finding(
        verdict, box=box, seen=steady, layout=problem.layout, plain=seen if plain is None else plain
    )


def _least_confidence(problem: Problem, found: Found | None, fit: float) -> float:
    """With which a first frame must be read to be held against a video."""
    if found is None:
        return HAZY
    small = min(found.box.cell_px(*problem.grid.shape)) < SMALL_CELL_PX
    return CRISP if small or found.agreement < fit else HAZY


def _all_sure(trace: Trace) -> bool:
    return not ((trace.ground[0] == UNSURE) | (trace.figure[0] == UNSURE)).any()


def _read(world: World, problem: Problem, video: Video) -> Trace:
    return read(video[None], layout=problem.layout, theme=theme_of(world, problem))[0]


def _faults(problem: Problem, start: Trace) -> int:
    """Cells of a first frame that do not read as the problem's."""
    same = (start.ground[0] == problem.grid.ground) & (start.figure[0] == problem.grid.figure)
    return int(np.sum(~same))


def _too_small(cell_px: float) -> Finding:
    return undecidable(f"its cells are {cell_px:.1f} px wide; {MIN_CELL_PX:.0f} px are needed to be sure")
