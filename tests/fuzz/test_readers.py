"""Readers of files from strangers return or raise what they document, on what the fuzzer found and on small changes
of good files. `run_fuzzer.py` looks further, for as long as it is let."""

from __future__ import annotations

import ast
import os
import random
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from fuzz_targets import CORPUS, CUT, MAX_S, TARGETS, Target
from mutate import mutated
from PIL import Image

import videorlvr
from videorlvr.base.isolated import Lost, map_isolated
from videorlvr.base.media.png import png
from videorlvr.base.media.read import read_video
from videorlvr.base.media.video import VideoError
from videorlvr.base.media.write import write_mp4

NUM_CHANGES = 60
SOURCES = sorted(Path(videorlvr.__file__).parent.rglob("*.py"))


@pytest.fixture(scope="module", params=TARGETS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[bytes]]:
    """A target's name, and well-formed files for it."""
    name: str = request.param
    return name, TARGETS[name].seeds(tmp_path_factory.mktemp(name))


def test_good_files_are_read(case: tuple[str, list[bytes]], tmp_path: Path) -> None:
    name, seeds = case
    assert seeds
    for seed in seeds:
        assert TARGETS[name].feed(seed, tmp_path) == ""


def test_changed_files_are_read_or_refused(case: tuple[str, list[bytes]], tmp_path: Path) -> None:
    name, seeds = case
    rng = random.Random(name)
    outcomes = [
        _fed(TARGETS[name], mutated(rng.choice(seeds), rng, CUT), tmp_path) for _ in range(NUM_CHANGES)
    ]
    assert any(outcomes), "not one of the changes was refused: the target does not read what was changed"


@pytest.mark.parametrize(
    "file", sorted(CORPUS.glob("*/*")), ids=lambda file: f"{file.parent.name}/{file.name}"
)
def test_what_the_fuzzer_found_stays_fixed(file: Path, tmp_path: Path) -> None:
    _fed(TARGETS[file.parent.name], file.read_bytes(), tmp_path)


def _fed(target: Target, data: bytes, folder: Path) -> str:
    began = time.monotonic()
    outcome = target.feed(data, folder)
    assert time.monotonic() - began < MAX_S
    return outcome


def test_bombs_are_refused_before_they_go_off(tmp_path: Path) -> None:
    """A few bytes that ask for gigabytes, or for ever."""
    giant = png(np.zeros((1, 1, 3), np.uint8)).replace(b"IHDR" + b"\0\0\0\1" * 2, b"IHDR" + b"\0\1\0\0" * 2)
    head = giant.index(b"IHDR")
    crc = zlib.crc32(giant[head : head + 17]).to_bytes(4, "big")
    giant = giant[: head + 17] + crc + giant[head + 21 :]
    (tmp_path / "giant").mkdir()
    (tmp_path / "giant" / "0.png").write_bytes(giant)
    (tmp_path / "pipes").mkdir()
    os.mkfifo(tmp_path / "pipes" / "0.png")
    os.mkfifo(tmp_path / "pipe.mp4")
    os.mkfifo(tmp_path / "pipe.gif")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "0.png").symlink_to(tmp_path / "giant" / "0.png")
    with open(tmp_path / "sparse.mp4", "wb") as file:
        file.truncate(2**40)
    _gif(tmp_path / "hold.gif", side=1200, durations=[20, 20_000])
    _gif(tmp_path / "many.gif", side=2, durations=[20] * 4200)
    expected = {
        "giant": {"too_large", "unreadable_video"},
        "pipes": {"no_frames"},
        "pipe.mp4": {"missing_file"},
        "pipe.gif": {"missing_file"},
        "links": {"no_frames"},
        "sparse.mp4": {"too_large"},
        "hold.gif": {"over_budget"},
        "many.gif": {"too_many_frames"},
    }
    for name, reasons in expected.items():
        began = time.monotonic()
        with pytest.raises(VideoError) as caught:
            read_video(tmp_path / name)
        assert caught.value.reason in reasons, name
        assert time.monotonic() - began < 5, name


def test_a_frame_larger_than_its_screen_is_refused_undecoded(tmp_path: Path) -> None:
    """600 bytes of GIF, whose second frame states 150 million pixels."""
    found = (CORPUS / "gif" / "frame-larger-than-screen.gif").read_bytes()
    (tmp_path / "a.gif").write_bytes(found + bytes(8) + b";")  # the rest of the frame, and the trailer
    with pytest.raises(VideoError, match="too_large"):
        read_video(tmp_path / "a.gif")


def test_running_out_of_memory_is_told_from_a_broken_file(tmp_path: Path) -> None:
    """Whoever notices it: FFmpeg, which says the same of an absurd size in a file, or we."""
    write_mp4(tmp_path / "a.mp4", np.zeros((64, 1000, 1000, 3), np.uint8), fps=8)
    (answer,) = map_isolated(read_video, [tmp_path / "a.mp4"], memory_mb=160)
    assert isinstance(answer, Lost)
    assert answer.reason == "out_of_memory" or "too_large" in answer.detail


def _gif(path: Path, *, side: int, durations: list[int]) -> None:
    """Frames of changing grey, each shown for so many milliseconds."""
    frames = [Image.new("L", (side, side), 1 + index % 200) for index in range(len(durations))]
    frames[0].save(path, "GIF", save_all=True, append_images=frames[1:], duration=durations)


def test_no_pickle_anywhere() -> None:
    """Nothing reads a format that can run code: no pickle, no torch.load, no numpy file with objects, no eval."""
    assert len(SOURCES) > 50
    for path in SOURCES:
        faults = [_unsafe(node) for node in ast.walk(ast.parse(path.read_text()))]
        assert not any(faults), f"{path.name}: {[fault for fault in faults if fault]}"


def _unsafe(node: ast.AST) -> str:
    modules = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    match node:
        case ast.Import(names=names) if modules & {name.name.split(".")[0] for name in names}:
            return f"line {node.lineno} imports {names[0].name}"
        case ast.ImportFrom(module=str(module)) if module.split(".")[0] in modules:
            return f"line {node.lineno} imports from {module}"
        case ast.Call(func=ast.Attribute(value=ast.Name(id="torch"), attr="load")):
            return f"line {node.lineno} calls torch.load"
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="yaml"), attr="load" | "unsafe_load" | "full_load")
        ):
            return f"line {node.lineno} calls an unsafe yaml loader"
        case ast.Call(func=ast.Name(id="eval" | "exec")):
            return f"line {node.lineno} evaluates text"
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr="load")):
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            pickles = given.get("allow_pickle")
            if not (isinstance(pickles, ast.Constant) and pickles.value is False):
                return f"line {node.lineno} calls np.load without allow_pickle=False"
        case ast.Call(keywords=keywords):
            for keyword in keywords:
                if keyword.arg == "allow_pickle" and not (
                    isinstance(keyword.value, ast.Constant) and keyword.value.value is False
                ):
                    return f"line {node.lineno} allows pickle"
    return ""


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(path)",
        "torch.load(path, weights_only=True)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "np.lib.npyio.NpzFile(file, allow_pickle=flag)",
        "yaml.load(text, Loader)",
        "eval(text)",
    ],
)
def test_the_search_for_pickle_would_find_it(code: str) -> None:
    assert any(_unsafe(node) for node in ast.walk(ast.parse(code)))
    assert not any(_unsafe(node) for node in ast.walk(ast.parse("np.load(path, allow_pickle=False)")))
