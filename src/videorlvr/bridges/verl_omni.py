"""Hand-over to verl-omni, which trains video policies on Ray clusters: its rows, and the judge as its reward function.

    reward.custom_reward_function.path=.../videorlvr/bridges/verl_omni.py
    reward.custom_reward_function.name=compute_score

Law: a row's ground truth is an address, and the reward is the judge's verdict on the whole video, in the size and
number of frames that it has. A video that was decoded from latents is judged with the tolerance `declared`.

Source: verl-omni's examples/dancegrpo_trainer (rows, its Wan2.2 recipe; commits 18a54c21, 04eaf004) and
utils/reward_score/hpsv3_reward.py (arguments, shapes, the key `score`; 084fdc93), read and not run. Its data class is
verl's, which takes pictures from `images` where a message says `<image>`. Not known: whether a first frame reaches its
pipeline, of which it has no example.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.bridges.scoring import SPARSE, problem_at
from videorlvr.judge.door import judge
from videorlvr.judge.reward import reward_of
from videorlvr.judge.tolerance import DECLARED
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, Split, Video
from videorlvr.worlds.different import Part, different_boards
from videorlvr.worlds.problems import shown_as
from videorlvr.worlds.render import first_frame

ABILITY = "ti2v"
PICTURE = "<image>"


def rows(
    world: str,
    level: str,
    split: Split,
    count: int,
    *,
    size: tuple[int, int],
    num_frames: int,
    reward: str = SPARSE,
    start: int = 0,
) -> Iterator[dict[str, Any]]:
    """`count` problems, no board twice, as rows of verl-omni's Parquet files (`tables.write_parquet`).

    Args:
        size: Height and width that `rollout.pipeline` makes. num_frames: how many frames.
        reward: The reward of a verdict, by its name in the world.

    Raises:
        ChoiceError: For a reward that there is not.
        ValueError: If a board does not fit the size, or its solution the frames.
    """
    reward_of(world, reward)
    for problem in different_boards(
        [Part(world, level, split, count, start)], "rows for verl-omni", workers=1
    ):
        shown = shown_as(world_of(world), problem, size=size, frames=num_frames)
        yield _row(shown, reward)


def _row(problem: Problem, reward: str) -> dict[str, Any]:
    world, place = world_of(problem.address.world), problem.address
    return {
        "data_source": f"videorlvr/{world.id}",
        "prompt": _messages(f"{PICTURE}{problem.prompt}"),
        "negative_prompt": _messages(" "),
        "images": [{"bytes": _png(first_frame(world, problem))}],
        "ability": ABILITY,
        "reward_model": {"style": "rule", "ground_truth": str(place)},
        "extra_info": {"split": place.split, "index": place.index, "reward": reward},
    }


def _messages(words: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": ""}, {"role": "user", "content": words}]


def _png(picture: npt.NDArray[np.uint8]) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()


def compute_score(
    data_source: str,
    solution_image: Any,
    ground_truth: str,
    extra_info: Mapping[str, Any] | None = None,
    **_: Any,
) -> dict[str, float]:
    """What verl-omni asks of a reward function: `score`, and what its metrics are told beside it.

    Args:
        solution_image: One video with values in [0, 1], [T, H, W, 3] or [3, T, H, W], or either with a first axis of 1;
            an array or a tensor.
        ground_truth: The address.
        extra_info: Its `reward` names the reward; `sparse` where it does not.

    Raises:
        ValueError: For what is no address, or no video.
    """
    problem = problem_at(ground_truth)
    world, video = world_of(problem.address.world), as_video(solution_image)
    num_frames, height, width, _channels = video.shape
    problem = shown_as(world, problem, size=(height, width), frames=num_frames)
    verdict = judge(world, problem, video, DECLARED)
    reward = str((extra_info or {}).get("reward", SPARSE))
    return {
        "score": reward_of(world.name, reward)(verdict.components),
        "success": float(verdict.success),
        "legal_until": float(num_frames if verdict.frame is None else verdict.frame),
    }


def as_video(given: Any) -> Video:
    """uint8 [T, H, W, 3] of a video with values in [0, 1], whatever the order of its axes.

    Raises:
        ValueError: For another shape, or values that are not in [0, 1].
    """
    values = np.asarray(given.detach().float().cpu() if hasattr(given, "detach") else given)
    if values.ndim == 5 and len(values) == 1:
        values = values[0]
    if values.ndim == 4 and values.shape[-1] != 3 and values.shape[0] == 3:
        values = values.transpose(1, 2, 3, 0)
    if values.ndim != 4 or values.shape[-1] != 3:
        raise ValueError(
            f"a video of shape {np.shape(given)}: expected [T, H, W, 3] or [3, T, H, W]; set "
            "rollout.pipeline.output_type to np"
        )
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    if not (np.isfinite(values).all() and values.min() >= -1e-3 and values.max() <= 1 + 1e-3):
        raise ValueError(
            f"a video with values from {values.min():g} to {values.max():g}: expected numbers from 0 to 1"
        )
    return np.ascontiguousarray((values.astype(np.float64) * 255).round().clip(0, 255).astype(np.uint8))
