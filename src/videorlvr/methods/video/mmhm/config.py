"""Keys of MMHM."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from videorlvr.training.config import MethodConfig, Task

By = Literal["mmhm", "distance", "success", "own"]


class MMHMConfig(MethodConfig):
    """Which settings are compared, on which boards, and by what one of them is chosen."""

    method: Literal["mmhm"] = Field(default="mmhm", description="fixed")
    task: Task = Field(description="world and level whose validation boards are played, as maze:small")
    by: By = Field(
        default="mmhm",
        description="what chooses: the score, the distance of features alone, success, or nothing (own: as the run)",
    )
    bounds: Literal["set", "frozen"] = Field(
        default="set",
        description="each measure is scaled by the least and the most of what is compared, as in the source, or by "
        "bounds that do not depend on it",
    )
    steps: list[int] = Field(
        default=[1, 2, 3, 5, 8], min_length=1, description="solver steps that are compared"
    )
    guidance: list[float] = Field(
        default=[1.0, 1.5, 2.0, 3.0],
        min_length=1,
        description="weights of guidance that are compared; 1 is none",
    )
    student: str | None = Field(
        default=None, description="policy folder that is compared beside the run's own; null for none"
    )
    problems: int = Field(
        default=96, ge=4, description="boards to choose by; as many others tell what the choice is worth"
    )
