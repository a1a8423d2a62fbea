"""VBVR-Bench's result files: both forms are read, and a model is compared with a control task by task."""

from __future__ import annotations

import json

import pytest

from videorlvr.evaluation.vbvr import compared, read_scores, table

TASKS = [f"G-{number}_a_task_data-generator" for number in range(1, 7)]


def written(path, score, *, form="samples", tasks=TASKS, videos=3):
    """A result file in which video v of task t has the score `score(t, v)`."""
    listed = []
    for place, task in enumerate(tasks):
        for video in range(videos):
            sample = {"task_name": task, "score": score(place, video), "dimensions": {}, "error": None}
            sample["split"] = "Out_of_Domain" if place % 2 else "In_Domain"
            named = {"video_file": f"{video:05d}.mp4"} if form == "samples" else {"video_idx": f"{video:05d}"}
            listed.append(sample | named)
    path.write_text(json.dumps({"model_name": "it", form: listed, "summary": {}}))
    return path


def test_a_model_that_is_ahead_in_all_tasks_is_better_and_one_that_is_not_is_not(tmp_path):
    control = read_scores(written(tmp_path / "control.json", lambda t, v: 0.5 + 0.02 * t))
    ahead = read_scores(written(tmp_path / "a.json", lambda t, v: 0.7 + 0.02 * t + 0.01 * v, form="detailed"))
    inside, outside = compared(ahead, control)
    assert (inside.name, outside.name) == ("in domain", "out of domain")
    assert (outside.tasks, outside.videos) == (3, 9)
    assert outside.model - outside.control == pytest.approx(0.21)
    assert outside.better
    assert table([outside])[1][-1] == "yes"
    # One task of three carries the mean: of the others nothing is known.
    lucky = read_scores(written(tmp_path / "b.json", lambda t, v: 1.0 if t == 1 else 0.5 + 0.02 * t))
    [_, outside] = compared(lucky, control)
    assert outside.model > outside.control
    assert not outside.better
    assert not any(split.better for split in compared(control, control))


def test_only_what_both_have_is_compared_and_failures_are_told(tmp_path):
    control = read_scores(written(tmp_path / "control.json", lambda t, v: 0.25, tasks=TASKS[:4]))
    path = written(tmp_path / "a.json", lambda t, v: 1.0 if v == 2 else 0.5)
    found = json.loads(path.read_text())
    failed = [sample for sample in found["samples"] if sample["video_file"] == "00002.mp4"]
    for sample in failed:
        sample |= {"score": 0.0, "error": "no video"}
    path.write_text(json.dumps(found))
    model = read_scores(path)
    assert model.failed == len(failed) == 6
    for split in compared(model, control):
        assert (split.tasks, split.videos, split.model) == (2, 4, 0.5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"samples": None}, "no result file of VBVR-Bench"),
        ({"samples": [{"split": "In_Domain", "task_name": "x", "score": 1}]}, "sample 0 is damaged"),
        ({"samples": [{"split": "Hidden", "task_name": "x", "video_idx": 1, "score": 1}]}, "split Hidden"),
        ({"samples": [{"split": "In_Domain", "task_name": "x", "video_idx": 1, "score": 7}]}, "score 7"),
        ({"samples": [{"split": "In_Domain", "task_name": "x", "video_idx": 1, "score": 1}] * 2}, "twice"),
    ],
)
def test_other_files_are_refused(tmp_path, change, said):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(change))
    with pytest.raises(ValueError, match=said):
        read_scores(path)


def test_files_of_other_benchmarks_are_not_compared(tmp_path):
    one = read_scores(written(tmp_path / "a.json", lambda t, v: 0.5, tasks=TASKS[:2]))
    with pytest.raises(ValueError, match="fewer than two tasks"):
        compared(one, one)
