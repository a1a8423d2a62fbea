"""Tasks in frames of another size and number: what is drawn, judged, stored and refused."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from torch import nn

from videorlvr.evaluation.anew import difference
from videorlvr.evaluation.export import export
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.methods.video.sft import METHOD as SFT
from videorlvr.methods.video.sft.config import SFTConfig
from videorlvr.models.config import DiTConfig
from videorlvr.models.load import new_policy, weights_hash
from videorlvr.models.module import frozen_copy
from videorlvr.training.data import OracleVideos
from videorlvr.training.problems import make_run
from videorlvr.training.run import train
from videorlvr.training.state import Part
from videorlvr.training.task import Task
from videorlvr.training.validate import Validation
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem
from videorlvr.worlds.board import Layout
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.render import oracle_video

CPU = torch.device("cpu")


def task_of(text):
    return Task.model_validate(text)


@pytest.mark.parametrize(("world", "level", "frames"), [("flowfree", "micro", 17), ("sokoban", "small", 21)])
def test_a_letterboxed_batch_is_what_the_hand_draws_and_the_judge_accepts(world, level, frames):
    """Rooms of Sokoban have 6 or 7 cells a side, so their cells differ in size."""
    task = task_of(f"{world}:{level}@160x224x{frames}")
    pool = OracleVideos(task, seed=0, start=6, grow=0, size=6, workers=None, num_workers=0, device=CPU)
    videos, indices = pool.batch(0, 6).numpy(), (pool.first + pool._indices(0, 6)).tolist()
    assert videos.shape == (6, frames, 160, 224, 3)
    assert pool.num_frames == frames
    cells = set()
    for video, index in zip(videos, indices, strict=True):
        problem = task.shown(make_problem(world_of(world), level, "train", index))
        cells.add(problem.layout.rows)
        assert np.array_equal(video, oracle_video(world_of(world), problem))
        assert judge(world_of(world), problem, video, EXACT).success
    assert not judge(world_of(world), problem, np.repeat(video[:1], frames, axis=0), EXACT).success
    assert len(cells) == (2 if world == "sokoban" else 1)


def test_rl_and_validation_meet_problems_as_the_task_shows_them():
    task = task_of("maze:micro@64x96x13")
    [problem] = make_run(task, 5, 1)
    assert (problem.layout.height_px, problem.layout.width_px, problem.num_frames) == (64, 96, 13)
    config = SFTConfig(tasks=[task], num_steps=1, num_val=2)
    for shown in Validation(config, None)._problems(task):
        assert (shown.layout.height_px, shown.num_frames) == (64, 13)


def test_cells_lie_on_whole_latent_positions_where_the_frame_allows_it():
    layout = Layout.letterboxed(7, 7, height_px=480, width_px=832, align_px=16)
    assert (layout.cell_px, layout.top_px % 16, layout.left_px % 16) == (64, 0, 0)
    small = Layout.letterboxed(7, 7, height_px=96, width_px=96, align_px=16)
    assert small.cell_px == 13  # no cell of 16 fits, and a smaller multiple there is none
    assert Layout.letterboxed(7, 7, height_px=480, width_px=832).cell_px == 68


def test_boards_of_a_task_are_exported_and_believed_as_it_shows_them(tmp_path):
    """What is trained on and what is scored lie alike, and nothing else is believed of a manifest."""
    manifest = export(world_of("maze"), "micro", "test", 1, tmp_path / "out", size=(96, 160), align_px=16)
    told = Problem.from_json(json.loads(manifest.read_text())["problem"])
    problem = make_problem(world_of("maze"), "micro", "test", told.address.index)
    shown = task_of("maze:micro@96x160").shown(problem)
    assert told.layout == shown.layout
    assert difference(told) == ""
    moved = dataclasses.replace(
        told, layout=dataclasses.replace(told.layout, left_px=told.layout.left_px + 1)
    )
    assert "differs in layout" in difference(moved)


def test_a_task_is_stored_as_it_was_where_nothing_of_its_frames_is_said():
    assert task_of("maze:micro").model_dump() == {"world": "maze", "level": "micro"}
    sized = task_of("maze:micro@64x96x13")
    assert Task.model_validate(json.loads(sized.model_dump_json())) == sized
    assert str(sized) == "maze:micro@64x96x13"
    assert str(task_of("maze:micro@64x96")) == f"maze:micro@64x96x{sized.of_level.num_frames}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("maze:micro@64", "expected HxW or HxWxFRAMES"),
        ("maze:micro@16x16x9", "cells need at least 8 px"),
        ("sokoban:small@256x256x5", "take at least"),
    ],
)
def test_frames_that_show_no_solution_are_refused(text, said):
    with pytest.raises(ValueError, match=said):
        task_of(text)


def test_a_policy_of_other_sizes_refuses_the_run_before_it_begins(tmp_path):
    config = SFTConfig(
        tasks=["maze:micro@60x96x13"], model=DiTConfig(width=32, depth=1, heads=2), num_steps=1
    )
    policy = new_policy(config.model, seed=0, device=CPU)
    with pytest.raises(ValueError, match="nearest size is 64x96"):
        train(SFT, config, policy, tmp_path / "run")


def test_sft_trains_on_letterboxed_videos(tmp_path):
    model = DiTConfig(width=32, depth=1, heads=2)
    config = SFTConfig(
        tasks=["maze:micro@32x48x9"], model=model, num_steps=2, batch=2, pool_start=4, pool_size=4, warmup=0,
        num_workers=0, validate_every=2, num_val=2, sampling={"steps": 2}, device="cpu",
    )  # fmt: skip
    policy = new_policy(model, seed=0, device=CPU)
    folder = train(SFT, config, policy, tmp_path / "run")
    line = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    assert folder.is_dir()
    assert "val/success/maze" in line


def test_an_average_holds_only_what_is_trained():
    module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2))
    module[0].requires_grad_(False)
    part = Part(module, ema=0.5)
    assert part.average[0].weight is module[0].weight
    assert part.average[1].weight is not module[1].weight
    before = module[1].weight.detach().clone()
    with torch.no_grad():
        module[1].weight += 1
    part.update_average(10**6)
    assert torch.allclose(part.average[1].weight, before + 0.5)
    assert torch.equal(frozen_copy(module)[1].weight, before + 1)
    assert all(value.requires_grad for value in module[1].parameters())


def test_the_hash_of_weights_is_of_subfolders_too(tmp_path):
    (tmp_path / "vae").mkdir()
    (tmp_path / "model_index.json").write_text("{}")
    (tmp_path / "vae" / "weights").write_text("a")
    first = weights_hash(tmp_path)
    (tmp_path / "vae" / "weights").write_text("b")
    second = weights_hash(tmp_path)
    (tmp_path / "vae").rename(tmp_path / "text")
    assert len({first, second, weights_hash(tmp_path)}) == 3
