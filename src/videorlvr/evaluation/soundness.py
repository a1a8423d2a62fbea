"""Is a problem one at all? What can be seen of a line without making its problem anew.

Law: what passes can be played, is not solved yet, is drawn as it is played, and has a solution that the judge
accepts: else a verdict on it would mean nothing.
"""

from __future__ import annotations

from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds.api import SPLITS, Address, Level, Problem, Verdict, World
from videorlvr.worlds.problems import oracle_trace, theme_of


def is_foreign(address: Address) -> bool:
    """Is this an address under which nobody can look a problem up, since people brought its board along?"""
    return address.split not in SPLITS


def check_sound(world: World, level: Level, problem: Problem) -> None:
    """
    Raises:
        ValueError: Saying what is wrong with the problem, as the end of `file:line:`.
    """
    _check_codes(world, problem)
    if not is_foreign(problem.address):
        _check_size(level, problem)
    try:
        verdict = _verdict_on_solution(world, problem)
    except Exception as error:  # any value of any type may stand in a file
        said = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise ValueError(f"key 'problem' is no problem of {world.id} ({said:.200})") from None
    if not verdict.success:
        raise ValueError(
            f"key 'problem' has a solution that {world.id} refuses ({verdict.reason}); expected a valid one"
        )


def _verdict_on_solution(world: World, problem: Problem) -> Verdict:
    game = world.game(problem.grid)
    if game.solved(game.start()):
        raise ValueError("it is solved at its start, so that a still picture would solve it: leave it out")
    return judge(world, problem, oracle_trace(world, problem), EXACT)


def _check_codes(world: World, problem: Problem) -> None:
    """A theme has a colour for every code, else the board cannot be shown."""
    theme = theme_of(world, problem)
    for name, codes, most in (
        ("ground", problem.grid.ground >> 4, len(theme.tiles)),
        ("figure", problem.grid.figure, len(theme.figures)),
    ):
        if (highest := int(codes.max())) >= most:
            code = highest * 16 if name == "ground" else highest
            raise ValueError(
                f"key 'problem' has the {name} code {code}, of which the theme '{problem.theme}' has no colour; "
                f"it has {most} of these"
            )


def _check_size(level: Level, problem: Problem) -> None:
    for name, value, (least, most) in zip(
        ("rows", "cols"), problem.grid.shape, (level.rows, level.cols), strict=True
    ):
        if not least <= value <= most:
            raise ValueError(
                f"key 'problem' has a board of {value} {name}; level '{level.name}' has {least} to {most}: "
                "export it again"
            )
