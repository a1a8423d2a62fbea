"""`videorlvr worlds import`: other people's boards as problems, in the form that `worlds export` has."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videorlvr.cli.output import JSON_HELP, emit_json, note
from videorlvr.cli.parser import add_command, frame_size, positive, rate

if TYPE_CHECKING:
    from videorlvr.evaluation.imported import Imported

FORMS = """\
What is read, by --world:
  sokoban   XSB files, with all that is written into them: run-length encoding, titles, floor as - or _
  flowfree  rows of letters or digits, each twice, '.' for empty cells
  maze      '#' and spaces, or drawn with '+--+' and '|'; S where the walk begins, G the goal
  any       our own JSON: 'worlds show --json', manifests, grids
A file holds any number of boards, parted by blank lines or text. What cannot be read, has no solution or is
too large is named with its line and its reason, and the rest is imported. Videos for the manifest are judged
by 'videorlvr score' like those for any other."""


def register_import(inner: Any) -> None:
    """Add `import` to the commands of `worlds`."""
    parser = add_command(
        inner,
        "import",
        import_command,
        help="write boards of your own as problems: XSB, text, JSON",
        more=FORMS,
    )
    parser.add_argument("files", metavar="FILE", nargs="+", help="files with boards")
    parser.add_argument("--world", metavar="W", required=True, help="world that the boards are of")
    parser.add_argument("--out", metavar="DIR", required=True, help="folder to write")
    parser.add_argument(
        "--level", metavar="L", help="level whose pace they have (default: the first that each fits)"
    )
    parser.add_argument(
        "--size", metavar="HxW", type=frame_size, help="frame size, such as 480x832 (default: the level's)"
    )
    parser.add_argument(
        "--frames", metavar="N", type=positive, help="frames of each video (default: the level's)"
    )
    parser.add_argument("--theme", metavar="T", help="colours (default: the level's)")
    parser.add_argument("--fps", metavar="R", type=rate, default=8.0, help="frames per second (default: 8)")
    parser.add_argument("--count", metavar="N", type=positive, help="import at most so many (default: all)")
    parser.add_argument(
        "--seconds",
        metavar="S",
        type=rate,
        default=60.0,
        help="processor time for solving one board (default: 60)",
    )
    parser.add_argument(
        "--unseen", action="store_true", help="leave out boards whose content falls in our train split"
    )
    parser.add_argument("--json", metavar="F", help=JSON_HELP)


def import_command(args: argparse.Namespace) -> int:
    """`worlds import`"""
    from videorlvr.evaluation.imported import Shape, import_boards
    from videorlvr.worlds import world_of

    if args.json and args.json != "-":
        _check_json(Path(args.json), args.files)
    done = import_boards(
        args.files,
        world_of(args.world),
        args.out,
        shape=Shape(args.level, args.size, args.theme, args.frames),
        fps=args.fps,
        cpu_s=args.seconds,
        count=args.count,
        unseen=args.unseen,
    )
    if args.json:
        emit_json(_as_json(done), args.json)
    for remark in (*done.notes, *done.refusals):
        note(str(remark))
    if args.json != "-":
        print("\n".join(_summary(done, args.world)))
    return 0


def _check_json(path: Path, files: list[str]) -> None:
    from videorlvr.base.outputs import Claimed, check_outputs

    claimed = Claimed()
    for file in files:
        claimed.add(Path(file), "a file that is read,")
    check_outputs([("--json", path)], claimed)


def _summary(done: Imported, world: str) -> list[str]:
    lines = [f"{len(done.problems)} boards imported, {len(done.refusals)} refused"]
    levels = dict.fromkeys(problem.address.level for problem in done.problems)
    for level in levels:
        shown = [problem for problem in done.problems if problem.address.level == level]
        sizes = sorted({(each.layout.height_px, each.layout.width_px, each.num_frames) for each in shown})
        forms = ", ".join(f"{height}x{width} px, {frames} frames" for height, width, frames in sizes)
        lines.append(f"  {len(shown)} at the pace of {world}:{level}: {forms}")
    train = done.splits.get("train", 0)
    lines.append(
        f"{len(done.problems) - train} of them are surely new to a policy that was trained here; the content of "
        f"{train} falls in our train split" + (" (leave these out with --unseen)" if train else "")
    )
    lines.append(f"written to {done.manifest}, with first_frames/ and oracle/ beside it")
    lines.append(f"judge videos with: videorlvr score {done.manifest} --videos DIR")
    return lines


def _as_json(done: Imported) -> dict[str, Any]:
    return {
        "manifest": str(done.manifest),
        "imported": [str(problem.address) for problem in done.problems],
        "content_splits": done.splits,
        "refused": [_remark(refusal) for refusal in done.refusals],
        "notes": [_remark(remark) for remark in done.notes],
    }


def _remark(remark: Any) -> dict[str, Any]:
    return {
        "file": remark.source.file,
        "line": remark.source.line,
        "title": remark.source.title,
        "why": remark.why,
    }
