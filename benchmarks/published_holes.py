"""Do the holes published about other judges let videos through theirs, and not through ours?

    python benchmarks/published_holes.py                            # 200 problems a world at level small, a table
    python benchmarks/published_holes.py --level micro --count 20   # quick
    python benchmarks/published_holes.py --hole tracker --json F    # holes with that in their names or sources
    python benchmarks/published_holes.py --markdown docs/holes.md   # the page

The published rules stand in `videorlvr.audit.naive_rules` and `naive_pixels`, the holes in `holes`. Exits with 1
if the judge accepts a cheat of the list or refuses a variant, with 2 if a rule was not fooled as the list says.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from videorlvr import __version__
from videorlvr.audit.hole_outcomes import Outcome, outcomes
from videorlvr.audit.holes import HOLES, NOT_REPRODUCED, Hole
from videorlvr.base.files import write_text_atomic
from videorlvr.base.stats import wilson
from videorlvr.reports.worlds_page import markdown_table
from videorlvr.worlds import WORLDS
from videorlvr.worlds.verify import JUDGE_VERSION

COLUMNS = (
    "world",
    "video",
    "made",
    "reward by the rule",
    "bar",
    "full marks by the rule",
    "reward of the oracle",
    "accepted by the judge",
)
INTRODUCTION = """Judges and rewards of video reasoning have been shown to be open to videos that solve nothing, or
closed to right ones. Each hole below is taken from a paper, an issue or published code, and reproduced: the rule is
written down again in a few lines (`videorlvr.audit.naive_rules`, `naive_pixels`) and shown our cheats, or right
videos other than the reference. Rules are theirs; boards, colours, sizes and numbers of frames are ours, so that
figures tell how a rule can be fooled and not what a benchmark would say. *Read off* means that the rule is published
and the hole is our reading of it; the others were reported. A project may have closed its hole since.

A cheat has to be refused and a variant accepted. A reward is a mean over the videos that were made; "full marks"
counts those with a reward of 1. The bar is where we say that a rule is fooled: a mean reward of a cheat from there on,
of a right video up to there. It was set after a first look at the figures and only keeps them from drifting; whether a
reward is too high or too low for what a video shows is for the reader. Brackets are 95% intervals (Wilson), percent."""


def share(count: int, total: int) -> str:
    ends = (100 * end for end in wilson(count, total))
    low, high = (f"{end:.1f}" if end >= 0.1 or not end else f"{end:.2g}" for end in ends)
    return f"{count} of {total} [{low}, {high}]"


def row(found: Outcome) -> tuple[object, ...]:
    """The cells of one line. Numbers that say that something is not as the list says are marked."""
    fooled, held = "" if found.is_fooled else " (not fooled)", "" if found.is_held else " (WRONG)"
    return (
        found.world,
        found.video + (f", level {found.level}" if found.level != "small" else ""),
        found.made,
        f"{found.reward:.2f}{fooled}",
        f"{'>=' if found.kind == 'cheat' else '<='} {found.bar:.2g}",
        share(found.full, found.made),
        f"{found.oracle:.2f}",
        f"{share(found.accepted, found.made)}{held}",
    )


def summary(found: Sequence[Outcome]) -> str:
    """Each kind of video counted once, however many holes it shows; the rules, by hole."""
    cheats, variants = (
        list({(o.world, o.video, o.level): o for o in found if o.kind == kind}.values())
        for kind in ("cheat", "variant")
    )
    accepted, made = sum(o.accepted for o in cheats), sum(o.made for o in cheats)
    right, shown = sum(o.accepted for o in variants), sum(o.made for o in variants)
    fooled = sum(outcome.is_fooled for outcome in found)
    return (
        f"The judge accepts {share(accepted, made)} videos that cheat and {share(right, shown)} that are right. In "
        f"{fooled} of {len(found)} lines the published rule is on the wrong side of the bar."
    )


def print_tables(holes: Sequence[Hole], found: Sequence[Outcome]) -> None:
    for hole in holes:
        print(f"\n{hole.name}  ({hole.source})")
        lines = [COLUMNS, *(row(outcome) for outcome in found if outcome.hole == hole.name)]
        widths = [max(len(str(line[column])) for line in lines) for column in range(len(COLUMNS))]
        for line in lines:
            print("  " + "  ".join(str(cell).ljust(width) for cell, width in zip(line, widths, strict=True)))
    print(f"\n{summary(found)}")


def page(holes: Sequence[Hole], found: Sequence[Outcome], command: str, seconds: float) -> str:
    versions = ", ".join(world.id for world in WORLDS.values())
    today = datetime.date.today().isoformat()
    sections = [
        "# Published holes",
        INTRODUCTION,
        f"`{command}`, {today}, {seconds:.0f} s; videorlvr {__version__}, judge {JUDGE_VERSION}; {versions}; test "
        "split.",
        summary(found),
    ]
    for hole in holes:
        lines = [row(outcome) for outcome in found if outcome.hole == hole.name]
        sections += [
            f"## {hole.name.capitalize()}",
            hole.what,
            f"Source: {hole.source}{f' ({hole.ours})' if hole.ours else ''}. Rule: `{hole.rule.__name__}`.",
            markdown_table(COLUMNS, lines),
        ]
    sections += ["## Not reproduced", "\n".join(f"- {source}: {text}" for source, text in NOT_REPRODUCED)]
    footer = "*Made by `benchmarks/published_holes.py`; edit `videorlvr.audit.holes`, not this page.*"
    return "\n\n".join([*sections, footer]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--level", default="small")
    parser.add_argument("--count", type=int, default=200, help="problems a world")
    parser.add_argument("--hole", default="", help="a part of a name or source; all holes without it")
    parser.add_argument("--json", type=Path, help="where every line is written")
    parser.add_argument("--markdown", type=Path, help="where the page is written")
    args = parser.parse_args()
    holes = [hole for hole in HOLES if args.hole.lower() in f"{hole.name} {hole.source}".lower()]
    if not holes:
        parser.error(f"no hole has '{args.hole}' in its name or source")
    if args.count < 1:
        parser.error(f"--count {args.count}: expected at least 1 problem")
    began, found = time.perf_counter(), list[Outcome]()
    try:
        for hole in holes:
            found += outcomes(hole, level=args.level, count=args.count)
    except ValueError as error:
        parser.error(str(error))
    seconds = time.perf_counter() - began
    print_tables(holes, found)
    if args.json:
        write_text_atomic(args.json, json.dumps([outcome.to_json() for outcome in found], indent=1) + "\n")
    if args.markdown:
        command = f"python benchmarks/published_holes.py --level {args.level} --count {args.count}"
        write_text_atomic(args.markdown, page(holes, found, command, seconds))
    if not all(outcome.is_held for outcome in found):
        return 1
    return 0 if all(outcome.is_fooled for outcome in found) else 2


if __name__ == "__main__":
    sys.exit(main())
