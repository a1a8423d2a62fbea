"""`videorlvr doctor RECIPE [--key value ...]`: what would go wrong with a run, found out in a tiny iteration of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videorlvr.cli.output import JSON_HELP, check_places, emit_json, table
from videorlvr.cli.parser import Parser, add_command

if TYPE_CHECKING:
    from videorlvr.training.doctor.check import Check


def register(commands: argparse._SubParsersAction[Parser]) -> None:
    doctor = add_command(
        commands,
        "doctor",
        _run,
        help="find out in a tiny iteration what would go wrong with a run",
        usage="videorlvr doctor RECIPE [--out DIR] [--json F] [--price P] [--key value ...]",
        more=(
            "Takes the recipe and settings that 'videorlvr train' would take, runs two iterations with as few\n"
            "problems as fill its batches, and prints a table: pass, fail with a remedy, or not applicable.\n"
            "Exit code 1 says that something fails. Nothing is written but --json. Under torchrun it also asks\n"
            "whether all ranks make the same update."
        ),
        passthrough=True,
    )
    doctor.add_argument("recipe", metavar="RECIPE", help="name of the recipe")
    doctor.add_argument("--out", metavar="DIR", help="where the run will be written (default: runs/RECIPE)")
    doctor.add_argument("--json", metavar="F", help=JSON_HELP)
    doctor.add_argument("--price", metavar="P", type=float, help="what an hour of this machine costs")


def _run(args: argparse.Namespace) -> int:
    from videorlvr.methods import method_of, parts_of, recipe_of
    from videorlvr.training.settings import overridden

    if args.price is not None and not args.price >= 0:
        raise ValueError(f"--price {args.price:g}: expected what an hour costs, at least 0")
    check_places([("--json", args.json)], [])
    configs = [overridden(recipe_of(part), args.overrides) for part in parts_of(args.recipe)]

    from videorlvr.training.doctor.run import diagnose
    from videorlvr.training.ranks import joined

    out, found = Path(args.out or f"runs/{args.recipe}"), list[dict[str, Any]]()
    failed = False
    with joined() as ranks:
        for part, config in zip(parts_of(args.recipe), configs, strict=True):
            checks = diagnose(method_of(config.method), config, out, price=args.price)
            failed |= any(check.status == "fail" for check in checks)
            found.append({"recipe": part, "checks": [check.to_json() for check in checks]})
            if ranks.leads:
                print(shown(part, checks), file=sys.stderr if args.json == "-" else sys.stdout)
        if args.json and ranks.leads:
            emit_json(found, args.json)
    return int(failed)


def shown(recipe: str, checks: list[Check]) -> str:
    """The table, and below it what to do about each failure."""
    rows = [(recipe, "", "found"), *((check.name, check.status, check.found) for check in checks)]
    failures = [f"{check.name}: {check.remedy}" for check in checks if check.status == "fail"]
    return "\n".join([table(rows), *(["", "what to do:", *failures] if failures else ["", "nothing fails"])])
