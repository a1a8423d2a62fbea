"""Randomness from names: a stream is addressed by words and indices, never by adding to a seed.

Law: the same words give the same stream on every machine; different words give unrelated streams.
"""

from __future__ import annotations

import hashlib

import numpy as np


def seed_words(*words: str | int) -> list[int]:
    """Eight 32-bit words that stand for `words`. `("a", 1)` and `("a1",)` differ."""
    text = "\x1f".join(f"{type(word).__name__}:{word}" for word in words)
    digest = hashlib.sha256(text.encode()).digest()
    return [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 32, 4)]


def rng(*words: str | int) -> np.random.Generator:
    """The generator addressed by `words`, for example `rng("maze-v1", "small", "train", 17)`."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed_words(*words))))


def seed_of(*words: str | int) -> int:
    """A 63-bit integer seed for libraries that take one (torch generators)."""
    return int.from_bytes(hashlib.sha256(repr(seed_words(*words)).encode()).digest()[:8], "little") >> 1
