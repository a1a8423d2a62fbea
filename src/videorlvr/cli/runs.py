"""The commands on runs: train, evaluate, compare, report, quickstart. What each does is in its own file, which is
imported when it is called."""

from __future__ import annotations

import argparse
from typing import Any

from videorlvr.cli.output import JSON_HELP, table
from videorlvr.cli.parser import Parser, add_command, add_executor, minutes, positive


def _train(args: argparse.Namespace) -> int:
    if args.recipe is None:
        from videorlvr.cli.train import recipe_lines

        if not args.help:
            args.parser.error(f"which recipe? One of: {', '.join(name for name, _ in recipe_lines())}")
        args.parser.print_help()
        print("\nrecipes:\n" + table(recipe_lines(), indent=2))
        return 0
    if args.help:
        args.overrides = {"--help": ""}  # the recipe's settings, which only the recipe knows

    from videorlvr.cli.train import run

    return run(args)


def _evaluate(args: argparse.Namespace) -> None:
    from videorlvr.base.executor import working_on
    from videorlvr.cli.evaluate import run

    with working_on(args.executor):
        run(args)


def _compare(args: argparse.Namespace) -> None:
    from videorlvr.cli.compare import run

    run(args)


def _report(args: argparse.Namespace) -> None:
    from videorlvr.cli.report import run

    run(args)


def _quickstart(args: argparse.Namespace) -> int:
    from videorlvr.cli.quickstart import run

    return run(args)


def register(commands: argparse._SubParsersAction[Parser]) -> None:
    """`train` and `evaluate`."""
    train = add_command(
        commands,
        "train",
        _train,
        help="train a policy after a recipe",
        usage="videorlvr train RECIPE [--out DIR] [--key value ...]",
        more=(
            "Any other '--key value' changes that setting of the recipe, for example --seed 1;\n"
            "'videorlvr train RECIPE --help' lists them."
        ),
        passthrough=True,
        add_help=False,
    )
    train.add_argument("recipe", metavar="RECIPE", nargs="?", help="name of the recipe")
    train.add_argument("-h", "--help", action="store_true", help="show this message, or a recipe's settings")
    train.add_argument("--out", metavar="DIR", help="run folder to write, or to resume")
    _register_evaluate(commands)


def _register_evaluate(commands: argparse._SubParsersAction[Parser]) -> None:
    evaluate = add_command(commands, "evaluate", _evaluate, help="measure a trained run on a suite")
    evaluate.add_argument(
        "run_folder",
        metavar="RUN",
        help="run folder, a player without training (oracle, random-legal, frozen-frame), or openai:MODEL, a language "
        "model behind an OpenAI-compatible server",
    )
    evaluate.add_argument(
        "--suite",
        metavar="S",
        required=True,
        help="name of the suite, such as small-v2 or small-v2:maze, or WORLD:LEVEL",
    )
    evaluate.add_argument(
        "--samples", metavar="K", type=positive, default=1, help="videos a problem (default: 1)"
    )
    evaluate.add_argument(
        "--player",
        metavar="P",
        help="how a run answers: best-of-4, early-rejection, or with settings early-rejection:at=3,keep=2 "
        "(default: one sample)",
    )
    evaluate.add_argument(
        "--out", metavar="DIR", help="folder that gets 'evaluations/S' (default: the run folder itself)"
    )
    evaluate.add_argument("--json", metavar="F", help=JSON_HELP)
    evaluate.add_argument(
        "--device",
        metavar="D",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="auto, cpu or cuda (default: auto)",
    )
    add_executor(evaluate, "the making of its problems")
    _register_server(evaluate)


SERVER: dict[str, tuple[str, Any, str]] = {
    "base-url": ("URL", str, "address of the server, such as http://localhost:8000/v1 (default: OpenAI's)"),
    "temperature": ("T", float, "of sampling (default: 0)"),
    "max-tokens": ("N", positive, "tokens of a reply at most, thoughts among them (default: 4096)"),
    "shots": ("N", int, "solved examples that are shown (default: 1)"),
    "restatements": (
        "K",
        int,
        "solve examples in steps and say the board K times behind each (default: not)",
    ),
    "content": (
        "C",
        str,
        "what is said there: exact boards, filler of the same length, or corrupted (default: exact)",
    ),
    "concurrency": ("N", positive, "requests at a time (default: 8)"),
    "attempts": ("N", positive, "times that a request is made at most (default: 6)"),
    "timeout-s": ("S", float, "seconds without a word after which a request has failed (default: 600)"),
    "price-in": ("P", float, "what a million tokens that are read cost (default: 0)"),
    "price-out": ("P", float, "what a million tokens that are written cost (default: 0)"),
}
"""Option -> its placeholder, its type, and what it does, of openai:MODEL."""


def _register_server(evaluate: Parser) -> None:
    group = evaluate.add_argument_group(
        "openai:MODEL",
        "The key is taken from OPENAI_API_KEY. A stopped evaluation goes on and asks nothing twice.",
    )
    for name, (metavar, kind, sentence) in SERVER.items():
        group.add_argument(f"--{name}", metavar=metavar, type=kind, help=sentence)


def register_results(commands: argparse._SubParsersAction[Parser]) -> None:
    """`compare`, `report` and `quickstart`."""
    compare = add_command(
        commands, "compare", _compare, help="compare two evaluated runs, problem by problem"
    )
    compare.add_argument("run_a", metavar="RUN_A", help="run folder")
    compare.add_argument("run_b", metavar="RUN_B", help="run folder")
    compare.add_argument("--suite", metavar="S", help="name of the suite (default: the one both have)")
    compare.add_argument(
        "--across",
        action="store_true",
        help="compare what was judged differently, too: by another judge, reward, suite or version of a world",
    )
    compare.add_argument("--json", metavar="F", help=JSON_HELP)
    report = add_command(commands, "report", _report, help="write a page about one or more runs")
    report.add_argument("runs", metavar="RUN", nargs="+", help="run folder")
    report.add_argument("--out", metavar="F", required=True, help="HTML file to write")
    quickstart = add_command(
        commands,
        "quickstart",
        _quickstart,
        help="make, train, judge and report a small example on this machine",
        more=(
            "Trains a policy on solved mazes, goes on from it by RL without solutions and, for comparison, by more\n"
            "of the same training at equal cost; plays and judges all of them on problems that none has seen; writes\n"
            "a page about it. Interrupted, it goes on where it was when it is started again."
        ),
    )
    quickstart.add_argument(
        "--out", metavar="DIR", default="runs/quickstart", help="folder to write (default: runs/quickstart)"
    )
    quickstart.add_argument(
        "--minutes",
        metavar="M",
        type=minutes,
        default=10.0,
        help="about how long it may take; a slow machine does less, and says so (default: 10)",
    )
