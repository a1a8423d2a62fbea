"""Results go where they can be written, and never over what is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from videorlvr.base.files import write_bytes_atomic
from videorlvr.base.outputs import Claimed, check_output_folder, check_outputs


@pytest.fixture
def claimed(tmp_path: Path) -> Claimed:
    """A file and a folder that are read."""
    (tmp_path / "read.json").write_text("precious")
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "0.png").write_text("precious")
    out = Claimed()
    out.add(tmp_path / "read.json", "the manifest")
    out.add(tmp_path / "frames", "the video")
    return out


def plain(folder: Path) -> Path:
    return folder / "read.json"


def dotted(folder: Path) -> Path:
    return folder / "frames" / ".." / "read.json"


def relative(folder: Path) -> Path:
    return Path(os.path.relpath(folder / "read.json"))


def symbolic(folder: Path) -> Path:
    (folder / "link.json").symlink_to("read.json")
    return folder / "link.json"


def hard(folder: Path) -> Path:
    os.link(folder / "read.json", folder / "hard.json")
    return folder / "hard.json"


def through_a_linked_folder(folder: Path) -> Path:
    (folder / "elsewhere").symlink_to(folder, target_is_directory=True)
    return folder / "elsewhere" / "read.json"


def in_a_folder(folder: Path) -> Path:
    return folder / "frames" / "0.png"


def new_in_a_folder(folder: Path) -> Path:
    return folder / "frames" / "deep" / "new.json"


@pytest.mark.parametrize(
    "way",
    [
        plain,
        dotted,
        relative,
        symbolic,
        hard,
        through_a_linked_folder,
        in_a_folder,
        new_in_a_folder,
    ],
)
def test_what_is_read_is_never_written_over(way, claimed: Claimed, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"--json '.*' would write over the (manifest|video) '.*': choose"):
        check_outputs([("--json", way(tmp_path))], claimed)
    assert not (tmp_path / "frames" / "deep").exists()


def test_two_results_are_not_one_file(claimed: Claimed, tmp_path: Path) -> None:
    place = tmp_path / "x"
    with pytest.raises(ValueError, match=r"--report '.*x' would write over the file of --json"):
        check_outputs([("--json", place), ("--report", tmp_path / "frames" / ".." / "x")], claimed)


def test_a_place_that_can_be_written_stays_as_it_is(claimed: Claimed, tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("old")
    check_outputs([("--json", tmp_path / "old.json"), ("--report", tmp_path / "a" / "b" / "new")], claimed)
    check_output_folder("--overlay", tmp_path / "o", ["a.mp4"], claimed)
    assert (tmp_path / "old.json").read_text() == "old"
    assert os.listdir(tmp_path / "a" / "b") == os.listdir(tmp_path / "o") == []


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("frames", "is a folder: name a file"),
        ("read.json/x", "cannot be written"),
        ("/proc/none/x.json", "cannot be written"),
        ("pipe", "is a device or a pipe"),
        ("/dev/full", "is a device or a pipe"),
        ("x" * 300, "file name too long"),
    ],
)
def test_a_place_that_cannot_be_written_is_named(place: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    (tmp_path / "read.json").write_text("precious")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match=f"--json .*{said}"):
        check_outputs([("--json", tmp_path / place)], Claimed())


def test_a_folder_for_results_is_no_folder_of_what_is_read(claimed: Claimed, tmp_path: Path) -> None:
    for folder, said in (
        ("frames", "would write over the video"),
        ("frames/deeper", "would write over the video"),
        ("read.json", "would write over the manifest"),
        ("other", "is a file: name a folder"),
        ("full", "holds a folder 'a.mp4'"),
        ("linked", "would write over the manifest"),
    ):
        (tmp_path / "other").write_text("a file")
        (tmp_path / "full" / "a.mp4").mkdir(parents=True, exist_ok=True)
        (tmp_path / "linked").mkdir(exist_ok=True)
        if not (tmp_path / "linked" / "a.mp4").exists():
            os.link(tmp_path / "read.json", tmp_path / "linked" / "a.mp4")
        with pytest.raises(ValueError, match=said):
            check_output_folder("--overlay", tmp_path / folder, ["b.mp4", "a.mp4"], claimed)


def test_a_device_or_a_pipe_is_never_replaced(tmp_path: Path) -> None:
    """As root, renaming onto /dev/null would take it from everyone."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match=r"pipe' is a device or a pipe"):
        write_bytes_atomic(tmp_path / "pipe", b"x")
    assert os.listdir(tmp_path) == ["pipe"]
    assert not (tmp_path / "pipe").is_file()
