"""`videorlvr study NAME`: a published claim tested against its controls, run or continued, and its card."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videorlvr.cli.output import JSON_HELP, table
from videorlvr.cli.parser import Parser, add_command, positive

if TYPE_CHECKING:
    from argparse import _SubParsersAction

PROGRAM = (sys.executable, "-m", "videorlvr.cli.child")


def register(commands: _SubParsersAction[Parser]) -> None:
    parser = add_command(
        commands,
        "study",
        run,
        help="test the claim of a method against controls, by a rule that was stated before",
        more=(
            "All arms are trained and measured for every seed, side by side over the GPUs or cores that are there.\n"
            "Stopped or killed, the same command goes on. The card says what was claimed, run and found: held, not\n"
            "held, or undecided."
        ),
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="name of the study (default: list them)")
    parser.add_argument(
        "--out", metavar="DIR", help="folder to write, or to continue (default: runs/studies/NAME)"
    )
    parser.add_argument(
        "--pilot",
        action="store_true",
        help="run the pilot instead: other seeds and problems, for choices (no verdict)",
    )
    parser.add_argument(
        "--plan", action="store_true", help="say what would be run and by what rule it is judged; run nothing"
    )
    parser.add_argument(
        "--card",
        action="store_true",
        help="only make the card again from the records in the folder; run nothing",
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=positive,
        help="runs side by side at most (default: one a GPU, or one a core)",
    )
    parser.add_argument("--json", metavar="F", help=JSON_HELP)


def run(args: Namespace) -> int:
    """args: name (None to list them), out, pilot, plan, card, jobs, json."""
    from videorlvr.methods.studies import studies, study_of

    if args.name is None:
        print(table([("study", "question"), *((name, study.question) for name, study in studies().items())]))
        return 0
    study = study_of(args.name)
    out = Path(args.out or f"runs/studies/{study.name}{'-pilot' if args.pilot else ''}")
    if args.plan:
        from videorlvr.reports.card_page import statement_lines

        print("\n".join(statement_lines(study)))
        return 0
    card = _made_again(study.name, out) if args.card else _run(args, study, out)
    return _show(args, card, out)


def _made_again(name: str, out: Path) -> dict[str, Any]:
    from videorlvr.studies.card import write_card

    card = write_card(out)
    if card["study"] != name:
        raise ValueError(f"'{out}' holds the study '{card['study']}': name that one, or another --out")
    return card


def _run(args: Namespace, study: Any, out: Path) -> dict[str, Any]:
    from videorlvr.base.jobs import share_machine
    from videorlvr.studies.run import run_study
    from videorlvr.training.folder import about

    most = args.jobs or len(share_machine(10_000))
    about_run = about(seed=study.seeds[0]) | {"seeds": list(study.seeds), "side_by_side": most}
    del about_run["seed"]
    try:
        return run_study(study, out, program=PROGRAM, about=about_run, pilot=args.pilot, most=most)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("interrupted; the same command goes on with what is left") from None


def _show(args: Namespace, card: dict[str, Any], out: Path) -> int:
    from videorlvr.base.files import write_text_atomic
    from videorlvr.cli.output import emit_json
    from videorlvr.reports.card_page import markdown_of

    text = markdown_of(card)
    write_text_atomic(out / "card.md", text)
    if args.json:
        emit_json(card, args.json)
    if args.json != "-":
        print(text)
        print(f"card: {out / 'card.md'}", file=sys.stderr)
    return 0
