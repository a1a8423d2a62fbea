"""Rows as TRL and verl read them, and the score of a reply as verl asks for it."""

import tempfile
from pathlib import Path

from pyarrow import parquet

from videorlvr.bridges.scoring import compute_score, problem_at
from videorlvr.bridges.tables import rows, write_parquet

with tempfile.TemporaryDirectory() as folder:
    for form in ("trl", "verl", "sft", "dpo"):
        path = Path(folder) / f"{form}.parquet"
        write_parquet(path, rows("sokoban", "micro", "train", 4, form))
        print(form, parquet.read_table(path).column_names)
    row = parquet.read_table(Path(folder) / "verl.parquet").to_pylist()[0]
    address = row["reward_model"]["ground_truth"]
    reply = f"MOVES: {problem_at(address).solution}"
    print(address, compute_score(row["data_source"], reply, address, row["extra_info"]))
