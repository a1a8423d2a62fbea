"""Rows as verl-omni reads them, with first frames, and the reward of a video as it asks for it."""

import tempfile
from pathlib import Path

from pyarrow import parquet

from videorlvr.bridges.scoring import problem_at
from videorlvr.bridges.tables import write_parquet
from videorlvr.bridges.verl_omni import compute_score, rows
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import shown_as
from videorlvr.worlds.render import oracle_video

SIZE, FRAMES = (96, 128), 13

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "train.parquet"
    write_parquet(path, rows("sokoban", "micro", "train", 4, size=SIZE, num_frames=FRAMES, reward="dense-v1"))
    row = parquet.read_table(path).to_pylist()[0]
address, world = row["reward_model"]["ground_truth"], world_of("sokoban")
problem = shown_as(world, problem_at(address), size=SIZE, frames=FRAMES)
video = oracle_video(world, problem) / 255
print(sorted(row))
print(address, compute_score(row["data_source"], video, address, row["extra_info"]))
