"""Keys of SparseD."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from videorlvr.training.config import MethodConfig

When = Literal["full-then-sparse", "sparse-then-full", "anew"]
Pattern = Literal["heads", "shared", "window"]


class SparseDConfig(MethodConfig):
    """Which steps are sparse, and what is seen in them."""

    method: Literal["sparsed"] = Field(default="sparsed", description="fixed")
    density: float = Field(
        default=0.3,
        gt=0,
        le=1,
        description="share of key blocks that a block of queries sees; 1 for plain attention",
    )
    full: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="share of the steps with full attention, rounded down; 0 for none",
    )
    block: int = Field(default=64, ge=1, description="tokens of a block")
    when: When = Field(
        default="full-then-sparse",
        description="order of full and sparse steps; anew computes patterns in every sparse step",
    )
    pattern: Pattern = Field(
        default="heads", description="own blocks of each head, blocks of all heads together, or those nearest"
    )
    isolated: bool = Field(
        default=True, description="choose among the given frame's blocks and the others separately"
    )
