"""The argument parser of all commands: argparse whose mistakes are one sentence with the nearest choice.

Law: parsing never exits and never prints an error; it raises `UsageError` (a ValueError), so that `main` has
one place where a user's mistake becomes a line on stderr. Nothing heavy is imported here: `--help` waits
for this module.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from videorlvr.base.choices import unknown


class UsageError(ValueError):
    """A command line that cannot be understood."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """argparse's, with room for names and explanations on one line."""

    def __init__(self, prog: str, **kwargs: Any) -> None:
        super().__init__(prog, **{"max_help_position": 32, **kwargs})

    def add_argument(self, action: argparse.Action) -> None:
        """argparse forgets how far commands are indented, and breaks the line of the longest."""
        super().add_argument(action)
        if isinstance(action, argparse._SubParsersAction):
            self._action_max_length += self._indent_increment


class Parser(argparse.ArgumentParser):
    """argparse with full option names, and the nearest name for an unknown command or option.

    passthrough: leave unknown options in the remainder instead of refusing them (`train`).
    """

    def __init__(self, *, passthrough: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", _Formatter)
        super().__init__(allow_abbrev=False, **kwargs)
        self.passthrough = passthrough

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        if args is None or not self.passthrough:
            if args is not None:
                self._refuse_unknown_options(args)
            return super().parse_known_args(args, namespace)
        own, others = self._without_settings(args)
        found, rest = super().parse_known_args(own, namespace)
        return found, [*rest, *others]

    def _without_settings(self, words: Sequence[str]) -> tuple[list[str], list[str]]:
        """(words for this parser, `--key value` pairs that it does not know), so that a pair may stand anywhere:
        argparse would take the value of one before the recipe for the recipe."""
        own: list[str] = []
        others: list[str] = []
        rest = list(words)
        while rest:
            word = rest.pop(0)
            name, equals, _ = word.partition("=")
            if not name.startswith("--") or name in self._option_string_actions:
                own.append(word)
                continue
            others.append(word)
            if not equals and rest and not rest[0].startswith("--"):
                others.append(rest.pop(0))
        return own, others

    def _refuse_unknown_options(self, args: Sequence[str]) -> None:
        """Before argparse's own checks: a misspelt option also looks like a missing one, which misleads."""
        has_commands = self._subparsers is not None
        for word in args:
            if word == "--" or (has_commands and not word.startswith("-")):
                return  # what follows belongs to the command's own parser
            name = word.partition("=")[0]
            is_option = (word.startswith("-") and word[1:2].isalpha()) or word.startswith("--")
            if is_option and name not in self._option_string_actions:
                options = [option for option in self._option_string_actions if option.startswith("--")]
                raise self._usage_error(str(unknown("option", name, options)))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            kind = "command" if isinstance(action, argparse._SubParsersAction) else action.dest
            raise self._usage_error(str(unknown(kind, value, action.choices)))

    def _usage_error(self, message: str) -> UsageError:
        return UsageError(f"{message}; see '{self.prog} --help'")

    def error(self, message: str) -> NoReturn:
        raise self._usage_error(message)


def add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int | None], *, help: str, **kwargs: Any
) -> Parser:
    """A subcommand that calls `run(args)`; the sentence `help` is also its description's first line."""
    more = kwargs.pop("more", "")
    description = help[0].upper() + help[1:] + "." + (f"\n\n{more}" if more else "")
    parser: Parser = commands.add_parser(name, help=help, description=description, **kwargs)
    parser.set_defaults(run=run, parser=parser)
    return parser


def whole(text: str, *, least: int = 0) -> int:
    """An argument type: a whole number of at least `least`."""
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of at least {least}")
    return value


def add_executor(parser: argparse.ArgumentParser, what: str = "the work") -> None:
    """Where a command has CPU work done (`base.executor`): `what` of it."""
    parser.add_argument(
        "--executor",
        metavar="WHERE",
        default="local",
        help=f"where {what} is done: local, or dask://HOST:PORT for the workers of a Dask scheduler, which must see "
        "the same files",
    )


def positive(text: str) -> int:
    return whole(text, least=1)


def minutes(text: str) -> float:
    """An argument type: a time in minutes."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 10_000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of minutes in (0, 10000]")
    return value


def rate(text: str) -> float:
    """An argument type: frames per second."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of frames per second in (0, 1000]")
    return value


def frame_size(text: str) -> tuple[int, int]:
    """An argument type: `480x832` is 480 px high and 832 px wide."""
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isdecimal() and 0 < int(part) <= 8192 for part in parts):
        raise argparse.ArgumentTypeError(f"'{text}' is not HEIGHTxWIDTH in pixels, such as 480x832")
    return int(parts[0]), int(parts[1])


def key_values(words: Sequence[str]) -> Mapping[str, str]:
    """`["--lr", "1e-4", "--steps=10"]` as {"lr": "1e-4", "steps": "10"}: what `train` passes to a recipe.

    Raises:
        UsageError: For a word that is no `--key`, a key without value, or a key given twice.
    """
    pairs: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if not name.startswith("--") or name == "--":
            raise UsageError(f"'{word}' is unexpected; write settings as --key value")
        if not equals:
            if not rest or rest[0].startswith("--"):
                raise UsageError(f"option '{name}' has no value; write {name} VALUE")
            value = rest.pop(0)
        key = name.removeprefix("--")
        if key in pairs:
            raise UsageError(f"option '{name}' is given twice; keep one of the two")
        pairs[key] = value
    return pairs
