"""`videorlvr audit`: how often the judge itself is wrong."""

from __future__ import annotations

import argparse
import shlex
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from videorlvr.cli import attack_audit
from videorlvr.cli.output import JSON_HELP, emit_json, note, table
from videorlvr.cli.parser import add_command, add_executor, frame_size, positive, whole
from videorlvr.cli.worlds import SPLIT_HELP

if TYPE_CHECKING:
    from videorlvr.audit.result import AuditResult, Failure, Tally

LEVELS = ("micro", "small", "paper")
NUM_SHOWN = 12
"""Failures that are printed; the JSON holds all."""


def register(commands: Any) -> None:
    """Add `audit` to the program."""
    parser = add_command(
        commands,
        "audit",
        run,
        help="measure the judge: honest videos it refuses, cheats it accepts, distortions it survives",
        more=(
            "Exit code 1 if an honest video is refused, a cheat is accepted, or a declared tolerance is not kept.\n"
            "With --attack it searches for pixels that a person would call an illegal trace and the judge\n"
            "believes, for so many --seconds or --tries a world and level; exit code 1 if it finds any. Ctrl-C ends\n"
            "it with what it has.\n"
            "Rates come with 95% intervals; where nothing was found, with the most that it could be."
        ),
    )
    parser.add_argument("world", metavar="WORLD", nargs="*", help="worlds to audit (default: all)")
    parser.add_argument(
        "--level",
        metavar="L",
        action="append",
        help=f"level, or levels with commas; repeatable (default: {','.join(LEVELS)})",
    )
    parser.add_argument(
        "--count", metavar="N", type=positive, default=100, help="problems of each level (default: 100)"
    )
    parser.add_argument(
        "--distorted",
        metavar="N",
        type=whole,
        help="how many are also distorted, at all strengths (default: a tenth, at most 100)",
    )
    parser.add_argument(
        "--at-declared",
        metavar="N",
        type=whole,
        help="how many, those included, are distorted by as much as is declared (default: no more)",
    )
    parser.add_argument("--split", metavar="S", default="test", help=SPLIT_HELP)
    parser.add_argument("--size", metavar="HxW", type=frame_size, help="frame size, such as 480x832")
    parser.add_argument("--workers", metavar="N", type=positive, help="processes (default: one a core)")
    add_executor(parser)
    parser.add_argument("--json", metavar="F", help=JSON_HELP)
    attack_audit.register(parser)


def run(args: argparse.Namespace) -> int:
    """`audit`"""
    if args.attack:
        return attack_audit.run(args)
    from videorlvr.audit.run import audit
    from videorlvr.base.executor import working_on
    from videorlvr.worlds import WORLDS, world_of
    from videorlvr.worlds.problems import level_of

    worlds = [world_of(name) for name in args.world] or list(WORLDS.values())
    wanted = [name for part in args.level or () for name in part.split(",")] or LEVELS
    parts = [(world, level_of(world, name)) for world in worlds for name in dict.fromkeys(wanted)]
    results = []
    started = time.perf_counter()
    with working_on(args.executor):
        for world, level in parts:
            results.append(
                audit(
                    world,
                    level.name,
                    count=args.count,
                    distorted=args.distorted,
                    at_declared=args.at_declared,
                    split=args.split,
                    size=args.size,
                    workers=args.workers,
                )
            )
    seconds = time.perf_counter() - started
    if args.json:
        origin = {"command": _own_command(args), "date": time.strftime("%Y-%m-%d"), "seconds": round(seconds)}
        emit_json({**origin, "audits": [result.to_json() for result in results]}, args.json)
    if args.json != "-":
        print("\n\n".join(_sections(results)))
    problems, videos = sum(r.problems for r in results), sum(r.num_videos for r in results)
    note(f"\n{problems} problems, {videos} videos in {seconds:.0f} s: {videos / seconds:.0f} videos a second")
    return 1 if any(result.failures() for result in results) else 0


def _own_command(args: argparse.Namespace) -> str:
    """What to type for the same result."""
    words = ["videorlvr", "audit", *args.world, "--count", str(args.count), "--split", args.split]
    words += [] if not args.level else ["--level", ",".join(args.level)]
    words += [] if args.distorted is None else ["--distorted", str(args.distorted)]
    words += [] if args.at_declared is None else ["--at-declared", str(args.at_declared)]
    words += [] if args.size is None else ["--size", f"{args.size[0]}x{args.size[1]}"]
    return shlex.join(words)


def _sections(results: Sequence[AuditResult]) -> Iterable[str]:
    """The summary, what should not have been, then the details of each audit."""
    yield _summary(results)
    yield from _offenders("Targets missed:", [found for result in results for found in result.failures()])
    mistaken = [found for result in results for found in result.mistaken()]
    yield from _offenders("Refused, but for a reason of another cheat:", mistaken)
    for result in results:
        yield f"{result.name}: honest videos\n" + _tallies(result.valid, wrong="refused")
        yield f"{result.name}: cheats\n" + _tallies(result.cheats, wrong="accepted")
        if result.tolerance:
            yield f"{result.name}: oracle videos accepted under distortion\n" + _tolerance(result)
        if result.distorted_cheats:
            yield f"{result.name}: cheats under the declared distortion\n" + _distorted(result)


def _offenders(title: str, found: Sequence[Failure]) -> Iterator[str]:
    if found:
        more = [f"... and {len(found) - NUM_SHOWN} more"] if len(found) > NUM_SHOWN else []
        look = f"Look at the first problem with: {_command(found[0].address)}"
        yield "\n".join([title, *map(str, found[:NUM_SHOWN]), *more, look])


def _command(address: str) -> str:
    """What shows the problem at `maze-v1/small/test/17`, behind which the name of a cheat may stand."""
    world, level, split, index = address.partition(" ")[0].split("/")
    name = world.rpartition("-v")[0]
    words = ["videorlvr", "worlds", "show", name, "--level", level, "--split", split, "--index", index]
    return shlex.join([*words, "--out", "problem.png"])


def _rate(count: int, total: int) -> str:
    """`0 of 900 (at most 0.43%)`, or `3 of 900 (0.33% [0.11%, 0.98%])`."""
    from videorlvr.base.stats import wilson

    if not total:
        return "none"
    low, high = wilson(count, total)
    if not count:
        return f"0 of {total} (at most {100 * high:.2g}%)"
    return f"{count} of {total} ({100 * count / total:.2g}% [{100 * low:.2g}%, {100 * high:.2g}%])"


def _sum(tallies: Sequence[Tally], count: str) -> str:
    """`0 of 9000`; without an interval, since videos of one problem do not come independently."""
    videos = sum(tally.videos for tally in tallies)
    return f"{sum(getattr(tally, count) for tally in tallies)} of {videos}" if videos else "none"


def _summary(results: Sequence[AuditResult]) -> str:
    heading = (
        "",
        "problems",
        "boards",
        "honest refused",
        "cheats accepted",
        "wrong reason",
        "refused under the declared",
        "distorted cheats accepted",
    )
    rows: list[tuple[object, ...]] = [heading]
    rows += [
        (
            ("FAIL  " if result.failures() else "PASS  ") + result.name,
            result.problems,
            result.boards,
            _sum(result.valid, "refused"),
            _sum(result.cheats, "accepted"),
            sum(tally.refused_wrongly for tally in result.cheats),
            _sum(result.at_declared_strength, "refused"),
            _sum(result.distorted_cheats, "accepted"),
        )
        for result in results
    ]
    return table(rows, right=frozenset({1, 2, 5}))


def _tallies(tallies: Sequence[Tally], *, wrong: str) -> str:
    """A line a name; `wrong` is what should not happen to it."""
    rows: list[tuple[object, ...]] = [("", wrong, "absent", "wrong reason", "refused for")]
    for tally in tallies:
        reasons = ", ".join(f"{reason} {count}" for reason, count in tally.reasons.items())
        rows.append(
            (
                tally.name,
                _rate(getattr(tally, wrong), tally.videos),
                tally.absent,
                tally.refused_wrongly,
                reasons,
            )
        )
    return table(rows, right=frozenset({2, 3}), indent=2)


def _tolerance(result: AuditResult) -> str:
    """A line a distortion: its strengths with the share of videos accepted in percent, and what is declared."""
    from videorlvr.audit.distortions import DISTORTIONS

    rows: list[tuple[object, ...]] = [("", "declared", "strength: accepted, %", "unit")]
    for name, distortion in DISTORTIONS.items():
        points = [tally for tally in result.tolerance if tally.name == name]
        if not points:
            continue
        shown = "  ".join(
            f"{tally.strength:g}: {100 * tally.accepted / max(tally.videos, 1):.4g}" for tally in points
        )
        strength = result.declared.get(name)
        rows.append((name, "-" if strength is None else f"{strength:g}", shown, distortion.unit))
    return table(rows, right=frozenset({1}), indent=2)


def _distorted(result: AuditResult) -> str:
    rows: list[tuple[object, ...]] = [("", "strength", "accepted")]
    rows += [(t.name, f"{t.strength:g}", _rate(t.accepted, t.videos)) for t in result.distorted_cheats]
    return table(rows, right=frozenset({1}), indent=2)
