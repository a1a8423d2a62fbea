"""`videorlvr train RECIPE [--key value ...]`: a recipe, changed as asked, run or continued in a folder.

A series of recipes is trained one after the other, `videorlvr train paper-h200` in `runs/paper-h200/maze` and so on;
what is finished is passed by, so the same command goes on after a stop.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from pathlib import Path

from videorlvr.cli.output import speaks
from videorlvr.training.config import RunConfig
from videorlvr.training.settings import help_lines, overridden


def run(args: argparse.Namespace) -> int:
    """Train. args: recipe, overrides (key -> text), out."""
    from videorlvr.methods import parts_of, recipe_of

    parts = parts_of(args.recipe)
    configs = [recipe_of(part) for part in parts]
    if "--help" in args.overrides:
        if len(parts) > 1:
            print_series_help(args.recipe, parts)
        else:
            print_help(args.recipe, configs[0])
        return 0
    configs = [overridden(config, args.overrides) for config in configs]
    out = Path(args.out or f"runs/{args.recipe}")
    for part, config in zip(parts, configs, strict=True):
        folder = out / part.removeprefix(f"{args.recipe}-") if len(parts) > 1 else out
        if code := train(config, folder):
            return code
    return 0


def train(config: RunConfig, out: Path) -> int:
    from videorlvr.methods import run as run_method
    from videorlvr.training.loop import Interrupted

    try:
        policy = run_method(config, out)
    except Interrupted as stop:
        print(stop, file=sys.stderr)
        return 130
    if speaks():
        print(f"policy: {policy}")
    return 0


def recipe_lines() -> list[tuple[str, str]]:
    """(name, what it is) of every recipe, and of every series."""
    from videorlvr.methods import SERIES, recipes

    lines = [(name, (recipe.__doc__ or "").strip().partition("\n")[0]) for name, recipe in recipes().items()]
    return lines + [(name, f"{', '.join(parts)}, one after the other") for name, parts in SERIES.items()]


def print_series_help(name: str, parts: tuple[str, ...]) -> None:
    """What a series trains; its recipes have keys of their own."""
    print(f"usage: videorlvr train {name} [--out DIR] [--key value ...]\n")
    print("Recipes that are trained one after the other, each in a folder of its own below --out:\n")
    lines = dict(recipe_lines())
    for part in parts:
        print(f"{part}\n    {lines[part]}")
    print(
        f"\nA setting is every one's that follows. 'videorlvr train {parts[0]} --help' says cost, result and keys."
    )


def print_help(recipe: str, config: RunConfig) -> None:
    """What the recipe is, and for each key its value there, its range and its meaning."""
    from videorlvr.methods import recipes

    about = textwrap.dedent("    " + (recipes()[recipe].__doc__ or "")).strip()
    print(f"usage: videorlvr train {recipe} [--out DIR] [--key value ...]\n\n{about}\n")
    print("keys: their value in this recipe, what they may be, and what they do\n")
    for key, value, choices, sentence in help_lines(config):
        print(f"--{key} {value}  ({choices})")
        print(textwrap.fill(sentence, 100, initial_indent="    ", subsequent_indent="    "))
