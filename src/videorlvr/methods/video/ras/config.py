"""Keys of RAS."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from videorlvr.training.config import MethodConfig

Focus = Literal["std", "l2", "inverse-std", "random", "oracle"]


class RASConfig(MethodConfig):
    """Which tokens are computed in which steps."""

    method: Literal["ras"] = Field(default="ras", description="fixed")
    ratio: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="share of the tokens that is computed in a regional step; 1 for plain sampling",
    )
    dense: int = Field(default=4, ge=1, description="steps at the beginning in which all tokens are computed")
    reset_every: int | None = Field(
        default=8, ge=1, description="steps after which all are computed again; null for never"
    )
    focus: Focus = Field(
        default="std",
        description="which tokens: where the last velocity varies most, is longest, varies least, any, or where the "
        "solution moves (oracle: it looks at the solution, and is a bound)",
    )
    starvation: float = Field(
        default=0.1,
        ge=-1,
        le=10,
        description="importance grows by exp of this for each step a token was left out; below 0 it falls, as in the "
        "released code",
    )
    cache: bool = Field(
        default=True, description="attend to the remembered keys and values of tokens that are left out"
    )
    steps: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="solver steps; null for as many as the run was validated with",
    )
