"""`videorlvr train RECIPE [--key value ...]`: a recipe, changed as asked, run or continued in a folder."""

from __future__ import annotations

import argparse
import sys
import textwrap
from pathlib import Path

from videorlvr.training.config import RunConfig
from videorlvr.training.settings import help_lines, overridden


def run(args: argparse.Namespace) -> int:
    """Train. args: recipe, overrides (key -> text), out."""
    from videorlvr.methods import recipe_of

    config = recipe_of(args.recipe)
    if "--help" in args.overrides:
        print_help(args.recipe, config)
        return 0
    config = overridden(config, args.overrides)
    return train(config, Path(args.out or f"runs/{args.recipe}"))


def train(config: RunConfig, out: Path) -> int:
    from videorlvr.methods import run as run_method
    from videorlvr.training.loop import Interrupted

    try:
        policy = run_method(config, out)
    except Interrupted as stop:
        print(stop, file=sys.stderr)
        return 130
    print(f"policy: {policy}")
    return 0


def recipe_lines() -> list[tuple[str, str]]:
    """(name, what it is) of every recipe."""
    from videorlvr.methods import recipes

    return [(name, (recipe.__doc__ or "").strip().partition("\n")[0]) for name, recipe in recipes().items()]


def print_help(recipe: str, config: RunConfig) -> None:
    """What the recipe is, and for each key its value there, its range and its meaning."""
    from videorlvr.methods import recipes

    about = textwrap.dedent("    " + (recipes()[recipe].__doc__ or "")).strip()
    print(f"usage: videorlvr train {recipe} [--out DIR] [--key value ...]\n\n{about}\n")
    print("keys: their value in this recipe, what they may be, and what they do\n")
    for key, value, choices, sentence in help_lines(config):
        print(f"--{key} {value}  ({choices})")
        print(textwrap.fill(sentence, 100, initial_indent="    ", subsequent_indent="    "))
