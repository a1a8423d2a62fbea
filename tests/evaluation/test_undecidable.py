"""Nobody guesses: an honest video that is hard to find or to read is a success or undecidable, a cheat never a
success, and what is certainly another board, or none, is still a refusal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from videorlvr.audit.compression import each_picture
from videorlvr.audit.distortions import DISTORTIONS
from videorlvr.audit.run import FORMAL
from videorlvr.base import seeding
from videorlvr.judge.door import inspect
from videorlvr.judge.finding import Finding
from videorlvr.judge.locate import expected_zones
from videorlvr.judge.palette import has_colours
from videorlvr.judge.tolerance import DECLARED
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Problem, Video, World
from videorlvr.worlds.problems import make_problem, theme_of
from videorlvr.worlds.render import first_frame, oracle_video

Change = Callable[[World, Problem, Video], Video]
WORLD_LIST = list(WORLDS.values())


def family(name: str, strength: float) -> Change:
    return lambda world, problem, video: DISTORTIONS[name].make(
        world, problem, video, strength, seeding.rng("undecidable", name)
    )


def perspective(share: float) -> Change:
    """Seen from aside: the far corner is this share of the picture nearer to its middle, the others less."""

    def change(world: World, problem: Problem, video: Video) -> Video:
        height, width = video.shape[1:3]
        numbers = (1 + share, share / 3, -share * width / 2, share / 4, 1 + share, -share * height / 2)
        tilt = (share / width, share / height)
        return each_picture(
            video,
            lambda image: image.transform(
                image.size, Image.Transform.PERSPECTIVE, (*numbers, *tilt), Image.Resampling.BICUBIC
            ),
        )

    return change


def cut(cells: float) -> Change:
    def change(world: World, problem: Problem, video: Video) -> Video:
        return video[:, round(cells * problem.layout.cell_px) + problem.layout.top_px :]

    return change


def inset(world: World, problem: Problem, video: Video) -> Video:
    """A picture in the picture, over a quarter of its sides."""
    height, width = (side // 4 for side in video.shape[1:3])
    spots = Image.fromarray(seeding.rng("inset").integers(0, 255, (5, 5, 3), dtype=np.uint8))
    covered = video.copy()
    covered[:, -height:, -width:] = np.asarray(spots.resize((width, height), Image.Resampling.BICUBIC))
    return covered


def as_inset(world: World, problem: Problem, video: Video) -> Video:
    """The video in the corner of another one, at a third of its sides."""
    height, width = video.shape[1:3]
    spots = Image.fromarray(seeding.rng("around").integers(0, 255, (7, 7, 3), dtype=np.uint8))
    page = np.asarray(spots.resize((3 * width, 3 * height), Image.Resampling.BICUBIC))
    pages = np.broadcast_to(page, (len(video), *page.shape)).copy()
    pages[:, -height - 5 : -5, -width - 7 : -7] = video
    return pages


HARD: dict[str, Change] = {
    "1 degree": family("rotation", 1),
    "2 degrees": family("rotation", 2),
    "5 degrees": family("rotation", 5),
    "10 degrees": family("rotation", 10),
    "from aside": perspective(0.05),
    "far from aside": perspective(0.2),
    "blurred bars": family("blurred bars", 0.4),
    "cut by part of a cell": cut(0.1),
    "cut by a cell": cut(1),
    "picture in picture": inset,
    "picture of another": as_inset,
}


def scored(problem: Problem, video: Video) -> Finding:
    return inspect(WORLDS[problem.address.world], problem, video, DECLARED)


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("world", WORLD_LIST, ids=WORLDS)
def test_an_honest_video_is_a_success_or_undecidable(world: World, name: str) -> None:
    problem = make_problem(world, "micro", "val", 0)
    finding = scored(problem, HARD[name](world, problem, oracle_video(world, problem)))
    assert finding.verdict.success or finding.verdict.reason == "undecidable", finding.verdict.reason


@pytest.mark.parametrize("name", list(HARD)[1::2])
@pytest.mark.parametrize("world", WORLD_LIST, ids=WORLDS)
def test_a_cheat_is_never_a_success(world: World, name: str) -> None:
    problem = make_problem(world, "micro", "val", 3)
    able = [cheat for cheat in world.cheats if not FORMAL & set(cheat.reasons)]
    rng = seeding.rng("undecidable", world.name, name)
    for number in rng.permutation(len(able))[:1]:
        video = able[number].make(world, problem, rng)
        if video is not None and video.dtype == np.uint8 and video.shape[1] > 16:
            assert not scored(problem, HARD[name](world, problem, video)).verdict.success, able[number].name


@pytest.mark.parametrize("world", WORLD_LIST, ids=WORLDS)
def test_blurred_bars_are_looked_through(world: World) -> None:
    problem = make_problem(world, "small", "val", 2)
    for strength in DISTORTIONS["blurred bars"].strengths:
        video = family("blurred bars", strength)(world, problem, oracle_video(world, problem))
        assert scored(problem, video).verdict.success


@pytest.mark.parametrize("world", WORLD_LIST, ids=WORLDS)
def test_what_is_certain_is_a_refusal(world: World) -> None:
    """Another board, in its place; and frames in which no board of this problem can be."""
    problem, *others = (make_problem(world, "small", "val", index) for index in range(4, 12))
    other = next(other for other in others if other.grid.shape == problem.grid.shape)
    video = oracle_video(world, problem)
    rng = seeding.rng("certain")
    noise = rng.integers(0, 256, video.shape, dtype=np.uint8)
    assert scored(problem, oracle_video(world, other)).verdict.reason == "wrong_start"
    assert scored(problem, noise).verdict.reason == "wrong_start"
    assert scored(problem, noise[:, :, : 3 * video.shape[2] // 4]).verdict.reason == "wrong_size"


@pytest.mark.parametrize("world", WORLD_LIST, ids=WORLDS)
def test_colours_are_told_wherever_they_are(world: World) -> None:
    problem = make_problem(world, "small", "val", 6)
    expected, frame = expected_zones(problem.grid, theme_of(world, problem)), first_frame(world, problem)
    assert has_colours(frame, expected)
    assert has_colours(np.rot90(frame), expected)
    assert has_colours(as_inset(world, problem, frame[None])[0], expected)
    noise = seeding.rng("colours").integers(0, 256, (96, 96, 3), dtype=np.uint8)
    assert not has_colours(noise, expected)
    assert not has_colours(np.zeros_like(frame), expected)
    shades = np.linspace(0, 255, 96).astype(np.uint8)
    red = np.zeros((96, 96, 3), np.uint8)
    red[..., 0] = shades
    assert not has_colours(red, expected)
