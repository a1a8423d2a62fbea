"""Judges as they were published, in a few lines each: rules on what a video's frames read as.

They are here to be fooled, and nothing of the package asks them. Each is written after the paper, issue or code
named in its docstring, with our boards, colours and reader; thresholds are theirs in units of cells. A rule gets a
video and returns a reward in [0, 1]; 1 is full marks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from videorlvr.audit.near_misses import seen
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds.api import Cells, Problem, Video, World
from videorlvr.worlds.flowfree.rules import endpoints_of
from videorlvr.worlds.maze.rules import DIRECTIONS, HEAD, TRAIL, cells_where, goal_of, heads_of
from videorlvr.worlds.problems import theme_of
from videorlvr.worlds.render import oracle_video
from videorlvr.worlds.sokoban.rules import BOX, TARGET

Rule = Callable[[World, Problem, Video], float]
Cell = tuple[int, int]
Track = npt.NDArray[np.float64]
"""Positions in cells, float64 [N, 2]."""
TRACK_POINTS = 200
MAX_TRACK_ERROR = 0.5
"""Cells that a track may lie beside the reference's; theirs is stricter, 10 px in a frame 480 px high."""
MAX_MEAN_ERROR = 4.0
"""Cells of mean distance at which a track is worth nothing (vbvr-rl, `max_mean_error_cells`)."""


def _reached(start: Cell, cells: set[Cell], ground: Cells | None = None) -> set[Cell]:
    """What one can walk to within `cells`; walls of `ground` count, if it is given."""
    seen_, stack = {start} & cells, list({start} & cells)
    while stack:
        row, col = stack.pop()
        for dr, dc, bit in DIRECTIONS.values():
            other = (row + dr, col + dc)
            if other in cells - seen_ and not (ground is not None and ground[row, col] & bit):
                seen_.add(other)
                stack.append(other)
    return seen_


def maze_change_mask(world: World, problem: Problem, video: Video) -> float:
    """What has changed from the first to the last frame joins the markers, times the share of it off the walls.

    Source: arXiv 2605.15458, Maze reward (connection times walls) and appendix A.2 (change mask of two frames).
    """
    ground, given = problem.grid.ground, problem.grid.figure
    first, last = seen(world, problem, video[[0, -1]]).figure
    drawn = set(cells_where((first != last) & ((last == TRAIL) | (last == HEAD))))
    joined = goal_of(ground) in _reached(heads_of(given)[0], drawn, ground)
    changed = (video[0] != video[-1]).any(-1)
    on_walls = changed & (video[0] == np.array(theme_of(world, problem).wall)).all(-1)
    return float(joined) * (1 - int(on_walls.sum()) / max(1, int(changed.sum())))


def _solved_maze(problem: Problem, figure: Cells) -> bool:
    drawn = set(cells_where((figure == TRAIL) | (figure == HEAD)))
    start, goal = heads_of(problem.grid.figure)[0], goal_of(problem.grid.ground)
    return goal in _reached(start, drawn, problem.grid.ground)


def _solved_flowfree(problem: Problem, figure: Cells) -> bool:
    regions = {colour: set(cells_where(figure == colour)) for colour in endpoints_of(problem.grid.ground)}
    joined = all(
        {one, other} <= regions[colour] == _reached(one, regions[colour])
        for colour, (one, other) in endpoints_of(problem.grid.ground).items()
    )
    return joined and sum(map(len, regions.values())) == figure.size


def _solved_sokoban(problem: Problem, figure: Cells) -> bool:
    return bool((figure[problem.grid.ground >> 4 == TARGET] == BOX).all())


def picture_solved(problem: Problem, figure: Cells) -> bool:
    """Does one picture look solved: markers joined; endpoints kept, colours in one piece, board full; boxes on
    targets? How it came about is not asked."""
    match problem.address.world:
        case "maze":
            return _solved_maze(problem, figure)
        case "flowfree":
            return _solved_flowfree(problem, figure)
    return _solved_sokoban(problem, figure)


def last_frame(world: World, problem: Problem, video: Video) -> float:
    """1 if the last frame looks solved.

    Source: arXiv 2605.15458, A.2 (Maze, FlowFree); V-ReasonBench, arXiv 2511.16668; named outcome-hacking in VIPER,
    arXiv 2512.24952.
    """
    return float(picture_solved(problem, seen(world, problem, video[-1:]).figure[0]))


def best_frame(world: World, problem: Problem, video: Video) -> float:
    """1 if any frame looks solved. Source: best-frame scores beside last-frame ones, arXiv 2509.20328."""
    return float(any(picture_solved(problem, figure) for figure in seen(world, problem, video).figure))


def sampled_frames(world: World, problem: Problem, video: Video) -> float:
    """Our own judge, shown as many frames as the problem has, evenly spaced.

    Source: judges that look at a fixed number of frames: vbvr-rl (docs/vlm_judge_reward.md), VIPER's sampling rate
    (arXiv 2512.24952).
    """
    shown = np.arange(problem.num_frames) * max(1, len(video) // problem.num_frames)
    return float(judge(world, problem, video[shown[shown < len(video)]], EXACT).success)


def boxes_half(world: World, problem: Problem, video: Video) -> float:
    """Half of the reward: boxes on targets in the last frame. Source: arXiv 2605.15458, R_state of Sokoban."""
    return 0.5 * judge(world, problem, video, EXACT).components.get("boxes", 0.0)


def paper_reward(world: World, problem: Problem, video: Video) -> float:
    """The paper's reward as this package offers it (`paper`). Source: arXiv 2605.15458, section 4."""
    return world.rewards["paper"](judge(world, problem, video, EXACT).components)


def released_reward(world: World, problem: Problem, video: Video) -> float:
    """The weights of the paper's code as this package offers them. Source: luka-group/VideoRLVR issue #2."""
    return world.rewards["released-code"](judge(world, problem, video, EXACT).components)


def reference_f1(world: World, problem: Problem, video: Video) -> float:
    """F1 with one reference: cells of the last frame, in Sokoban moves position by position.

    Source: arXiv 2605.15458, metrics; vbvr-rl, src/trainer/rewards/maze_line.py (F1 of masks).
    """
    return judge(world, problem, video, EXACT).metrics.get("f1", 0.0)


def _track(figures: Cells, hold: bool) -> Track:
    """The middle of the heads in each frame. Frames without one are left out, or, if `hold`, repeat the last."""
    track: list[npt.NDArray[np.float64]] = []
    for figure in figures:
        if (figure == HEAD).any():
            track.append(np.argwhere(figure == HEAD).mean(axis=0))
        elif hold and track:
            track.append(track[-1])
    return np.array(track)


def same_time_track(world: World, problem: Problem, video: Video) -> float:
    """How near the head is, frame by frame, to where the reference has it then: 1 less mean distance / 4 cells.

    Source: vbvr-rl, src/trainer/rewards/maze.py and src/eval/maze_tracker_score.py (its trajectory part).
    """
    track = _track(seen(world, problem, video).figure, hold=True)
    wanted = _track(seen(world, problem, oracle_video(world, problem)).figure, hold=True)
    if not len(track):
        return 0.0
    at = np.linspace(0, len(wanted) - 1, len(track)).round().astype(int)
    error = np.linalg.norm(track - wanted[at], axis=1).mean()
    return max(0.0, 1 - float(error) / MAX_MEAN_ERROR)


def _evenly_spaced(track: Track) -> Track:
    """Points at equal distances along a track; between two of its positions it is taken to be straight."""
    steps = np.linalg.norm(np.diff(track, axis=0), axis=1)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.linspace(0, way[-1], TRACK_POINTS)
    return np.stack([np.interp(at, way, track[:, axis]) for axis in (0, 1)], axis=1)


def reference_track(world: World, problem: Problem, video: Video) -> float:
    """1 if the head's track, at equal distances along it, stays within half a cell of the reference's.

    Source: thuml/MiniVeo3-Reasoner, evaluation/maze: identify_traj.py leaves out frames without a marker,
    compare_traj.py joins positions by straight lines and takes the largest distance.
    """
    track = _track(seen(world, problem, video).figure, hold=False)
    if len(np.unique(track, axis=0)) < 2:
        return 0.0
    wanted = _track(seen(world, problem, oracle_video(world, problem)).figure, hold=False)
    apart = np.linalg.norm(_evenly_spaced(track) - _evenly_spaced(wanted), axis=1)
    return float(apart.max() <= MAX_TRACK_ERROR)
