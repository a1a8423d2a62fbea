"""`videorlvr score`: judge anyone's videos against a manifest."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videorlvr.cli.output import JSON_HELP, emit_json, note, table
from videorlvr.cli.parser import add_command, add_executor, positive

if TYPE_CHECKING:
    from videorlvr.evaluation.journal import Journal
    from videorlvr.evaluation.manifest import Entry

EXIT_UNWRITTEN = 3

MORE = """\
For each problem of a manifest made by 'videorlvr worlds export', judges the video
DIR/<id>.mp4 (or another kind of video) or the folder DIR/<id> of PNG frames.
A video may have any number of frames that shows the solution at no more than twice
its pace; one that is shown for longer counts more often. Other sizes, plain or
blurred bars, a board moved by up to a cell or scaled by up to 10%, and other colours
are taken back where the first frame shows how.

verdicts:
  success or a refusal with its reason; what is missing or broken is refused with a
  reason of its own. 'undecidable', and why, where the first frame cannot be read for
  certain or judging came to no end: more than 300 s of processor time (of its own, so
  a busy machine changes nothing) or 2048 MB of memory for one video, or a crash of the
  decoder. It counts as not solved; the bounds of the rate say how much that matters.

files:
  .mp4 .m4v .mov .qt .3gp .3g2 .mkv .webm .avi .ts .mts .m2ts .mpg .mpeg .wmv .asf .ogv
  .flv .gif .webp .apng .avif, told apart by their content, and folders of PNG. Judged is
  what players show: the default track, turned and stretched as the file asks, white
  where it is transparent. A file that is cut off or damaged is 'unreadable_video', and
  the record says why; docs/files.md tells what can be known. Frames are scaled down as
  they are decoded, so no resolution is too high in itself. 'undecidable' beyond
    4,096 frames (held ones count as often as they are shown),
    268 MB of frames at a quarter of the sides in which they would be judged,
    34 million pixels in one frame as it is stored, 4,295 million in all,
    1,074 MB of a video file, 268 MB of an animation or a PNG.

the manifest:
  is not believed. Every problem is made anew from its address and compared; a first
  frame that it names is read and compared. A line that differs, or is no sound
  problem (solved at its start, walls on one side, ...), is refused before any video
  is judged; a manifest that was found in order is remembered. Problems of no address
  of ours are counted as foreign.

what is written:
  --json, --overlay and --report are tried first, and refused where they would
  replace the manifest, a video or what else is read. Verdicts are kept as they come
  in a journal: beside the file of --json or --report (F.journal.jsonl), else in the
  folder for caches, or where --journal says. Stopped by Ctrl-C, a signal or however
  else, the same command goes on, and its result is that of a run without a stop, bit
  for bit. What changed meanwhile (a line, a file, the judge) is judged anew. Once
  everything is written the journal is removed.

exit codes:
  0    all judged, everything written
  2    nothing judged: a mistake in the command, the manifest or a place for results
  3    all judged, but an overlay, the page or the JSON could not be written
  130  stopped by Ctrl-C or a signal; the verdicts so far are kept"""


def register(commands: Any) -> None:
    """Add `score` to the program."""
    parser = add_command(
        commands, "score", run, help="judge videos of any model against a manifest", more=MORE
    )
    parser.add_argument("manifest", metavar="MANIFEST", help="manifest.jsonl")
    parser.add_argument("--videos", metavar="DIR", required=True, help="folder with a video <id> a problem")
    parser.add_argument(
        "--overlay", metavar="DIR", help="write each video here with what the judge saw beside it"
    )
    parser.add_argument(
        "--report", metavar="F", help="write an HTML page: figures, and the cases to check the judge by"
    )
    parser.add_argument("--json", metavar="F", help=JSON_HELP)
    parser.add_argument("--journal", metavar="F", help="keep verdicts here as they come (default: see above)")
    parser.add_argument("--workers", metavar="N", type=positive, help="processes (default: one a core)")
    add_executor(parser)


def run(args: argparse.Namespace) -> int:
    """`score`"""
    from videorlvr.base.executor import working_on
    from videorlvr.evaluation.checks import Checked
    from videorlvr.evaluation.manifest import read_manifest
    from videorlvr.evaluation.score import score

    if args.report:
        import jinja2  # noqa: F401 -- if it is missing, that is said before hours of judging

    place, entries = _journal_place(args), read_manifest(args.manifest)
    _check_places(args, entries, place)
    with working_on(args.executor), _open_journal(place) as journal:
        try:
            result = score(
                args.manifest,
                args.videos,
                overlay=args.overlay,
                workers=args.workers,
                journal=journal,
                entries=entries,
                checked=Checked(_cache() / "checked"),
            )
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"interrupted: {len(journal.kept)} verdicts are kept in '{place}'; the same command goes on"
            ) from None
        faults = _write(result, entries, args)
        _say_what_is_odd(result, args)
        if faults:
            for fault in faults:
                note(f"videorlvr: {fault}")
            if journal.fault:
                note(f"videorlvr: the journal {journal.fault}: {len(journal.kept)} verdicts are kept in it")
            else:
                note(
                    f"videorlvr: all verdicts are kept in '{place}'; the same command tries to write the rest"
                )
            return EXIT_UNWRITTEN
        journal.remove()
    return 0


def _journal_place(args: argparse.Namespace) -> Path:
    if args.journal:
        return Path(args.journal)
    for beside in (args.json, args.report):
        if beside and beside != "-":
            return Path(f"{beside}.journal.jsonl")
    paths = f"{os.path.realpath(args.manifest)}\n{os.path.realpath(args.videos)}"
    name = hashlib.sha256(os.fsencode(paths)).hexdigest()[:16]
    return _cache() / f"score-{name}.journal.jsonl"


def _cache() -> Path:
    """The folder for what may be lost."""
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "videorlvr"


def _check_places(args: argparse.Namespace, entries: Sequence[Entry], journal: Path) -> None:
    """Nothing that is read is replaced, and everything can be written: said before hours of judging."""
    from videorlvr.base.outputs import check_output_folder, check_outputs
    from videorlvr.evaluation.score import inputs_of

    claimed = inputs_of(entries, args.manifest, args.videos)
    ids = {entry.id for entry in entries}
    files = [("--json", args.json), ("--report", args.report)]
    named = [(option, Path(path)) for option, path in files if path and path != "-"]
    for option, path in named:
        if path.stem in ids and os.path.realpath(path.parent) == os.path.realpath(args.videos):
            raise ValueError(
                f"{option} '{path}' would be taken for the video of '{path.stem}': choose another name"
            )
    if args.overlay:
        if os.path.realpath(args.overlay) == os.path.realpath(args.videos):
            raise ValueError(
                f"--overlay '{args.overlay}' is the folder of the videos, '{args.videos}', which overlays would "
                "replace: choose another folder"
            )
        check_output_folder("--overlay", Path(args.overlay), [f"{name}.mp4" for name in ids], claimed)
    check_outputs([*named, ("--journal", journal)], claimed)
    if args.overlay:
        for option, path in named:
            if path.suffix == ".mp4" and path.stem in ids and path.parent.samefile(args.overlay):
                raise ValueError(f"{option} '{path}' would be replaced by an overlay: choose another name")


@contextlib.contextmanager
def _open_journal(place: Path) -> Iterator[Journal]:
    from videorlvr.evaluation.journal import Journal

    journal = Journal(place)
    if journal.kept:
        note(f"videorlvr: going on with the {len(journal.kept)} verdicts in '{place}'")
    try:
        yield journal
    finally:
        journal.close()


def _write(result: dict[str, Any], entries: Sequence[Entry], args: argparse.Namespace) -> list[str]:
    """Write what was asked for, the most precious first; what could not be written, a sentence each."""
    faults = []
    unwritten = result["unwritten"]
    if unwritten:
        name, why = next(iter(unwritten.items()))
        faults.append(f"{len(unwritten)} overlays could not be written, such as that of {name}: {why}")
    if args.json:
        try:
            emit_json(result, args.json)
        except BrokenPipeError:
            raise
        except OSError as error:
            faults.append(f"--json '{args.json}' could not be written ({error.strerror or error})")
    if args.json != "-":
        _print(result, args)
    if args.report:
        from videorlvr.reports.score_page import write_score_page

        try:
            write_score_page(
                result, args.manifest, args.videos, Path(args.report), workers=args.workers, entries=entries
            )
        except OSError as error:
            faults.append(f"--report '{args.report}' could not be written ({error.strerror or error})")
        else:
            if args.json != "-":
                print(f"page: {args.report}")
    return faults


def _print(result: dict[str, Any], args: argparse.Namespace) -> None:
    summary, records = result["summary"], result["records"]
    print(_rates(summary))
    if summary["reasons"]:
        print("\n" + _refusals(summary["reasons"], records))
    if summary["puzzles"] < summary["count"]:
        print(
            f"\n{summary['count']} problems are {summary['puzzles']} puzzles: samples and images of one count as one "
            "piece of evidence as far as they agree"
        )
    if summary["foreign"]:
        print(f"\n{summary['foreign']} of {summary['count']} problems are foreign: of no address of ours")
    print(f"\njudged by {summary['judge']['package']} ({', '.join(summary['judge']['worlds'])})")
    for what, place in (("all verdicts", args.json), ("overlays", args.overlay)):
        if place:
            print(f"{what}: {place}")


def _say_what_is_odd(result: dict[str, Any], args: argparse.Namespace) -> None:
    summary, records = result["summary"], result["records"]
    if summary["reasons"].get("missing_file") == summary["count"]:
        expected = f"{records[0]['id']}.mp4"
        note(f"videorlvr: none of the videos is in '{args.videos}'; expected names like '{expected}'")
    if missing := summary["first_frames"]["missing"]:
        note(
            f"videorlvr: {missing} first frames that the manifest names are not beside it, so what the model was "
            "given was not compared with the problems"
        )


def _rates(summary: dict[str, Any]) -> str:
    rows: list[tuple[object, ...]] = [("", "solved", "of", "rate", "95% interval")]
    parts = {**summary["by_level"]}
    if len(parts) > 1:
        parts["all"] = summary
    for name, part in parts.items():
        low, high = part["interval_95"]
        rate = f"{part['success_rate']:.1%}"
        rows.append((name, part["successes"], part["count"], rate, f"{low:.1%} to {high:.1%}"))
    text = table(rows, right=frozenset({1, 2, 3}))
    if summary["undecidable"]:
        low, high = summary["bounds"]
        text += f"\n{summary['undecidable']} undecidable: the rate lies between {low:.1%} and {high:.1%}"
    return text


def _refusals(reasons: dict[str, int], records: list[dict[str, Any]]) -> str:
    """A line a reason: how often, what it means, and one video to look at."""
    from videorlvr.judge.decoded import UNDECIDABLE
    from videorlvr.judge.files import CANNOT_BE_SURE
    from videorlvr.worlds import WORLDS

    meanings = {name: text for world in WORLDS.values() for name, text in world.reasons.items()}
    meanings[UNDECIDABLE] = CANNOT_BE_SURE
    rows: list[tuple[object, ...]] = [("refused", "reason", "meaning", "for example")]
    for reason, count in reasons.items():
        example = next(record["id"] for record in records if record["reason"] == reason)
        rows.append((count, reason, meanings.get(reason, ""), example))
    return table(rows, right=frozenset({0}))
