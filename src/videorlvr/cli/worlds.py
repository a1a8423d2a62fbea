"""`videorlvr worlds`: list them, look at a problem, export problems for others, check the laws."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videorlvr.base.choices import unknown
from videorlvr.cli.import_boards import register_import
from videorlvr.cli.output import JSON_HELP, emit_json, note, table
from videorlvr.cli.parser import Parser, add_command, add_executor, frame_size, positive, rate, whole
from videorlvr.cli.rows import register_rows

if TYPE_CHECKING:
    from videorlvr.audit.laws import Breach
    from videorlvr.worlds.api import Level, World

ALIGN_HELP = "put letterboxed cells on multiples of PX pixels where they fit: 16 for Wan2.2, 8 for Wan2.1"
SPLIT_HELP = "train, val or test (default: test)"


def register(commands: Any) -> None:
    """Add `worlds` and its commands to the program."""
    parser: Parser = commands.add_parser(
        "worlds", help="list, show, export and check puzzle worlds", description="Puzzle worlds."
    )
    parser.set_defaults(parser=parser)
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    listing = add_command(inner, "list", list_worlds, help="list worlds and levels")
    listing.add_argument("--json", metavar="F", help=JSON_HELP)
    show = add_command(
        inner,
        "show",
        show_problem,
        help="show a problem and its solution",
        more="The suffix of --out decides: .png filmstrip, .webp or .gif animation, .mp4 video, .json data.",
    )
    _add_address(show)
    show.add_argument(
        "--index", metavar="I", type=whole, default=0, help="number of the problem (default: 0)"
    )
    show.add_argument("--out", metavar="F", help="file to write")
    show.add_argument("--scale", metavar="N", type=positive, help="enlarge pixels (default: cells of 24 px)")
    show.add_argument("--json", metavar="F", help=JSON_HELP)
    export = add_command(
        inner,
        "export",
        export_problems,
        help="write problems as files: manifest, first frames, oracle videos",
        more=(
            "Let a model make a video <id>.mp4 from each first frame and prompt of the manifest;\n"
            "'videorlvr score' then judges them. No board comes twice: where a level has few, some\n"
            "indices are passed by, and the last line says which one comes next."
        ),
    )
    _add_address(export)
    export.add_argument("--count", metavar="N", type=positive, required=True, help="number of problems")
    export.add_argument(
        "--start", metavar="I", type=whole, default=0, help="first index to look at (default: 0)"
    )
    export.add_argument("--out", metavar="DIR", required=True, help="folder to write")
    add_executor(export, "the making of problems")
    register_import(inner)
    register_rows(inner)
    check = add_command(inner, "check", check_worlds, help="check that worlds keep the laws of worlds")
    check.add_argument("world", metavar="WORLD", nargs="?", help="world to check (default: all)")
    check.add_argument("--level", metavar="L", help="level to check (default: all)")
    check.add_argument(
        "--count", metavar="N", type=positive, default=5, help="problems of each split and level (default: 5)"
    )
    check.add_argument("--json", metavar="F", help=JSON_HELP)


def _add_address(parser: Parser) -> None:
    """What `show` and `export` share."""
    parser.add_argument("world", metavar="WORLD", help="name of a world, see 'videorlvr worlds list'")
    parser.add_argument("--level", metavar="L", help="name of a level; required")
    parser.add_argument("--split", metavar="S", default="test", help=SPLIT_HELP)
    parser.add_argument("--size", metavar="HxW", type=frame_size, help="frame size, such as 480x832")
    parser.add_argument("--align", metavar="PX", type=int, choices=(1, 8, 16, 32), default=1, help=ALIGN_HELP)
    parser.add_argument("--theme", metavar="T", help="colours (default: the level's)")
    parser.add_argument(
        "--motion",
        choices=("step", "slide", "dissolve"),
        default="step",
        help="how a move is shown: at once, by figures that slide, or by a dissolve (default: step)",
    )
    parser.add_argument(
        "--frames-per-move",
        metavar="N",
        type=positive,
        help="frames of a move that slides or dissolves, 2 to 8 (default: 4)",
    )
    parser.add_argument("--fps", metavar="R", type=rate, default=8.0, help="frames per second (default: 8)")


def _required_level(world: World, args: argparse.Namespace) -> str:
    """The level's name, with how its moves are shown."""
    from videorlvr.worlds.problems import level_moving

    if args.level is None:
        raise ValueError(f"--level is missing; {world.name} has the levels {', '.join(world.levels)}")
    if args.motion == "step" and args.frames_per_move is not None:
        raise ValueError(
            "--frames-per-move is for moves that take time: add --motion slide or --motion dissolve"
        )
    return level_moving(args.level, args.motion, args.frames_per_move or 4)


def list_worlds(args: argparse.Namespace) -> int:
    """`worlds list`"""
    from videorlvr.base.found import OURS
    from videorlvr.worlds import WORLDS

    if args.json:
        emit_json([_world_as_json(world) for world in WORLDS.values()], args.json)
        return 0
    heading = ("world", "level", "cells", "frame px", "frames", "moves", "per frame", "")
    rows: list[tuple[object, ...]] = [heading]
    for world in WORLDS.values():
        rows += [(world.id if first else "", *_level_cells(level)) for first, level in _first_flagged(world)]
    print(table(rows, right=frozenset({4, 5, 6})))
    print()
    for name, world in WORLDS.items():
        package = WORLDS.package_of(name)
        print(f"{world.id}: {world.summary}" + ("" if package == OURS else f" (of {package})"))
    return 0


def _first_flagged(world: World) -> Iterator[tuple[bool, Level]]:
    return ((number == 0, level) for number, level in enumerate(world.levels.values()))


def _level_cells(level: Level) -> tuple[object, ...]:
    least, most = (f"{level.rows[end]}x{level.cols[end]}" for end in (0, 1))
    height, width = (cells * level.cell_px for cells in level.canvas)
    return (
        level.name,
        least if least == most else f"{least} to {most}",
        f"{height}x{width}",
        level.num_frames,
        f"{level.moves[0]}-{level.moves[1]}",
        level.moves_per_frame,
        "" if level.trainable else "not for training",
    )


def _world_as_json(world: World) -> dict[str, Any]:
    return {
        "world": world.name,
        "version": world.version,
        "id": world.id,
        "summary": world.summary,
        "themes": list(world.themes),
        "rewards": list(world.rewards),
        "reasons": dict(world.reasons),
        "levels": list(world.levels.values()),
    }


def show_problem(args: argparse.Namespace) -> int:
    """`worlds show`"""
    from videorlvr.worlds import world_of
    from videorlvr.worlds.problems import make_problem, shown_as

    world = world_of(args.world)
    problem = make_problem(world, _required_level(world, args), args.split, args.index)
    problem = shown_as(world, problem, size=args.size, align_px=args.align, theme=args.theme)
    written = None
    if args.out:
        from videorlvr.cli.show import write_view

        written = write_view(world, problem, args.out, scale=args.scale, fps=args.fps)
    if args.json:
        emit_json(problem.to_json(), args.json)
    if args.json != "-":
        num_moves = len(world.play(problem.grid, problem.solution)) - 1
        rows, cols = problem.grid.shape
        print(f"address   {problem.address}")
        print(f"board     {rows}x{cols} cells, {problem.num_frames} frames")
        print(f"prompt    {problem.prompt}")
        print(f"solution  {problem.solution} ({num_moves} moves)")
        if written:
            print(f"written   {args.out}: {written}")
        game = world.game(problem.grid)
        print(f"\n{game.text(game.start())}")
    return 0


def export_problems(args: argparse.Namespace) -> int:
    """`worlds export`"""
    from videorlvr.base.executor import working_on
    from videorlvr.evaluation.export import export
    from videorlvr.worlds import world_of

    world = world_of(args.world)
    level = _required_level(world, args)
    with working_on(args.executor):
        manifest = export(
            world,
            level,
            args.split,
            args.count,
            args.out,
            start=args.start,
            size=args.size,
            align_px=args.align,
            theme=args.theme,
            fps=args.fps,
        )
    first, last = _indices(manifest)
    print(f"{args.count} problems of {world.id}/{level}/{args.split}, no board twice: {first} to {last}")
    print(f"written to {manifest}, with first_frames/ and oracle/ beside it")
    print(f"judge videos with: videorlvr score {manifest} --videos DIR")
    print(f"more of them: --start {last + 1}")
    return 0


def _indices(manifest: Path) -> tuple[int, int]:
    """The first and the last index in a manifest that was just written."""
    lines = manifest.read_text().splitlines()
    return tuple(json.loads(line)["index"] for line in (lines[0], lines[-1]))


def check_worlds(args: argparse.Namespace) -> int:
    """`worlds check`"""
    from videorlvr.base.progress import track
    from videorlvr.worlds import WORLDS, world_of

    worlds = [world_of(args.world)] if args.world else list(WORLDS.values())
    parts = [(world, name) for world in worlds for name in world.levels if args.level in (None, name)]
    if not parts:
        raise unknown("level", args.level, dict.fromkeys(name for world in worlds for name in world.levels))
    results: list[dict[str, Any]] = []
    for world, level in track(parts, "checking worlds", total=len(parts)):
        breaches = _check(world, level, args.count)
        results.append({"world": world.id, "level": level, "breaches": breaches})
        if args.json != "-":
            print("\n".join(_as_lines(f"{world.id}/{level}", breaches, 3 * args.count)), flush=True)
    if args.json:
        emit_json(results, args.json)
    num_breaches = sum(len(result["breaches"]) for result in results)
    if num_breaches:
        note(f"videorlvr: {num_breaches} breaches; the sentence behind each says what is most likely wrong")
    return 1 if num_breaches else 0


def _check(world: World, level: str, count: int) -> list[Breach]:
    """Breaches of one level, once each. Code that raises instead of answering is a breach as well."""
    import traceback

    from videorlvr.audit.laws import Breach, check_world

    try:
        return list(dict.fromkeys(check_world(world, level=level, count=count)))
    except Exception as error:  # a world under construction may raise anything
        place = traceback.extract_tb(error.__traceback__)[-1]
        remedy = f"{type(error).__name__} in {place.name}, line {place.lineno} of {place.filename}: {error}"
        return [Breach("nothing raises", f"{world.id}/{level}", remedy)]


def _as_lines(name: str, breaches: list[Breach], num_problems: int) -> list[str]:
    if not breaches:
        return [f"PASS  {name} ({num_problems} problems)"]
    return [f"FAIL  {name}", *(f"      {breach}" for breach in breaches)]
