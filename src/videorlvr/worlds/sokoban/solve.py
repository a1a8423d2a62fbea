"""Solutions of Sokoban with the fewest moves, by A* over pushes.

A video shows moves, not pushes, so moves are what the search counts: an edge is a shortest walk and the
push that ends it. A node is the boxes and the exact cell of the player after a push; between pushes only
shortest walks matter, so nothing is lost. Sets of cells are the bits of an integer, which makes the walk
from a node to all its pushes one flood of a few shifts a step.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from videorlvr.worlds.api import Grid
from videorlvr.worlds.sokoban.distances import NEVER, alive_cells, is_frozen, pushes_left
from videorlvr.worlds.sokoban.rules import BOX, LETTERS, PLAYER, Board, start_of

MAX_NODES = 50_000

Bits = int
Node = tuple[int, Bits]
"""The player's cell and the cells with boxes."""


def cells_of(bits: Bits) -> list[int]:
    """The set bits, ascending."""
    out = []
    while bits:
        low = bits & -bits
        out.append(low.bit_length() - 1)
        bits ^= low
    return out


def bits_of(cells: Iterator[int] | tuple[int, ...] | list[int] | frozenset[int]) -> Bits:
    return sum(1 << cell for cell in cells)


def shifted(bits: Bits, offset: int) -> Bits:
    return bits << offset if offset > 0 else bits >> -offset


class Search:
    """One A* search. `solution` is its only result; a node limit keeps it finite in time.

    The estimate is admissible and consistent: the pushes that are left by `pushes_left`, which a push
    lowers by at most one and a walk not at all.
    """

    def __init__(self, board: Board, max_nodes: int) -> None:
        self.board = board
        self.max_nodes = max_nodes
        self.offsets = [(letter, board.offsets[letter]) for letter in LETTERS]
        self.floor = bits_of(board.floor)
        self.alive = bits_of(alive_cells(board))
        self.targets = bits_of(board.targets)
        self.estimates: dict[Bits, int] = {}

    def estimate(self, boxes: Bits) -> int:
        if boxes not in self.estimates:
            self.estimates[boxes] = pushes_left(self.board, cells_of(boxes))
        return self.estimates[boxes]

    def pushes(self, node: Node) -> Iterator[tuple[int, str, int]]:
        """(length of the walk, letter, cell walked to) of every push that is not a sure loss."""
        player, boxes = node
        free, open_to_boxes = self.floor & ~boxes, self.alive & ~boxes
        stands = [
            (letter, shifted(boxes & shifted(open_to_boxes, -offset), -offset) & free)
            for letter, offset in self.offsets
        ]
        wanted = 0
        for _, cells in stands:
            wanted |= cells
        front, seen, walk, cols = 1 << player, 0, 0, self.board.cols
        while front and wanted & ~seen:
            if front & wanted:
                for letter, cells in stands:
                    for cell in cells_of(front & cells):
                        yield walk, letter, cell
            seen |= front
            front = (front << 1 | front >> 1 | front << cols | front >> cols) & free & ~seen
            walk += 1

    def solution(self, start: Node) -> str | None:
        """The moves, or None where there is no solution or the limit was reached first."""
        costs: dict[Node, int] = {start: 0}
        parents: dict[Node, tuple[Node, str, int]] = {}
        bound = self.estimate(start[1])
        if bound >= NEVER:
            return None
        heap, done, entry = [(bound, bound, 0, start)], set[Node](), 0
        while heap and len(done) < self.max_nodes:
            _, _, _, node = heapq.heappop(heap)
            if node in done:
                continue
            done.add(node)
            if node[1] == self.targets:
                return self._moves(node, parents)
            for walk, letter, cell in self.pushes(node):
                offset = self.board.offsets[letter]
                box, to = cell + offset, cell + 2 * offset
                boxes = node[1] ^ (1 << box) ^ (1 << to)
                after, cost = (box, boxes), costs[node] + walk + 1
                if cost >= costs.get(after, NEVER) or is_frozen(self.board, to, boxes):
                    continue
                bound = self.estimate(boxes)
                if bound >= NEVER:
                    continue
                costs[after], parents[after] = cost, (node, letter, cell)
                entry += 1
                # Of equal sums the one with fewer pushes left is tried first, and of those the latest.
                heapq.heappush(heap, (cost + bound, bound, -entry, after))
        return None

    def _moves(self, node: Node, parents: dict[Node, tuple[Node, str, int]]) -> str:
        parts = []
        while node in parents:
            before, letter, cell = parents[node]
            parts.append(self._walk(before, cell) + letter.upper())
            node = before
        return "".join(reversed(parts))

    def _walk(self, node: Node, end: int) -> str:
        """A shortest walk that pushes nothing; among equals, the first in the order u, r, d, l."""
        player, boxes = node
        away, layer = {end: 0}, [end]
        for cell in layer:  # grows while it is walked through
            for _, offset in self.offsets:
                other = cell + offset
                if other not in away and (self.floor & ~boxes) >> other & 1:
                    away[other] = away[cell] + 1
                    layer.append(other)
        moves = ""
        while player != end:
            letter, player = next(
                (letter, player + offset)
                for letter, offset in self.offsets
                if away.get(player + offset, NEVER) == away[player] - 1
            )
            moves += letter
        return moves


def solve(grid: Grid, max_nodes: int = MAX_NODES) -> str | None:
    """A solution with the fewest moves, in LURD text; None if there is none within `max_nodes` nodes.

    Deterministic. Unsolvable boards are mostly seen early by dead cells and frozen squares.
    """
    board, state = start_of(grid)
    boxes = bits_of([cell for cell, code in enumerate(state) if code == BOX])
    return Search(board, max_nodes).solution((state.index(PLAYER), boxes))
