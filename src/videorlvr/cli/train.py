"""`videorlvr train RECIPE [--key value ...]`: a recipe, changed as asked, run or continued in a folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import yaml


def run(args: argparse.Namespace) -> int:
    from videorlvr.recipes import recipe_of
    from videorlvr.training import grpo, sft
    from videorlvr.training.config import GRPOConfig, overridden
    from videorlvr.training.loop import Interrupted

    config = recipe_of(args.recipe)
    if "--help" in args.overrides:
        print(f"{args.recipe}: keys and their values in this recipe\n")
        print(yaml.safe_dump(config.model_dump(), sort_keys=False))
        return 0
    config = overridden(config, args.overrides)
    out = Path(args.out or f"runs/{args.recipe}")
    try:
        policy = grpo.run(config, out) if isinstance(config, GRPOConfig) else sft.run(config, out)
    except Interrupted as stop:
        print(stop, file=sys.stderr)
        return 130
    print(f"policy: {policy}")
    return 0
