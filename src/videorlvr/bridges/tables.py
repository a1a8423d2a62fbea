"""Problems as rows for other libraries' trainers, and Parquet files of them.

trl     prompt: messages; address, which `scoring.solves` takes back
verl    data_source, prompt, ability, reward_model {style, ground_truth}, extra_info
sft     messages with the reference solution as the last one
dpo     prompt, chosen, rejected: the reference, and random legal play that does not solve
text    board, moves, address, and the solver's trace: for whoever writes a format of his own
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args

from videorlvr.base import seeding
from videorlvr.base.choices import unknown
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, Split, World
from videorlvr.worlds.different import Part, different_boards
from videorlvr.worlds.written.asking import LABEL, messages
from videorlvr.worlds.written.boards import board_text
from videorlvr.worlds.written.traces import write_trace

RowForm = Literal["trl", "verl", "sft", "dpo", "text"]
FORMS: tuple[RowForm, ...] = get_args(RowForm)


def rows(
    world: str, level: str, split: Split, count: int, form: RowForm, *, start: int = 0, shots: int = 1
) -> Iterator[dict[str, Any]]:
    """`count` problems, no board twice, in the form that a trainer wants.

    Raises:
        ChoiceError: For a form that there is not.
        ValueError: If the level has too few different boards.
    """
    if form not in FORMS:
        raise unknown("form of rows", form, FORMS)
    kind = world_of(world)
    for problem in different_boards([Part(world, level, split, count, start)], f"rows for {form}", workers=1):
        row = _row(kind, problem, form, shots)
        if row is not None:
            yield row


def _row(world: World, problem: Problem, form: RowForm, shots: int) -> dict[str, Any] | None:
    asked, address = messages(world, problem, shots=shots), str(problem.address)
    right = [{"role": "assistant", "content": f"{LABEL} {problem.solution}"}]
    match form:
        case "trl":
            return {"prompt": asked, "address": address}
        case "verl":
            extra = {"split": problem.address.split, "index": problem.address.index, "reward": "sparse"}
            return {
                "data_source": f"videorlvr/{world.id}",
                "prompt": asked,
                "ability": "planning",
                "reward_model": {"style": "rule", "ground_truth": address},
                "extra_info": extra,
            }
        case "sft":
            return {"messages": [*asked, *right], "address": address}
        case "dpo":
            wrong = _wrong(world, problem)
            if wrong is None:
                return None
            rejected = [{"role": "assistant", "content": f"{LABEL} {wrong}"}]
            return {"prompt": asked, "chosen": right, "rejected": rejected, "address": address}
    return {
        "address": address,
        "board": board_text(world, problem.grid, "drawn"),
        "moves": problem.solution,
        "trace": write_trace(world, problem, "expand"),
    }


def _wrong(world: World, problem: Problem) -> str | None:
    """Legal moves that do not solve; None where chance solves it again and again."""
    rng = seeding.rng("wrong-moves", str(problem.address))
    for _ in range(8):
        moves = world.random_moves(problem.grid, max(1, len(problem.solution)), rng)
        if moves and not judge(world, problem, moves, EXACT).success:
            return moves
    return None


def write_parquet(path: Path, listed: Iterator[dict[str, Any]]) -> int:
    """Write rows to a Parquet file; how many there were.

    Raises:
        ValueError: If pyarrow is not installed, or there are no rows.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ValueError("Parquet files are written with pyarrow: pip install 'videorlvr[bridges]'") from None
    found = list(listed)
    if not found:
        raise ValueError("there are no rows to write: ask for at least one problem")
    part = path.with_name(path.name + ".part")
    parquet.write_table(pyarrow.Table.from_pylist(found), part)
    part.replace(path)
    return len(found)
