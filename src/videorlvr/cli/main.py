"""The program `videorlvr`: finds the command, calls it, and turns a mistake into one sentence.

Law: a user's mistake (ValueError, a missing file, an option that does not exist) is one line on stderr and
exit code 2, never a traceback; a mistake of ours keeps its traceback. Exit code 1 says that a check found
something. Commands import what they need when they run, so that `--help` costs nothing.
"""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Sequence

from videorlvr import __version__
from videorlvr.base.choices import nearest
from videorlvr.base.signals import SCHEDULER, handled, interrupt
from videorlvr.cli import audit, methods, score, study, worlds
from videorlvr.cli.output import JSON_HELP, table
from videorlvr.cli.parser import Parser, add_command, key_values, minutes, positive

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
EXIT_MISTAKE, EXIT_INTERRUPTED, EXIT_BROKEN_PIPE = 2, 130, 141

OPTIONAL_PACKAGES = {
    "torch": "train",
    "safetensors": "train",
    "markdown_it": "report",
    "matplotlib": "report",
    "jinja2": "report",
    "pysat": "solvers",
    "accelerate": "track",
    "tensorboard": "track",
}
"""Package that may be absent -> the extra of this package that brings it."""


def _train(args: argparse.Namespace) -> int | None:
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

    return _call(run, args)


def _evaluate(args: argparse.Namespace) -> int | None:
    from videorlvr.cli.evaluate import run

    return _call(run, args)


def _compare(args: argparse.Namespace) -> int | None:
    from videorlvr.cli.compare import run

    return _call(run, args)


def _report(args: argparse.Namespace) -> int | None:
    from videorlvr.cli.report import run

    return _call(run, args)


def _quickstart(args: argparse.Namespace) -> int | None:
    from videorlvr.cli.quickstart import run

    return _call(run, args)


def _call(run: Callable[[argparse.Namespace], int | None], args: argparse.Namespace) -> int | None:
    return run(args)  # a command that always succeeds may return nothing


def build_parser() -> Parser:
    """All commands and their arguments. `run` is the command, `overrides` what `train` passes on."""
    parser = Parser(
        prog="videorlvr",
        description="Video models that reason, trained and judged by rules that can be checked.",
        epilog="'videorlvr COMMAND --help' explains a command. Start with 'videorlvr quickstart'.",
    )
    parser.add_argument("--version", action="version", version=f"videorlvr {__version__}")
    parser.set_defaults(run=None, parser=parser, overrides={})
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    worlds.register(commands)
    _register_runs(commands)
    score.register(commands)
    audit.register(commands)
    methods.register(commands)
    study.register(commands)
    _register_results(commands)
    return parser


def _register_runs(commands: argparse._SubParsersAction[Parser]) -> None:
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
    evaluate = add_command(commands, "evaluate", _evaluate, help="measure a trained run on a suite")
    evaluate.add_argument(
        "run_folder",
        metavar="RUN",
        help="run folder, or a player without training: oracle, random-legal, frozen-frame",
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


def _register_results(commands: argparse._SubParsersAction[Parser]) -> None:
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


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments of a command.

    Raises:
        UsageError: For a command line that cannot be understood.
    """
    args: argparse.Namespace
    args, rest = build_parser().parse_known_args(list(argv))
    if args.parser.passthrough:
        args.overrides = key_values(rest)
    elif rest:
        args.parser.error(f"'{rest[0]}' is one argument too many")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    # Before torch is loaded: its threads may spin only briefly while they wait for one another. Spinning for long
    # makes training ten times slower where another process takes a core of theirs; not at all, 40% where none does.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    _print_anything()
    try:
        with handled(SCHEDULER, interrupt):
            args = parse(sys.argv[1:] if argv is None else argv)
            if args.run is None:
                args.parser.print_help(sys.stderr)
                return EXIT_MISTAKE
            code = args.run(args)
            sys.stdout.flush()
    except SystemExit as stop:  # --help and --version
        return stop.code if isinstance(stop.code, int) else 0
    except KeyboardInterrupt as stop:
        return _say(str(stop) or "interrupted", EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output went away (`| head`). Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    except ModuleNotFoundError as error:
        extra = OPTIONAL_PACKAGES.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        return _say(f"this command needs {error.name}: pip install 'videorlvr[{extra}]'", EXIT_MISTAKE)
    except OSError as error:
        return _say(_file_sentence(error), EXIT_MISTAKE)
    except (ValueError, FloatingPointError) as error:
        return _say(" ".join(str(error).split()), EXIT_MISTAKE)
    return code or 0


def _print_anything() -> None:
    """A name that the terminal cannot show (a folder `\u00fc` under an ASCII locale) is shown escaped. It must
    not end a command whose work is done."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _say(sentence: str, code: int) -> int:
    print(f"videorlvr: {sentence}", file=sys.stderr)
    return code


def _file_sentence(error: OSError) -> str:
    if error.filename is None:
        return str(error)
    path = os.fspath(error.filename)
    if error.errno in FULL:
        return (
            f"no space left for '{path}': free some there, and the same command goes on from what was saved"
        )
    if not isinstance(error, FileNotFoundError):
        return f"{error.strerror or error}: '{path}'"
    folder, name = os.path.split(path)
    near = nearest(name, os.listdir(folder or ".")) if os.path.isdir(folder or ".") else None
    hint = f"; did you mean '{os.path.join(folder, near)}'?" if near else ""
    return f"no file or folder '{path}'{hint}"


if __name__ == "__main__":
    sys.exit(main())
