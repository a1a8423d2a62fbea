"""Result files of VBVR-Bench, read beside those of a control: is a model better than a frozen frame there?

Its evaluators give scores from 0 to 1 and no verdicts, and a video that shows nothing earns much of them; so a mean
alone says little. Run its evaluation on a folder of videos that hold the first frame, and compare with that file.

Law: only videos that both files have are compared, by task and number; the unit is the task, whose videos share a
generator and an evaluator. A model is better where the whole 95% interval of the mean difference lies above 0.

Source: VBVR-EvalKit's run_evaluation.py (`samples`; commit 7a6d4dc5) and vbvr_bench/__init__.py (`detailed`; 298e637d).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from videorlvr.base.records import read_json_object
from videorlvr.base.stats import student_interval

SPLITS = {"In_Domain": "in domain", "Out_of_Domain": "out of domain"}
Place = tuple[str, str]
"""(task, video's number as text)."""


@dataclass(frozen=True)
class Scores:
    """of: the score of each video, by split, then by task and number. failed: videos whose evaluator failed, which the
    benchmark counts as 0, and which are left out here."""

    of: Mapping[str, Mapping[Place, float]]
    failed: int


@dataclass(frozen=True)
class Split:
    """Means over tasks, on what both have. difference: model - control, with its 95% interval over tasks."""

    name: str
    tasks: int
    videos: int
    model: float
    control: float
    difference: tuple[float, float]

    @property
    def better(self) -> bool:
        return self.difference[0] > 0


def read_scores(path: Path) -> Scores:
    """The scores of a result file, of either form.

    Raises:
        ValueError: If it is no such file, or damaged.
    """
    found = read_json_object(path)
    samples = found.get("samples", found.get("detailed"))
    if not isinstance(samples, list) or not samples:
        raise ValueError(
            f"'{path}' is no result file of VBVR-Bench: it has no 'samples' and no 'detailed'; give the file that its "
            "evaluation wrote, NAME_vbvr_results.json or NAME_eval_results.json"
        )
    of: dict[str, dict[Place, float]] = {name: {} for name in SPLITS}
    failed = 0
    for number, sample in enumerate(samples):
        if sample.get("error"):
            failed += 1
            continue
        split, place, score = _read(sample, f"'{path}', sample {number}")
        if place in of[split]:
            raise ValueError(f"'{path}' has video {place[1]} of {place[0]} twice: evaluate one model a file")
        of[split][place] = score
    return Scores(of, failed)


def _read(sample: Mapping[str, Any], where: str) -> tuple[str, Place, float]:
    try:
        split, task = str(sample["split"]), str(sample["task_name"])
        video = str(sample["video_idx"] if "video_idx" in sample else sample["video_file"])
        score = float(sample["score"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{where} is damaged: {error!r}; expected split, task_name, video and score"
        ) from None
    if split not in SPLITS or not 0 <= score <= 1:
        raise ValueError(
            f"{where}: split {split} and score {score:g}; expected one of {[*SPLITS]} and 0 to 1"
        )
    return split, (task, video.removesuffix(".mp4")), score


def compared(model: Scores, control: Scores) -> list[Split]:
    """The splits that both have, in the benchmark's order.

    Raises:
        ValueError: If no video is in both.
    """
    out = []
    for split, name in SPLITS.items():
        both = model.of[split].keys() & control.of[split].keys()
        tasks: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for place in sorted(both):
            tasks[place[0]].append((model.of[split][place], control.of[split][place]))
        if len(tasks) < 2:
            continue
        means = np.array([np.mean(pairs, axis=0) for pairs in tasks.values()])
        interval = student_interval(means[:, 0] - means[:, 1])
        own, other = (float(mean) for mean in means.mean(axis=0))
        out.append(Split(name, len(tasks), len(both), own, other, interval))
    if not out:
        raise ValueError(
            "the two files share videos of fewer than two tasks: evaluate model and control on the same benchmark"
        )
    return out


def table(splits: list[Split]) -> list[list[str]]:
    """Lines of text, the first of them the head."""
    head = ["split", "tasks", "videos", "model", "control", "difference", "better"]
    body = []
    for split in splits:
        low, high = split.difference
        told = f"{split.model - split.control:+.3f} [{low:+.3f}, {high:+.3f}]"
        numbers = [str(split.tasks), str(split.videos), f"{split.model:.3f}", f"{split.control:.3f}"]
        body.append([split.name, *numbers, told, "yes" if split.better else "no"])
    return [head, *body]
