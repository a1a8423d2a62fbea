"""Ways of playing, as `videorlvr evaluate RUN --player NAME` takes them."""

from __future__ import annotations

from videorlvr.methods.video.sparsed.config import SparseDConfig


def sparsed() -> SparseDConfig:
    """A fifth of the steps full, then three tenths of the blocks.

    Command: `videorlvr evaluate RUN --player sparsed`. Cost: more than plain attention where it is computed by masks,
    as here; `benchmarks/sparse_attention.py` times it in blocks. Result: see the method's page.
    """
    return SparseDConfig()


RECIPES = (sparsed,)
