"""`python -m videorlvr.reports.worlds_page DIR`: a page for each world, made from the world itself.

Law: the pages say what the code says, since they are printed from it, the same code the same bytes.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from videorlvr.audit.distortions import DISTORTIONS, UNCHANGED
from videorlvr.base.files import write_bytes_atomic, write_text_atomic
from videorlvr.base.found import OURS
from videorlvr.base.media.png import png
from videorlvr.base.media.video import Picture
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Reward, World
from videorlvr.worlds.declared import MAX_FALSE_REFUSALS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.render import oracle_video

NUM_DRAWN, NUM_PICTURES, GAP_PX, SCALE = 12, 6, 4, 3
FOOTER = "*Made by `python -m videorlvr.reports.worlds_page`; edit the world, not this page.*"


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(str(cell).replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def prose(docstring: str) -> str:
    """A world's docstring as Markdown: its first line a paragraph, its headings headings."""
    lines = []
    for index, line in enumerate(docstring.strip().splitlines()):
        indented = line.startswith("    ")
        heading = index > 0 and line.strip() and not indented
        lines.append(f"\n### {line}\n" if heading else line.strip())
    return "\n".join(lines).replace("\n\n\n", "\n\n").strip()


def formula(reward: Reward) -> str:
    """`0.5 success + 0.25 progress`, or `connect · walls^2`."""
    if reward.kind == "sum":
        return " + ".join(
            name if weight == 1 else f"{weight:g} {name}" for name, weight in reward.weights.items()
        )
    return " · ".join(
        name if weight == 1 else f"{name}^{weight:g}" for name, weight in reward.weights.items()
    )


def levels_table(world: World) -> str:
    def span(bounds: tuple[int, int]) -> str:
        return f"{bounds[0]}" if bounds[0] == bounds[1] else f"{bounds[0]} to {bounds[1]}"

    rows = [
        (
            f"`{level.name}`",
            f"{span(level.rows)} x {span(level.cols)}",
            span(level.moves),
            level.num_frames,
            level.moves_per_frame,
            f"{level.canvas[0] * level.cell_px} x {level.canvas[1] * level.cell_px}",
            "yes" if level.trainable else "no, evaluation only",
        )
        for level in world.levels.values()
    ]
    columns = ("level", "rows x columns", "moves", "frames", "moves a frame", "pixels", "for training")
    return markdown_table(columns, rows)


def codes_table(world: World) -> str:
    theme = world.themes["default"] if "default" in world.themes else next(iter(world.themes.values()))

    def colour(rgb: tuple[int, int, int]) -> str:
        return "`#{:02x}{:02x}{:02x}`".format(*rgb)

    parts = (("tile", world.tile_names, theme.tiles), ("figure", world.figure_names, theme.figures))
    rows = [
        (layer, code, name, colour(rgb))
        for layer, names, colours in parts
        for code, (name, rgb) in enumerate(zip(names, colours, strict=True))
    ]
    return markdown_table(("layer", "code", "name", "colour"), rows)


def cheats_table(world: World) -> str:
    rows = [
        (
            cheat.name,
            " ".join((cheat.make.__doc__ or "").split()),
            " or ".join(f"`{reason}`" for reason in cheat.reasons),
        )
        for cheat in world.cheats
    ]
    return markdown_table(("cheat", "what it does", "refused for"), rows)


def variants_table(world: World) -> str:
    rows = [(variant.name, " ".join((variant.make.__doc__ or "").split())) for variant in world.variants]
    return markdown_table(("video", "what it shows"), rows)


def tolerance_table(world: World) -> str:
    def strength(way: str, name: str) -> str:
        limit = world.declared.get(way, {}).get(name)
        return "-" if limit is None else f"{limit:g}"

    rows = [
        (
            distortion.name,
            " ".join((distortion.make.__doc__ or "").split()),
            distortion.unit,
            *(strength(way, distortion.name) for way in world.declared),
        )
        for distortion in DISTORTIONS.values()
        if distortion.name != UNCHANGED
    ]
    return markdown_table(("distortion", "what it does", "strength", *world.declared), rows)


def as_text(world: World) -> str:
    """A small problem and its solution, as language models see them and as people write them down."""
    problem = make_problem(world, next(iter(world.levels)), "test", 0)
    game = world.game(problem.grid)
    end = functools.reduce(game.step, game.read_moves(problem.solution), game.start())
    return (
        f"The first state of `{problem.address}`, the moves of its solution, and its last state. "
        "`videorlvr worlds import` reads boards of this form.\n\n"
        f"```\n{game.text(game.start())}\n\n{problem.solution}\n\n{game.text(end)}\n```"
    )


def world_page(world: World) -> str:
    """The Markdown page of a world."""
    rewards = [(f"`{name}`", formula(reward)) for name, reward in world.rewards.items()]
    reasons = [(f"`{name}`", meaning) for name, meaning in world.reasons.items()]
    sections = [
        f"# {world.name}",
        f"![An oracle video, frame by frame]({world.name}.png)",
        f"`{world.id}`: {world.summary}.",
        prose(world.rules),
        "## Levels",
        levels_table(world),
        "## What a cell can show",
        "Codes of the two layers of a cell, with their colours in the default theme.",
        codes_table(world),
        "## As text",
        as_text(world),
        "## Rewards",
        "Combinations of a verdict's components, each in [0, 1].",
        markdown_table(("reward", "formula"), rewards),
        "## Reasons",
        "Why a video is refused. The judge names the first fault.",
        markdown_table(("reason", "meaning"), reasons),
        "## Cheats",
        "Videos made to fool the judge. Each must be refused, and for its own reason.",
        cheats_table(world),
        "## Honest videos",
        "Valid videos other than the reference. Each must be accepted.",
        variants_table(world),
        "## Tolerance",
        "How much of one distortion at a time the judge survives, declared and tested: up to this strength at most "
        f"{MAX_FALSE_REFUSALS:.1%} of honest videos are refused, as measured by [the audit](../audit.md). `-`: none.",
        tolerance_table(world),
        FOOTER,
    ]
    return "\n\n".join(sections) + "\n"


def picture(world: World) -> Picture:
    """The longest oracle of a few training problems: frames in a row, first and last included."""
    level = "small" if "small" in world.levels else next(iter(world.levels))
    drawn = [make_problem(world, level, "train", index) for index in range(NUM_DRAWN)]
    video = oracle_video(world, max(drawn, key=lambda problem: len(problem.solution)))
    changes = [0, *(np.flatnonzero((video[1:] != video[:-1]).any(axis=(1, 2, 3))) + 1)]
    places = np.linspace(0, len(changes) - 1, min(NUM_PICTURES, len(changes))).round().astype(int)
    frames = [
        np.pad(video[changes[place]], ((0, 0), (0, GAP_PX), (0, 0)), constant_values=255) for place in places
    ]
    return np.concatenate(frames, axis=1)[:, :-GAP_PX]


def our_worlds() -> list[World]:
    """Those of this package, whatever else is installed."""
    return [world for name, world in WORLDS.items() if WORLDS.package_of(name) == OURS]


def index_page() -> str:
    rows = [(f"[{world.name}]({world.name}.md)", f"`{world.id}`", world.summary) for world in our_worlds()]
    return "\n\n".join(["# Worlds", markdown_table(("world", "id", "task"), rows), FOOTER]) + "\n"


def write_pages(folder: Path) -> list[Path]:
    """Write a page and a picture for each world, and their index; returns the files."""
    written = [folder / "README.md"]
    write_text_atomic(written[0], index_page())
    for world in our_worlds():
        page, image = folder / f"{world.name}.md", folder / f"{world.name}.png"
        write_text_atomic(page, world_page(world))
        write_bytes_atomic(image, png(picture(world), SCALE))
        written += [page, image]
    return written


def main(arguments: Sequence[str]) -> None:
    if len(arguments) != 1:
        raise SystemExit("usage: python -m videorlvr.reports.worlds_page DIR")
    for path in write_pages(Path(arguments[0])):
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
