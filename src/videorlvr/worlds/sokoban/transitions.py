"""May one state follow another, and if not, which rule was broken?

The search is over states, with the boxes' and the player's remaining way as a bound; so it is exact, and
for the one or two moves that a frame of the levels shows it looks at a handful of states. A broken rule
is named by asking which relaxed rule would allow the transition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from videorlvr.worlds.sokoban.rules import BOX, LETTERS, NOTHING, PLAYER, Board, State, legal_steps, moved

MAX_STATES = 20_000
"""States that are looked at for one frame. No level's pace comes near it; a video of few frames, which
may show dozens of moves in one, is refused beyond it unless it follows the reference solution."""

Steps = Callable[[Board, State], Iterable[tuple[str, State]]]


def malformed(board: Board, state: State) -> str:
    """Why no game can show this state, by the name of a refusal; "" if one could."""
    players = state.count(PLAYER)
    if players != 1:
        return "many_players" if players else "no_player"
    if not board.has_stones(state):
        inside = any(wall and code in (PLAYER, BOX) for wall, code in zip(board.walls, state, strict=True))
        return "into_wall" if inside else "stone_changed"
    return "" if state.count(BOX) == len(board.targets) else "box_count"


def explained(board: Board, before: State, after: State, moves: int, hint: str = "") -> str | None:
    """At most `moves` legal moves that lead from one well-formed state to another, or None.

    hint: moves that are tried first (the reference's), so that of several ways the reference's is told.
    """
    if before == after:
        return ""
    state, found = before, None
    for step, letter in enumerate(hint[:moves], start=1):
        offset = board.offsets[letter]
        pushes = state[state.index(PLAYER) + offset] == BOX
        follower = moved(state, offset) if pushes == letter.isupper() else None
        if follower is None:
            break
        state = follower
        if state == after:
            found = hint[:step]
    if found is not None:
        return found
    single = _single_move(board, before, after)
    return single if single or moves == 1 else search(board, before, after, moves, legal_steps)


def _single_move(board: Board, before: State, after: State) -> str | None:
    """The one legal move from one state to another, or None. Where the player stands tells which."""
    start, end = before.index(PLAYER), after.index(PLAYER)
    for letter in LETTERS:
        if board.offsets[letter] == end - start and moved(before, end - start) == after:
            return letter.upper() if before[end] == BOX else letter
    return None


def search(board: Board, before: State, after: State, moves: int, steps: Steps) -> str | None:
    """A shortest way of at most `moves` steps, breadth first; None if there is none, or none was found
    among `MAX_STATES` states."""
    player, boxes = after.index(PLAYER), [cell for cell, code in enumerate(after) if code == BOX]

    def way_left(state: State) -> int:
        """A lower bound: a step moves the player by one cell, and at most one box."""
        missing = sum(state[cell] != BOX for cell in boxes)
        return max(missing, board.apart(state.index(PLAYER), player))

    seen, layer = {before}, [("", before)]
    for left in range(moves, 0, -1):
        onward = []
        for done, state in layer:
            for letter, other in steps(board, state):
                if other == after:
                    return done + letter
                if other not in seen and way_left(other) < left:
                    seen.add(other)
                    onward.append((done + letter, other))
        layer = onward
        if not layer or len(seen) > MAX_STATES:
            return None
    return None


def pulling_steps(board: Board, state: State) -> Iterator[tuple[str, State]]:
    """Moves of a player who may also draw along the box behind him."""
    yield from legal_steps(board, state)
    player = state.index(PLAYER)
    for letter in LETTERS:
        offset = board.offsets[letter]
        if state[player + offset] == NOTHING and state[player - offset] == BOX:
            after = bytearray(state)
            after[player - offset], after[player], after[player + offset] = NOTHING, BOX, PLAYER
            yield letter, bytes(after)


def shoving_steps(board: Board, state: State) -> Iterator[tuple[str, State]]:
    """Moves of a player who may also push several boxes in a row."""
    for letter in LETTERS:
        after = moved(state, board.offsets[letter], len(board.targets))
        if after is not None:
            yield letter, after


def broken_rule(board: Board, before: State, after: State, moves: int) -> str:
    """The name of the refusal of a transition that `explained` does not explain.

    Both states are well-formed. A box that moves while a walk without a push explains the player's way
    moved alone; what no single rule explains is an illegal move.
    """
    start, end = before.index(PLAYER), after.index(PLAYER)
    boxes_stay = all((a == BOX) == (b == BOX) for a, b in zip(before, after, strict=True))
    if boxes_stay or board.walk_lengths(start).get(end, moves + 1) > moves:
        return "teleport"
    if search(board, before, after, moves, shoving_steps) is not None:
        return "pushed_two"
    if search(board, before, after, moves, pulling_steps) is not None:
        return "pulled"
    if board.walk_lengths(start, before).get(end, moves + 1) <= moves:
        return "box_moved_alone"
    return "illegal_move"
