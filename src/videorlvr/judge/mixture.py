"""Colours as mixtures of a few others: which shares explain them best, and how far from any mixture they are.

n colours, k corners of a hull, 3 channels.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

MAX_CORNERS = 3
"""A point of a hull in three dimensions lies in it, or on a face of so many corners."""


def mixtures(colours: Floats, corners: Floats) -> tuple[Floats, Floats]:
    """Shares [n, k] of the corners, none negative and 1 in sum, and the distance [n] that they leave; fewest corners
    first, so that a colour in a corner is that corner's alone."""
    count, size = len(colours), len(corners)
    shares, distance = np.zeros((count, size)), np.full(count, np.inf)
    for number in range(1, min(size, MAX_CORNERS + 1) + 1):
        for chosen in itertools.combinations(range(size), number):
            part = corners[list(chosen)]
            ways = part[1:] - part[0]
            # Least squares along the ways from the first corner; corners on one line have no inverse of their own.
            along = (colours - part[0]) @ np.linalg.pinv(ways) if number > 1 else np.zeros((count, 0))
            weights = np.concatenate([1 - along.sum(axis=1, keepdims=True), along], axis=1)
            left = np.linalg.norm(colours - weights @ part, axis=1)
            better = (weights >= -1e-9).all(axis=1) & (left < distance - 1e-6)
            rows = np.flatnonzero(better)
            shares[rows] = 0
            shares[np.ix_(rows, np.array(chosen))] = weights[rows]
            distance[rows] = left[rows]
    return shares, distance
