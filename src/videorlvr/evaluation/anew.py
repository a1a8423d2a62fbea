"""A manifest is not believed: its problems are made anew from their addresses, and its pictures are read.

Law: a problem that carries an address of ours is that address's problem, in everything that a verdict depends on.
It may be shown in another size or theme, as `export` offers.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from videorlvr.base.files import is_inside
from videorlvr.evaluation.manifest import Entry
from videorlvr.evaluation.soundness import is_foreign
from videorlvr.judge.read import read
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Address, Layout, Problem
from videorlvr.worlds.board import ALIGNMENTS
from videorlvr.worlds.problems import make_problem, theme_of

MISSING = "missing"
REMEDY = "export it again; problems of your own have no address of ours"


@lru_cache(maxsize=4096)
def _of_address(address: Address) -> Problem:
    """Kept, since a manifest may hold several samples of a problem."""
    return make_problem(world_of(address.world), address.level, address.split, address.index)


def difference(problem: Problem) -> str:
    """How a problem differs from the one of its address, as the end of an error; "" if it does not."""
    address = problem.address
    if is_foreign(address):
        return ""
    true = _of_address(address)
    parts = {
        "board": problem.grid == true.grid,
        "solution": problem.solution == true.solution,
        "num_frames": problem.num_frames == true.num_frames,
        "moves_per_frame": problem.moves_per_frame == true.moves_per_frame,
        "layout": problem.layout in _layouts(true, problem.layout),
    }
    differing = [name for name, same in parts.items() if not same]
    if not differing:
        return ""
    return (
        f"key 'problem' is not the problem of {address}, for it differs in {', '.join(differing)}: {REMEDY}"
    )


def _layouts(true: Problem, shown: Layout) -> list[Layout]:
    """The level's own, and the largest board in a frame of the size that is shown, for each alignment."""
    rows, cols = true.grid.shape
    size = {"height_px": shown.height_px, "width_px": shown.width_px}
    try:
        return [true.layout, *(Layout.letterboxed(rows, cols, align_px=px, **size) for px in ALIGNMENTS)]
    except ValueError:
        return [true.layout]


def first_frame_fault(entry: Entry, folder: Path) -> str:
    """What is wrong with the picture that a model was given; `MISSING` if it is not there, "" if nothing is wrong."""
    if entry.first_frame is None:
        return ""
    path = folder / entry.first_frame
    if not path.is_file():
        return MISSING
    if not is_inside(path, folder):
        return f"key 'first_frame' is '{entry.first_frame}', which leads out of the manifest's folder"
    fault = _picture_fault(path, entry.problem)
    return f"key 'first_frame' names '{entry.first_frame}', which {fault}: export it again" if fault else ""


def _picture_fault(path: Path, problem: Problem) -> str:
    from PIL import Image

    layout = problem.layout
    try:
        with Image.open(path, formats=["PNG"]) as image:
            if image.size != (layout.width_px, layout.height_px):
                wanted = f"{layout.height_px}x{layout.width_px}"
                return f"is {image.height}x{image.width} px and not {wanted}, as the layout says"
            picture = np.asarray(image.convert("RGB"))
    except Exception as error:  # what a hostile file makes a decoder raise has no useful bound
        return f"cannot be read as a PNG picture ({type(error).__name__})"
    theme = theme_of(world_of(problem.address.world), problem)
    start = read(picture[None, None], layout=layout, theme=theme)[0]
    same = (start.ground[0] == problem.grid.ground) & (start.figure[0] == problem.grid.figure)
    return "" if same.all() else f"shows another board ({int((~same).sum())} cells differ)"
