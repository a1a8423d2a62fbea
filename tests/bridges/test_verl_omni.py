"""The hand-over to verl-omni: rows in its format, and a reward function that takes what it gives."""

from __future__ import annotations

import io
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from videorlvr.base.choices import ChoiceError
from videorlvr.bridges.scoring import problem_at
from videorlvr.bridges.tables import write_parquet
from videorlvr.bridges.verl_omni import PICTURE, as_video, compute_score, rows
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import shown_as
from videorlvr.worlds.render import oracle_video

SIZE, FRAMES = (96, 128), 13
EXAMPLE = Path(__file__).parents[2] / "examples" / "bridges" / "verl_omni_rows.py"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path_factory.mktemp("rows") / "train.parquet"
    listed = rows("maze", "micro", "train", 3, size=SIZE, num_frames=FRAMES, reward="dense-v1")
    assert write_parquet(path, listed) == 3
    return parquet.read_table(path).to_pylist()


def shown(row):
    address = row["reward_model"]["ground_truth"]
    return shown_as(world_of("maze"), problem_at(address), size=SIZE, frames=FRAMES)


def test_rows_are_in_its_format(written):
    for row in written:
        asked = {
            "data_source",
            "prompt",
            "negative_prompt",
            "images",
            "ability",
            "reward_model",
            "extra_info",
        }
        assert set(row) == asked
        for key in ("prompt", "negative_prompt"):
            assert [message["role"] for message in row[key]] == ["system", "user"]
        problem = shown(row)
        assert row["prompt"][1]["content"] == PICTURE + problem.prompt
        [picture] = row["images"]
        pixels = np.asarray(Image.open(io.BytesIO(picture["bytes"])))
        np.testing.assert_array_equal(pixels, oracle_video(world_of("maze"), problem)[0])
    assert len({row["reward_model"]["ground_truth"] for row in written}) == 3


@pytest.mark.parametrize("form", ["array", "tensor", "channels first", "one of a batch", "bytes"])
def test_a_solution_is_worth_1_in_every_form_that_it_comes_in(written, form):
    """Called by name with more than it asks for, as its reward manager does."""
    video = oracle_video(world_of("maze"), shown(written[0]))
    unit = video.astype(np.float32) / 255
    given = {
        "array": unit,
        "tensor": torch.from_numpy(unit).to(torch.bfloat16),
        "channels first": unit.transpose(3, 0, 1, 2),
        "one of a batch": unit[None],
        "bytes": video,
    }[form]
    row = written[0]
    told = compute_score(
        data_source=row["data_source"],
        solution_image=given,
        ground_truth=row["reward_model"]["ground_truth"],
        extra_info=row["extra_info"],
        model_name=None,
        reward_router_address=None,
    )
    assert told == {"score": 1.0, "success": 1.0, "legal_until": float(FRAMES)}


def test_what_is_no_solution_is_worth_what_its_reward_says(written):
    row = written[0]
    video = oracle_video(world_of("maze"), shown(row))
    half = video.copy()
    half[2:] = video[1]
    address = row["reward_model"]["ground_truth"]
    dense = compute_score(row["data_source"], half, address, row["extra_info"])
    assert 0 < dense["score"] < 1
    assert dense["success"] == 0
    assert compute_score(row["data_source"], half, address)["score"] == 0  # sparse
    frozen = np.repeat(video[:1], FRAMES, axis=0)
    assert compute_score(row["data_source"], frozen, address, row["extra_info"])["score"] < dense["score"]


def test_its_example_runs(written, capsys):
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert "'score': 1.0" in capsys.readouterr().out


def test_mistakes_are_said(written):
    with pytest.raises(ValueError, match=r"shape \(4, 8, 8\)"):
        as_video(np.zeros((4, 8, 8)))
    with pytest.raises(ValueError, match="from -1 to 1: expected numbers from 0 to 1"):
        as_video(np.linspace(-1, 1, 2 * 8 * 8 * 3).reshape(2, 8, 8, 3))
    with pytest.raises(ChoiceError, match="dense-v1"):
        next(rows("maze", "micro", "train", 1, size=SIZE, num_frames=FRAMES, reward="dense-v2"))
    with pytest.raises(ValueError, match="frames"):
        next(rows("maze", "micro", "train", 1, size=SIZE, num_frames=2))
    with pytest.raises(ValueError, match="no address"):
        compute_score("x", np.zeros((4, 96, 128, 3)), "x")
