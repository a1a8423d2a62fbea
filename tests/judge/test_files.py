"""Other people's videos: what the way of showing does to pixels changes no verdict, what is shown does."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from videorlvr.base import seeding
from videorlvr.base.media.h264 import through_h264
from videorlvr.base.media.png import write_png
from videorlvr.base.media.write import animated_webp, write_mp4
from videorlvr.evaluation.candidates import find_videos
from videorlvr.judge import files
from videorlvr.judge.door import inspect
from videorlvr.judge.finding import Finding
from videorlvr.judge.locate import Found, find_board
from videorlvr.judge.tolerance import DECLARED
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Cheat, Problem, Video, World
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.render import oracle_video

Change = Callable[[Video], Video]
WORLD_LIST = list(WORLDS.values())


def problem_of(world: World, index: int = 0) -> Problem:
    return make_problem(world, "small", "val", index)


def each(change: Callable[[Image.Image], Image.Image]) -> Change:
    return lambda video: np.stack([np.asarray(change(Image.fromarray(picture))) for picture in video])


def scaled(factor: float, stretch: float = 1.0) -> Change:
    def change(image: Image.Image) -> Image.Image:
        return image.resize((round(image.width * factor * stretch), round(image.height * factor)))

    return each(change)


def padded(height_px: int, width_px: int, top_px: int, left_px: int, colour: tuple[int, ...]) -> Change:
    def change(image: Image.Image) -> Image.Image:
        page = Image.new("RGB", (width_px, height_px), colour)
        page.paste(image, (left_px, top_px))
        return page

    return each(change)


def tinted(gain: tuple[float, ...], offset: tuple[float, ...]) -> Change:
    return lambda video: np.clip(video * np.array(gain) + np.array(offset), 0, 255).astype(np.uint8)


def drifting(video: Video) -> Video:
    steps = np.linspace(0, 30, len(video)).astype(int)[:, None, None, None]
    return np.clip(video.astype(int) + steps, 0, 255).astype(np.uint8)


def chain(*changes: Change) -> Change:
    def change(video: Video) -> Video:
        for one in changes:
            video = one(video)
        return video

    return change


CHANGES: dict[str, Change] = {
    "letterbox": chain(scaled(3), padded(260, 180, 44, 6, (0, 0, 0))),
    "pillarbox": chain(scaled(3), padded(180, 320, 6, 70, (0, 0, 0))),
    "bars of another colour, off centre": chain(scaled(2.7), padded(160, 300, 3, 25, (20, 90, 30))),
    "half a cell aside": chain(scaled(4), padded(248, 248, 16, 16, (120, 120, 124))),
    "8% wider": scaled(4, 1.08),
    "6% larger, cut": chain(scaled(3.2), padded(180, 180, 0, 0, (0, 0, 0))),
    "cells of 7 px": scaled(0.875),
    "darker": tinted((0.75,) * 3, (0, 0, 0)),
    "limited range": tinted((0.86,) * 3, (16,) * 3),
    "warmer": tinted((1.1, 1.0, 0.8), (5, 0, 12)),
    "letterbox, warmer": chain(
        scaled(3), padded(260, 180, 44, 6, (0, 0, 0)), tinted((1.0, 0.95, 0.8), (5, 0, 12))
    ),
    "drifts": drifting,
    "drifts in bars": chain(drifting, scaled(3), padded(180, 320, 6, 70, (0, 0, 0))),
    "24 frames a second": lambda video: video.repeat(6, axis=0),
}


def written(path: Path, video: Video, *, lossless: bool = True) -> Path:
    even = video[:, : video.shape[1] // 2 * 2, : video.shape[2] // 2 * 2]
    write_mp4(path, video if lossless else even, fps=8, lossless=lossless)
    return path


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("world", WORLD_LIST, ids=WORLDS)
def test_the_oracle_passes_however_it_is_shown(world: World, name: str, tmp_path: Path) -> None:
    problem = problem_of(world)
    video = CHANGES[name](oracle_video(world, problem))
    for lossless in (True,) if name == "cells of 7 px" else (True, False):
        finding = inspect(
            WORLDS[problem.address.world],
            problem,
            [written(tmp_path / "v.mp4", video, lossless=lossless)],
            DECLARED,
        )
        assert finding.verdict.success, (finding.verdict.reason, finding.why, lossless)


@pytest.mark.parametrize("kind", [".webp", ".gif", "/"])
def test_pictures_in_sequence_are_judged(kind: str, tmp_path: Path) -> None:
    """Their equal frames are one longer picture, so a count that is too low would be refused."""
    problem = problem_of(WORLDS["maze"])
    video = CHANGES["letterbox"](oracle_video(WORLDS["maze"], problem))
    path = tmp_path / f"v{kind.rstrip('/')}"
    if kind == ".webp":
        path.write_bytes(animated_webp(video, fps=8))
    elif kind == ".gif":
        frames = [Image.fromarray(picture) for picture in video]
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=125)
    else:
        for index, picture in enumerate(video):
            write_png(path / f"{index}.png", picture)
    finding = inspect(WORLDS[problem.address.world], problem, [path], DECLARED)
    assert finding.verdict.success
    assert finding.video is not None
    assert len(finding.video) == len(video)


def is_a_file(video: Video | None) -> bool:
    """Cheats of the array's form alone (floats, channels, no frames) cannot be written to a file at all."""
    return video is not None and video.dtype == np.uint8 and video.shape[3:] == (3,) and len(video) > 0


SHOWN_AS_THE_PROBLEM = ("doubled-size", "wrong-size")
"""Cheats of size: in a file another size is no cheat, as long as the whole board is there."""
DISGUISE = chain(scaled(2.4), padded(140, 210, 5, 11, (20, 90, 30)), tinted((0.85, 0.9, 0.8), (10, 5, 20)))


def looked_at_again(problem: Problem, video: Video) -> Finding:
    """As a file without loss of these frames."""
    return inspect(WORLDS[problem.address.world], problem, video, DECLARED)


@pytest.fixture
def found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Boards are looked for in first frames alone, and most cheats share theirs: it is searched once."""
    known: dict[bytes, Found | None] = {}

    def find(video: Video, **given: Any) -> Found | None:
        key = video[0].tobytes() + repr(video.shape[1:]).encode()
        if key not in known:
            known[key] = find_board(video, **given)
        return known[key]

    monkeypatch.setattr(files, "find_board", find)


@pytest.mark.usefixtures("found_once")
@pytest.mark.parametrize("world", WORLD_LIST, ids=WORLDS)
def test_no_cheat_passes_by_being_looked_for(world: World) -> None:
    """In bars, scaled and tinted, cheats are refused for their own reasons or for what their first frame is
    not, or undecidable. Of those that the shared code decides, one in three is tried for each world."""
    problem, others = make_problem(world, "micro", "val", 1), {"wrong_start", "wrong_size", "undecidable"}
    shared = {cheat.name for other in WORLD_LIST if other is not world for cheat in other.cheats}
    for number, cheat in enumerate(world.cheats):
        if cheat.name in shared and number % 3 != WORLD_LIST.index(world):
            continue
        video = cheat.make(world, problem, seeding.rng("cheat", cheat.name))
        if video is None or not is_a_file(video) or len(video) > 200 or cheat.name in SHOWN_AS_THE_PROBLEM:
            continue
        verdict = looked_at_again(problem, DISGUISE(video)).verdict
        assert not verdict.success, cheat.name
        allowed = {*cheat.reasons, "undecidable"} | (others if "wrong_start" in cheat.reasons else set())
        assert verdict.reason in allowed, (cheat.name, verdict.reason)


def faint(video: Video) -> Video:
    """What differs from the first frame is drawn at 40%."""
    return (video[0] + 0.4 * (video.astype(float) - video[0])).round().astype(np.uint8)


def test_faint_marks_stay_faint() -> None:
    """A correction of colours is measured on the first frame, so it cannot lift marks that are fainter."""
    world, problem = WORLDS["flowfree"], problem_of(WORLDS["flowfree"])
    video = tinted((0.75,) * 3, (0,) * 3)(faint(oracle_video(world, problem)))
    assert looked_at_again(problem, video).verdict.reason in ("unreadable", "not_joined")


UNDECIDABLE: dict[str, tuple[Change, str]] = {
    "3 px cells": (scaled(0.375), "px are needed"),
    "7 px cells in 4:2:0": (
        lambda video: through_h264(scaled(0.875)(video)[:, :34, :34], crf=26),
        "confidence of only",
    ),
    "blurred": (
        chain(scaled(4), each(lambda image: image.filter(ImageFilter.GaussianBlur(5.5)))),
        "resembles the problem",
    ),
}


@pytest.mark.parametrize(
    ("world", "name"),
    [*itertools.product(WORLD_LIST, ("3 px cells", "blurred")), (WORLDS["flowfree"], "7 px cells in 4:2:0")],
    ids=lambda value: getattr(value, "name", value),
)
def test_what_cannot_be_read_is_undecidable_with_why(world: World, name: str, tmp_path: Path) -> None:
    problem, (change, why) = problem_of(world), UNDECIDABLE[name]
    finding = inspect(
        WORLDS[problem.address.world],
        problem,
        [written(tmp_path / "v.mp4", change(oracle_video(world, problem)))],
        DECLARED,
    )
    assert (finding.verdict.success, finding.verdict.reason) == (False, "undecidable")
    assert why in finding.why


@pytest.mark.parametrize(
    ("radius_px", "expected"), [(1, "unreadable"), (4, "undecidable")], ids=["clear start", "hazy start"]
)
def test_a_smear_is_a_refusal_where_the_first_frame_is_clear(radius_px: float, expected: str) -> None:
    """`unreadable` speaks of the video, `undecidable` of the file: the first frame tells them apart."""
    world, problem = WORLDS["maze"], problem_of(WORLDS["maze"])
    video = oracle_video(world, problem)
    video[-2] = (video[-1] / 2 + video[0] / 2).astype(np.uint8)
    blurred = each(lambda image: image.filter(ImageFilter.GaussianBlur(radius_px)))(scaled(4)(video))
    assert looked_at_again(problem, blurred).verdict.reason == expected


def test_a_turned_board_is_not_accepted() -> None:
    world, problem = WORLDS["sokoban"], problem_of(WORLDS["sokoban"])
    video = each(lambda image: image.resize((240, 240)).rotate(12))(oracle_video(world, problem))
    finding = looked_at_again(problem, video)
    assert not finding.verdict.success


def test_a_board_that_is_cut_is_not_accepted() -> None:
    """Without its last row of cells, or half of it, though no move leads there."""
    for world in WORLD_LIST:
        problem = make_problem(world, "micro", "val", 0)
        video = scaled(2)(oracle_video(world, problem))
        for height_px in (video.shape[1] - 16, video.shape[1] - 8):
            assert not looked_at_again(problem, video[:, :height_px]).verdict.success


def test_another_size_without_the_board_is_wrong_size_and_without_frames_too_few(tmp_path: Path) -> None:
    problem = problem_of(WORLDS["maze"])
    grey = np.full((12, 48, 96, 3), 90, np.uint8)
    assert (
        inspect(
            WORLDS[problem.address.world], problem, [written(tmp_path / "a.mp4", grey)], DECLARED
        ).verdict.reason
        == "wrong_size"
    )
    assert (
        inspect(
            WORLDS[problem.address.world], problem, [written(tmp_path / "b.mp4", grey[:1])], DECLARED
        ).verdict.reason
        == "too_few_frames"
    )


@pytest.mark.parametrize("world", ["maze", "sokoban"])
def test_another_start_in_bars_is_a_refusal(world: str) -> None:
    """The board is found, and what it shows is read for certain: nothing about that is undecidable."""
    problem = problem_of(WORLDS[world])
    video = CHANGES["letterbox"](oracle_video(WORLDS[world], problem)[::-1])
    assert looked_at_again(problem, video).verdict.reason == "wrong_start"


def test_two_files_for_a_problem_are_undecidable(tmp_path: Path) -> None:
    problem = problem_of(WORLDS["maze"])
    files = [written(tmp_path / name, oracle_video(WORLDS["maze"], problem)) for name in ("a.mp4", "a.mov")]
    finding = inspect(WORLDS[problem.address.world], problem, files, DECLARED)
    assert finding.verdict.reason == "undecidable"
    assert "a.mp4 and a.mov" in finding.why


def test_files_are_found_by_id(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.b.WebM", "c.gif", "c.mkv", "d.txt", "e.mp4.part", "a-more.mp4"):
        (tmp_path / name).touch()
    (tmp_path / "f").mkdir()
    found = find_videos(tmp_path, ["a", "a.b", "c", "d", "e", "f", "g"])
    names = {id: [file.name for file in files] for id, files in found.items()}
    assert names == {
        "a": ["a.mp4"],
        "a.b": ["a.b.WebM"],
        "c": ["c.gif", "c.mkv"],
        "d": ["d.txt"],
        "e": [],
        "f": ["f"],
        "g": [],
    }
    with pytest.raises(FileNotFoundError):
        find_videos(tmp_path / "none", ["a"])


def test_cheats_are_tried_in_earnest() -> None:
    """The disguise alone is taken back: with the oracle in it the video passes."""
    for world in WORLD_LIST:
        problem = problem_of(world, 1)
        assert looked_at_again(problem, DISGUISE(oracle_video(world, problem))).verdict.success
        assert sum(isinstance(cheat, Cheat) for cheat in world.cheats) > 10


@pytest.mark.parametrize("name", ["maze", "sokoban"])
def test_a_darker_picture_makes_no_mark_of_half_a_mark(name):
    """A wall at half of its contrast lies between two colours; seen darker it would lie nearer to the wall's."""
    world = WORLDS[name]
    problem = make_problem(world, "small", "val", 7)
    cheat = next(cheat for cheat in world.cheats if cheat.name == "half-faded-board")
    faded = cheat.make(world, problem, np.random.default_rng(0))
    for video, success in ((oracle_video(world, problem), True), (faded, False)):
        darker = np.clip(video.astype(np.int16) - 40, 0, 255).astype(np.uint8)
        assert looked_at_again(problem, darker).verdict.success is success
