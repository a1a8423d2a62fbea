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
from collections.abc import Sequence

from videorlvr import __version__
from videorlvr.base.choices import nearest
from videorlvr.base.signals import SCHEDULER, handled, interrupt
from videorlvr.cli import audit, doctor, methods, runs, score, study, worlds
from videorlvr.cli.parser import Parser, key_values

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
    "transformers": "text",
    "tokenizers": "text",
    "peft": "text",
    "openai": "text",
    "gymnasium": "bridges",
    "pyarrow": "bridges",
}
"""Package that may be absent -> the extra of this package that brings it."""


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
    runs.register(commands)
    doctor.register(commands)
    score.register(commands)
    audit.register(commands)
    methods.register(commands)
    study.register(commands)
    runs.register_results(commands)
    return parser


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
