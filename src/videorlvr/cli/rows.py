"""`videorlvr worlds rows`: problems as rows for trainers of language models."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from videorlvr.cli.output import note
from videorlvr.cli.parser import add_command, positive, whole

FORM_HELP = (
    "trl (prompt, address), verl (data_source, prompt, ability, reward_model, extra_info), sft (messages), "
    "dpo (prompt, chosen, rejected), text (board, moves, trace); default: trl"
)


def register_rows(commands: Any) -> None:
    """Add `rows` to the commands of `worlds`."""
    rows = add_command(
        commands,
        "rows",
        write_rows,
        help="write problems as rows for trainers of language models",
        more=(
            "Parquet where --out ends in .parquet, else JSON lines. Rewards: videorlvr.bridges.scoring, whose\n"
            "solves is TRL's reward function and compute_score is verl's. No board comes twice."
        ),
    )
    rows.add_argument("world", metavar="WORLD", help="name of a world, see 'videorlvr worlds list'")
    rows.add_argument("--level", metavar="L", required=True, help="name of a level")
    rows.add_argument("--split", metavar="S", default="train", help="train, val or test (default: train)")
    rows.add_argument("--count", metavar="N", type=positive, required=True, help="number of problems")
    rows.add_argument(
        "--start", metavar="I", type=whole, default=0, help="first index to look at (default: 0)"
    )
    rows.add_argument("--form", metavar="F", default="trl", help=FORM_HELP)
    rows.add_argument(
        "--shots", metavar="N", type=whole, default=1, help="solved examples in a prompt (default: 1)"
    )
    rows.add_argument("--out", metavar="F", required=True, help="file to write")


def write_rows(args: argparse.Namespace) -> None:
    """Write the file, and say how many rows it has."""
    from videorlvr.base.files import write_text_atomic
    from videorlvr.bridges.tables import rows, write_parquet
    from videorlvr.cli.output import check_places

    check_places([("--out", args.out)], [])
    out = Path(args.out)
    listed = rows(
        args.world, args.level, args.split, args.count, args.form, start=args.start, shots=args.shots
    )
    if out.suffix == ".parquet":
        count = write_parquet(out, listed)
    else:
        lines = [json.dumps(row, ensure_ascii=False) for row in listed]
        write_text_atomic(out, "".join(f"{line}\n" for line in lines))
        count = len(lines)
    note(f"{count} rows in '{out}'")
