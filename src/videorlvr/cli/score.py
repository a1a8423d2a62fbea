"""`videorlvr score`: judge anyone's videos against a manifest."""

from __future__ import annotations

import argparse
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
            "Judges DIR/<id>.mp4 for each problem of a manifest made by 'videorlvr worlds export'.\n"
            "A video may have any resolution of the right aspect ratio, and any\n"
            "number of frames that shows the solution at no more than twice its pace.\n"
            "What is missing or broken counts as a refusal with that reason."
        ),
    )
    parser.add_argument("manifest", metavar="MANIFEST", help="manifest.jsonl")
    parser.add_argument(
        "--videos", metavar="DIR", required=True, help="folder with a video <id>.mp4 a problem"
    )
    parser.add_argument("--json", metavar="F", help=JSON_HELP)
    parser.add_argument("--workers", metavar="N", type=positive, help="processes (default: one a core)")


def run(args: argparse.Namespace) -> int:
    """`score`"""
    from videorlvr.evaluation.score import score

    result = score(args.manifest, args.videos, workers=args.workers)
    summary, records = result["summary"], result["records"]
    if args.json:
        emit_json(result, args.json)
    if args.json != "-":
        print(_rates(summary))
        if summary["reasons"]:
            print("\n" + _refusals(summary["reasons"], records))
        print(f"\njudged by {summary['judge']['package']} ({', '.join(summary['judge']['worlds'])})")
        if args.json:
            print(f"all verdicts: {args.json}")
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
    return table(rows, right=frozenset({1, 2, 3}))


def _refusals(reasons: dict[str, int], records: list[dict[str, Any]]) -> str:
    """A line a reason: how often, what it means, and one video to look at."""
    from videorlvr.worlds import WORLDS

    meanings = {name: text for world in WORLDS.values() for name, text in world.reasons.items()}
    rows: list[tuple[object, ...]] = [("refused", "reason", "meaning", "for example")]
    for reason, count in reasons.items():
        example = next(record["id"] for record in records if record["reason"] == reason)
        rows.append((count, reason, meanings.get(reason, ""), example))
    return table(rows, right=frozenset({0}))
