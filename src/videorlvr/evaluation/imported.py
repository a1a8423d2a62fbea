"""Boards of other people as problems: read, solved by our solvers, and written as `export` writes ours.

Law: a board is either a line of the manifest or a refusal that names file and line; one that is refused takes no
other with it. Its id is its content, so the same board has the same id whoever brings it, and is there once.

Whether a board could have been trained on is known exactly: the split of a board is a function of its content
(`worlds.problems.split_of`), and our generators put boards of the split `train` alone in front of a policy.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from videorlvr.base.choices import unknown
from videorlvr.base.files import read_bounded
from videorlvr.base.isolated import Lost, map_isolated
from videorlvr.base.progress import track
from videorlvr.evaluation.export import DEFAULT_FPS, write_problems
from videorlvr.evaluation.soundness import check_sound
from videorlvr.worlds import world_of
from videorlvr.worlds.api import GivenBoard, Grid, Layout, Level, Problem, World
from videorlvr.worlds.given import json_boards
from videorlvr.worlds.problems import content_index, level_of, pose_given, split_of
from videorlvr.worlds.verify import MAX_FRAMES

MAX_FILE_BYTES = 2**26
DEFAULT_CPU_S = 60.0
MEMORY_MB = 4096


@dataclass(frozen=True)
class Source:
    """Where a board was read."""

    file: str
    line: int
    title: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + (f" ({self.title:.40})" if self.title else "")


@dataclass(frozen=True)
class Refusal:
    """A board, or a file, that was not imported, and why."""

    source: Source
    why: str

    def __str__(self) -> str:
        return f"{self.source}: {self.why}"


@dataclass(frozen=True)
class Imported:
    """What came of an import. splits: how many boards have a content that falls in each split of ours."""

    manifest: Path
    problems: tuple[Problem, ...]
    refusals: tuple[Refusal, ...]
    notes: tuple[Refusal, ...]
    splits: dict[str, int]


@dataclass(frozen=True)
class Shape:
    """How boards are to be shown.

    level: whose pace they have; None takes for each the first one of the world that it fits. size: (H, W) of all
    frames, in which boards of any size are letterboxed; None takes the level's canvas. num_frames: of all videos;
    None takes the level's.
    """

    level: str | None = None
    size: tuple[int, int] | None = None
    theme: str | None = None
    num_frames: int | None = None


def import_boards(
    files: Sequence[str | Path],
    world: World,
    out_dir: str | Path,
    *,
    shape: Shape = Shape(),
    fps: float = DEFAULT_FPS,
    cpu_s: float = DEFAULT_CPU_S,
    count: int | None = None,
    unseen: bool = False,
) -> Imported:
    """Write the boards of these files as problems of a world; what cannot be one is in `refusals`.

    Args:
        cpu_s: Seconds of processor time that solving one board may take.
        count: At most so many boards are imported; None takes all.
        unseen: Leave out the boards whose content falls in our train split.

    Raises:
        ValueError: For a level, theme, size or number of frames that does not exist, or if no board is left.
        OSError: If the folder cannot be written.
    """
    _check_shape(world, shape)
    refusals: list[Refusal] = []
    notes: list[Refusal] = []
    boards = list(_different(_boards(files, world, refusals, notes), world, refusals, unseen=unseen))[:count]
    problems, sources = [], []
    for (source, grid), answer in zip(boards, _solutions(world, boards, cpu_s), strict=True):
        try:
            problems.append(_posed(world, grid, _moves(answer, cpu_s), shape))
            sources.append(source)
        except ValueError as error:
            refusals.append(Refusal(source, str(error)))
    if not problems:
        raise ValueError(
            "no board was imported; " + (f"the first: {refusals[0]}" if refusals else "the files hold none")
        )
    content = [split_of(world.canonical(problem.grid)) for problem in problems]
    more = [
        {"source": dataclasses.asdict(source), "content_split": split}
        for source, split in zip(sources, content, strict=True)
    ]
    manifest = write_problems(problems, out_dir, fps=fps, more=more, read=files)
    return Imported(manifest, tuple(problems), tuple(refusals), tuple(notes), dict(Counter(content)))


def _check_shape(world: World, shape: Shape) -> None:
    if shape.level is not None:
        level_of(world, shape.level)
    if shape.theme is not None and shape.theme not in world.themes:
        raise unknown(f"theme of {world.name}", shape.theme, world.themes)
    if shape.num_frames is not None and not 2 <= shape.num_frames <= MAX_FRAMES:
        raise ValueError(f"{shape.num_frames} frames are asked for: expected 2 to {MAX_FRAMES}")


def _boards(
    files: Sequence[str | Path], world: World, refusals: list[Refusal], notes: list[Refusal]
) -> Iterator[tuple[Source, Grid]]:
    """All boards that can be read, file by file."""
    for file in files:
        try:
            for board in _read(file, world):
                source = Source(str(file), board.line, board.title)
                if board.grid is None:
                    refusals.append(Refusal(source, board.refusal))
                    continue
                if board.note:
                    notes.append(Refusal(source, board.note))
                yield source, board.grid
        except OSError as error:
            refusals.append(
                Refusal(Source(str(file), 1, ""), f"it cannot be read: {error.strerror or error}")
            )
        except ValueError as error:
            refusals.append(Refusal(Source(str(file), 1, ""), str(error)))


def _read(file: str | Path, world: World) -> Iterable[GivenBoard]:
    data = read_bounded(file, MAX_FILE_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # collections are older than UTF-8; only titles have other letters
    if text.lstrip()[:1] in ("{", "["):
        return json_boards(text, world)
    if world.read_boards is None:
        raise ValueError(f"the world {world.name} has no text form; expected our own JSON")
    return world.read_boards(text)


def _different(
    boards: Iterable[tuple[Source, Grid]], world: World, refusals: list[Refusal], *, unseen: bool
) -> Iterator[tuple[Source, Grid]]:
    """Boards of this world, none of them twice."""
    met: dict[int, Source] = {}
    for source, grid in boards:
        try:
            world.game(grid)
            earlier = met.setdefault(content_index(grid), source)
            if earlier is not source:
                raise ValueError(f"the same board as {earlier}")
            if unseen and split_of(world.canonical(grid)) == "train":
                raise ValueError("its content falls in our train split, and only unseen boards are asked for")
        except ValueError as error:
            refusals.append(Refusal(source, str(error)))
        else:
            yield source, grid


def _solutions(
    world: World, boards: Sequence[tuple[Source, Grid]], cpu_s: float
) -> Iterator[str | Lost | None]:
    jobs = [(world.name, grid) for _, grid in boards]
    answers = map_isolated(_solve, jobs, cpu_s=cpu_s, memory_mb=MEMORY_MB)
    return iter(track(answers, "solving boards", total=len(jobs)))


def _solve(job: tuple[str, Grid]) -> str | None:
    world = world_of(job[0])
    return (world.search or world.solve)(job[1])


def _moves(answer: str | Lost | None, cpu_s: float) -> str:
    if isinstance(answer, Lost):
        raise ValueError(
            f"it was not solved within {cpu_s:g} s of processor time ({answer.detail}): give it more"
        )
    if answer is None:
        raise ValueError("our solver finds that it has no solution")
    return answer


def _posed(world: World, grid: Grid, moves: str, shape: Shape) -> Problem:
    """The problem, in the first level that it fits.

    Raises:
        ValueError: If it fits none, saying what is too large.
    """
    names = [shape.level] if shape.level else list(world.levels)
    levels = [_shaped(world.levels[name], shape) for name in names]
    length = len(world.play(grid, moves)) - 1
    fitting = [level for level in levels if length <= level.moves_per_frame * (level.num_frames - 1)]
    if not fitting:
        most = max(levels, key=lambda level: level.moves_per_frame * (level.num_frames - 1))
        needed = -(-length // most.moves_per_frame) + 1
        raise ValueError(
            f"its solution has {length} moves, and {most.num_frames} frames of {world.name}:{most.name} show at most "
            f"{most.moves_per_frame * (most.num_frames - 1)}: ask for {needed} frames"
        )
    rows, cols = grid.shape
    if shape.size is None:
        roomy = [level for level in fitting if rows <= level.canvas[0] and cols <= level.canvas[1]]
        if not roomy:
            most = max(fitting, key=lambda level: level.canvas)
            raise ValueError(
                f"it has {rows}x{cols} cells, and {world.name}:{most.name} shows at most "
                f"{most.canvas[0]}x{most.canvas[1]}: ask for a frame size, such as 480x832"
            )
        return _sound(world, roomy[0], pose_given(world, roomy[0], grid, moves))
    layout = Layout.letterboxed(rows, cols, height_px=shape.size[0], width_px=shape.size[1])
    level = dataclasses.replace(fitting[0], rows=(rows, rows), cols=(cols, cols))
    return _sound(world, level, dataclasses.replace(pose_given(world, level, grid, moves), layout=layout))


def _shaped(level: Level, shape: Shape) -> Level:
    frames = shape.num_frames or level.num_frames
    least = min(level.moves[1], level.moves_per_frame * (frames - 1))
    return dataclasses.replace(
        level, num_frames=frames, moves=(min(level.moves[0], least), least), theme=shape.theme or level.theme
    )


def _sound(world: World, level: Level, problem: Problem) -> Problem:
    """The problem, if a manifest that holds it can be read."""
    game = world.game(problem.grid)
    if game.solved(game.start()):
        raise ValueError("it is solved as it is, so that a still picture would solve it")
    check_sound(world, level, problem)
    return problem
