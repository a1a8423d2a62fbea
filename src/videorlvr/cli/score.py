"""`videorlvr score`: judge anyone's videos against a manifest."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from videorlvr.cli.output import JSON_HELP, emit_json, note, table
from videorlvr.cli.parser import add_command, positive


def register(commands: Any) -> None:
    """Add `score` to the program."""
    parser = add_command(
        commands,
        "score",
        run,
        help="judge videos of any model against a manifest",
        more=(
            "For each problem of a manifest made by 'videorlvr worlds export', judges the video\n"
            "DIR/<id>.mp4 (webm, mov, mkv, avi, gif, webp) or the folder DIR/<id> of PNG frames.\n"
            "A video may have any number of frames that shows the solution at no more than twice\n"
            "its pace; one that is shown for longer counts more often. Other sizes, plain or\n"
            "blurred bars, a board moved by up to a cell or scaled by up to 10%, and other colours\n"
            "are taken back where the first frame shows how. Where that frame cannot be read for\n"
            "certain, the verdict is 'undecidable', and says why.\n"
            "What is missing or broken counts as a refusal with that reason."
        ),
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
    parser.add_argument("--workers", metavar="N", type=positive, help="processes (default: one a core)")


def run(args: argparse.Namespace) -> int:
    """`score`"""
    from videorlvr.evaluation.score import score

    if args.report:
        import jinja2  # noqa: F401 -- if it is missing, that is said before hours of judging

    result = score(args.manifest, args.videos, overlay=args.overlay, workers=args.workers)
    if args.report:
        from videorlvr.reports.score_page import write_score_page

        write_score_page(result, args.manifest, args.videos, Path(args.report), workers=args.workers)
    summary, records = result["summary"], result["records"]
    if args.json:
        emit_json(result, args.json)
    if args.json != "-":
        print(_rates(summary))
        if summary["reasons"]:
            print("\n" + _refusals(summary["reasons"], records))
        print(f"\njudged by {summary['judge']['package']} ({', '.join(summary['judge']['worlds'])})")
        for what, place in (("all verdicts", args.json), ("overlays", args.overlay), ("page", args.report)):
            if place:
                print(f"{what}: {place}")
    if summary["reasons"].get("missing_file") == summary["count"]:
        expected = f"{records[0]['id']}.mp4"
        note(f"videorlvr: none of the videos is in '{args.videos}'; expected names like '{expected}'")
    return 0


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
    from videorlvr.judge.files import CANNOT_BE_SURE, UNDECIDABLE
    from videorlvr.worlds import WORLDS

    meanings = {name: text for world in WORLDS.values() for name, text in world.reasons.items()}
    meanings[UNDECIDABLE] = CANNOT_BE_SURE
    rows: list[tuple[object, ...]] = [("refused", "reason", "meaning", "for example")]
    for reason, count in reasons.items():
        example = next(record["id"] for record in records if record["reason"] == reason)
        rows.append((count, reason, meanings.get(reason, ""), example))
    return table(rows, right=frozenset({0}))
