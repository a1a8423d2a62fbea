"""Checks on a video policy before anything is learnt: does it see what it may not, and does its codec keep a board?"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from videorlvr.flow.at import At
from videorlvr.judge.pool import Judge
from videorlvr.models.api import Condition, Policy
from videorlvr.players.policy import condition_of
from videorlvr.players.rollouts import begin
from videorlvr.training.config import RunConfig
from videorlvr.training.device import generator_on
from videorlvr.training.doctor.check import Check, held, without
from videorlvr.training.task import Task
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem
from videorlvr.worlds.board import Layout
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.render import oracle_video

CELLS_PX = (8, 12, 16, 24, 32)
ALIGN_PX = 32
"""Sides of the frames in which other cells are tried: what every VAE of the field takes."""
NUM_BOARDS = 2


def is_of_videos(policy: Any) -> bool:
    return hasattr(policy, "velocity") and hasattr(policy, "encode")


def boards(task: Task) -> list[Problem]:
    world = world_of(task.world)
    return [task.shown(make_problem(world, task.level, "train", index)) for index in range(NUM_BOARDS)]


def oracle_passes(config: RunConfig, judge: Judge) -> Check:
    """The judge accepts the reference, and refuses a picture that stands still."""
    bad = []
    for task in config.tasks:
        for problem in boards(task):
            video = oracle_video(world_of(task.world), problem)
            good, still = judge([problem] * 2, np.stack([video, np.repeat(video[:1], len(video), axis=0)]))
            if not good.success or still.success:
                bad.append(f"{problem.address}: {good.reason or 'a still picture is accepted'}")
    return held(
        "judge on oracle videos",
        not bad,
        bad[0] if bad else f"{NUM_BOARDS * len(config.tasks)} accepted, as many still pictures refused",
        "the reward would be wrong: 'videorlvr worlds check' says what is the matter",
    )


@torch.no_grad()
def first_frame_leak(policy: Policy, config: Any) -> Check:
    """What is given is frame 0, it is held to the last bit, and nothing else of the condition is looked at."""
    name, remedy = (
        "first-frame leak",
        "Condition: free is False at frame 0 and nowhere else, and velocity reads no more",
    )
    worst = 0.0
    for task in config.tasks:
        problem = boards(task)[0]
        condition = condition_of(policy, [problem])
        free = condition.free.expand(condition.clean.shape)
        if bool(free[:, :, 0].any()) or not bool(free[:, :, 1:].all()):
            return Check(name, "fail", f"{task}: not frame 0, and it alone, is given", remedy)
        worst = max(worst, _sees(policy, condition, free))
        generator = generator_on(policy.device, 0)
        ids = np.zeros(1, np.int64)
        made = begin(
            policy, [problem], group_ids=ids, sampling=config.sampling, steps=None, generator=generator
        ).finish()
        moved = float((made.x0 - condition.clean)[~free].abs().max())
        if moved:
            return Check(name, "fail", f"{task}: a rollout's given frame moved by {moved:.2e}", remedy)
    return held(name, worst == 0, f"velocities change by {worst:.2e} with frames that are not given", remedy)


def _sees(policy: Policy, condition: Condition, free: Tensor) -> float:
    """Largest change of the velocity when what is not given of `clean` is another."""
    generator = generator_on(policy.device, 1)
    noise = torch.randn(condition.clean.shape, generator=generator, device=policy.device)
    x = torch.where(free, noise, condition.clean)
    velocities = []
    for clean in (condition.clean, torch.where(free, noise.flip(2), condition.clean)):
        other = dataclasses.replace(condition, clean=clean)
        chunk = policy.next_chunk(other, None)
        sigma = torch.full((len(x),), 0.5, device=policy.device)
        velocities.append(policy.velocity(x[:, :, chunk.frames], At(sigma), chunk.condition))
    own = free[:, :, : velocities[0].shape[2]]
    return float((velocities[0] - velocities[1])[own].abs().max())


@torch.no_grad()
def smallest_cell(policy: Policy, tasks: Sequence[Task], judge: Judge) -> Check:
    """Oracle videos through the policy's codec, scored by this judge: a board that the codec loses cannot be learnt."""
    lost, told = [], []
    for task in tasks:
        own = boards(task)[0].layout.cell_px
        survive = {cell: _survives(policy, task, cell, judge) for cell in sorted({own, *CELLS_PX})}
        fine = [cell for cell, kept in survive.items() if kept]
        smallest = f"{min(fine)} px" if fine else f"none up to {max(survive)} px"
        told.append(f"{task.world}: smallest cell that survives {smallest}, its own {own} px")
        if not survive[own]:
            lost.append(f"{task.world}: take frames whose cells have {smallest}")
    return held("oracle through the codec", not lost, "; ".join(told), "; ".join(lost))


def _survives(policy: Policy, task: Task, cell_px: int, judge: Judge) -> bool | None:
    """None where the policy makes no videos of that size."""
    for board in boards(task):
        layout = board.layout if board.layout.cell_px == cell_px else with_cells(board.layout, cell_px)
        problem = dataclasses.replace(board, layout=layout)
        try:
            policy.check_video(layout.height_px, layout.width_px, problem.num_frames)
        except ValueError:
            return None
        video = torch.from_numpy(oracle_video(world_of(task.world), problem))[None].to(policy.device)
        back = policy.decode(policy.encode(video)).cpu().numpy()
        if not judge([problem], back)[0].success:
            return False
    return True


def with_cells(layout: Layout, cell_px: int) -> Layout:
    """The same board in cells of this size, centred on whole cells in the smallest frame with sides that VAEs take."""
    height, width = (math.ceil(n * cell_px / ALIGN_PX) * ALIGN_PX for n in (layout.rows, layout.cols))
    return Layout(height, width, 0, 0, cell_px, layout.rows, layout.cols)


def seeing_checks(policy: Any, config: Any, judge: Judge) -> list[Check]:
    """Each by itself: what one of them raises is what it found."""
    names = ("first-frame leak", "oracle through the codec")
    if not is_of_videos(policy):
        return [
            oracle_passes(config, judge),
            *(without(name, "the policy makes no videos") for name in names),
        ]
    out = []
    looks: tuple[tuple[str, Callable[[], Check]], ...] = (
        ("judge on oracle videos", lambda: oracle_passes(config, judge)),
        (names[0], lambda: first_frame_leak(policy, config)),
        (names[1], lambda: smallest_cell(policy, config.tasks, judge)),
    )
    for name, look in looks:
        try:
            out.append(look())
        except Exception as error:  # whatever a policy or a judge raises is what is wrong with it
            out.append(
                Check(name, "fail", f"{type(error).__name__}: {error}", "mend what the sentence names")
            )
    return out
