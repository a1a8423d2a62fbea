"""Which of the files of a folder stands for a problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from videorlvr.evaluation.candidates import find_videos


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (["a.mp4"], ["a.mp4"]),
        (["a.MP4"], ["a.MP4"]),
        (["a/0.png"], ["a"]),
        (["a/"], ["a"]),
        (["a.mp4", "a/"], ["a.mp4"]),
        (["a.mp4", "a/notes.txt"], ["a.mp4"]),
        (["a.mp4", "a/.0.png"], ["a.mp4"]),
        (["a.mp4", "a/0.png"], ["a", "a.mp4"]),
        (["a.mp4", "a/0.PNG"], ["a", "a.mp4"]),
        (["a.mp4", "a.webm"], ["a.mp4", "a.webm"]),
        (["a.mp4", "a.json", "a.txt"], ["a.mp4"]),
        (["a/0.png", "a.json"], ["a"]),
        (["a.xyz"], ["a.xyz"]),
        (["a.json", "a.xyz"], ["a.json"]),
        (["a.frames/0.png"], ["a.frames"]),
        (["a.mp4", "a.frames/0.png"], ["a.mp4"]),
        (["b.mp4", "aa.mp4", "._a.mp4"], []),
        (["a.b.mp4"], []),
    ],
    ids=" ".join,
)
def test_candidates(there: list[str], expected: list[str], tmp_path: Path) -> None:
    for name in there:
        place = tmp_path / name
        (place if name.endswith("/") else place.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            place.write_text("something")
    assert find_videos(tmp_path, ["a"]) == {"a": [tmp_path / name for name in expected]}


def test_dots_in_ids(tmp_path: Path) -> None:
    for name in ("a.b.mp4", "a.b", "a.mp4"):
        (tmp_path / name).write_text("something")
    found = find_videos(tmp_path, ["a", "a.b"])
    assert found == {"a": [tmp_path / "a.mp4"], "a.b": [tmp_path / "a.b.mp4"]}


def test_every_id_is_there_and_in_order(tmp_path: Path) -> None:
    (tmp_path / "c.gif").write_text("something")
    assert list(find_videos(tmp_path, ["c", "a", "b"])) == ["c", "a", "b"]
