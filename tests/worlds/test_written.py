"""Worlds as text: what is written is read back, facts of a trace are true, and a corrupted one has one that is not."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from videorlvr.base import seeding
from videorlvr.judge.door import judge
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import World
from videorlvr.worlds.game import legal_part
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written import boards, passages, solutions, traces

EXAMPLE = Path(__file__).parents[2] / "examples" / "lights_out"
NAMES = [*WORLDS, "lights"]


def world_named(name: str) -> World:
    """A world of ours, or the tutorial's, which is not installed here."""
    if name != "lights":
        return WORLDS[name]
    if str(EXAMPLE) not in sys.path:
        sys.path.append(str(EXAMPLE))
    assert importlib.util.find_spec("lights_out")
    from lights_out import WORLD

    return WORLD


def cases(name: str, count: int = 4):
    world = world_named(name)
    return [
        (world, make_problem(world, level, "train", index))
        for level in ("micro", "small")
        for index in range(count)
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["cells", "drawn"])
def test_boards_are_read_back(name: str, form: boards.BoardForm) -> None:
    for world, problem in cases(name):
        assert boards.read_board(world, boards.board_text(world, problem.grid, form), form) == problem.grid


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_of_every_state_is_a_known_word(name: str) -> None:
    for world, problem in cases(name):
        known = set(boards.cell_words(world))
        for step in traces.steps_of(world, problem):
            text = boards.cells_text(step.after)
            assert boards.read_cells(text) == step.after
            assert {boards.cell_word(*map(int, cell)) for cell in boards.CELL.findall(text)} <= known


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("verbosity", ["plain", "compress", "expand", "restate"])
def test_traces_are_read_back_and_true(name: str, verbosity: traces.Verbosity) -> None:
    for world, problem in cases(name, 2):
        game = world.game(problem.grid)
        text = traces.write_trace(world, problem, verbosity)
        moves = traces.read_trace(game, text, verbosity)
        assert moves == game.read_moves(problem.solution)
        assert judge(world, problem, game.write_moves(moves), "exact").success
        if verbosity in ("expand", "restate"):
            assert traces.false_facts(world, problem, traces.read_facts(text)) == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("verbosity", ["expand", "restate"])
def test_a_corrupted_trace_has_one_false_fact_and_the_same_moves(
    name: str, verbosity: traces.Verbosity
) -> None:
    for number, (world, problem) in enumerate(cases(name, 2)):
        facts = traces.facts_of(traces.steps_of(world, problem), verbosity)
        wrong, place = traces.corrupted(
            facts, seeding.rng("test", name, number), figures=len(world.figure_names)
        )
        assert traces.false_facts(world, problem, wrong) == [wrong[place]]
        game = world.game(problem.grid)
        text = traces.text_of_facts(game, wrong, verbosity)
        assert traces.read_trace(game, text, verbosity) == game.read_moves(problem.solution)


def test_restating_says_each_state_so_many_times() -> None:
    world, problem = cases("maze", 1)[0]
    one, three = (traces.write_trace(world, problem, "restate", times=times) for times in (1, 3))
    assert three.count(traces.STATE) == 3 * one.count(traces.STATE)


def test_choices_are_junctions_and_pushes() -> None:
    for world, problem in cases("maze"):
        ground = problem.grid.ground
        for step in traces.steps_of(world, problem)[1:]:
            assert not step.is_choice or len(step.ways) > 2, "a corridor has two ways, one of them back"
        open_sides = [4 - bin(int(code) & 15).count("1") for code in ground.ravel()]
        assert any(step.is_choice for step in traces.steps_of(world, problem)) or max(open_sides) < 4
    for world, problem in cases("sokoban"):
        assert all(step.is_choice == step.move.isupper() for step in traces.steps_of(world, problem))


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_comes_nearer_with_each_move(name: str) -> None:
    for world, problem in cases(name, 2):
        game = world.game(problem.grid)
        moves = game.read_moves(problem.solution)
        if name != "sokoban":  # whose solver needs not find the shortest end of a solution
            assert solutions.first_error(world, problem, moves) is None
        last = legal_part(game, problem.solution)[0][-1]
        assert solutions.distance(world, problem, last) == 0


def test_the_first_error_is_found_where_it_was_made() -> None:
    world, problem = cases("maze", 1)[0]
    game = world.game(problem.grid)
    moves = game.read_moves(problem.solution)
    back = {"U": "D", "D": "U", "L": "R", "R": "L"}[moves[0]]
    assert solutions.first_error(world, problem, [moves[0], back, *moves]) == 2
    assert solutions.first_error(world, problem, ["?"]) == 1


def test_all_shortest_solutions_solve_and_are_as_short() -> None:
    several = 0
    for index in range(40):
        world = WORLDS["maze"]
        problem = make_problem(world, "small", "train", index)
        found = solutions.shortest_solutions(world, problem)
        assert problem.solution in found
        assert {len(moves) for moves in found} == {len(problem.solution)}
        assert all(judge(world, problem, moves, "exact").success for moves in found)
        several += len(found) > 1
    assert several, "braided mazes have boards with several shortest solutions"


@pytest.mark.parametrize("name", NAMES)
def test_passages_hold_their_answer(name: str) -> None:
    (world, problem), *rest = cases(name, 3)[:3]
    others = [other for _, other in rest]
    think = traces.write_trace(world, problem, "expand")
    rng = np.random.default_rng(0)
    for passage in (
        passages.solved(world, problem),
        passages.solved(world, problem, think=think, form="drawn"),
        passages.asked_among(world, problem, others, rng),
        passages.tagged(passages.solved(world, problem), "x"),
    ):
        assert passages.answer_of(passage.text) == problem.solution
        assert passage.of("answer") == problem.solution + passages.END
    together = passages.packed(world, [problem, *others]).text
    for name_there, each in zip("abc", [problem, *others], strict=True):
        assert passages.answer_of(together, name_there) == each.solution


@pytest.mark.parametrize(
    ("text", "said"),
    [("[1.2][3", "expected cells"), ("[1.2]\n[1.2][1.2]", "row 2 has 2 cells"), ("[999.1]", "0 to 255")],
)
def test_what_is_no_board_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        boards.read_cells(text)
