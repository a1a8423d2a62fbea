"""The settings of a sampler. No torch: a command line reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from videorlvr.flow.steps import Solver

if TYPE_CHECKING:
    from torch import Tensor


class Sampling(BaseModel):
    """The sampler of rollouts and evaluation."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    num_steps: int = Field(default=10, ge=2, le=1000, description="solver steps from noise to a video")
    shift: float = Field(
        default=3.0,
        gt=0,
        description="above 1, more of the steps lie near pure noise, where the plan is made",
    )
    solver: Solver = Field(default="euler", description="order 1, or 2 at twice the network calls")

    def noise_levels(self) -> Tensor:
        """The noise levels [S + 1]."""
        from videorlvr.flow.schedule import sigma_schedule

        return sigma_schedule(self.num_steps, self.shift)


def evaluations_of(sampling: Sampling, index: int) -> int:
    """Network evaluations that an ODE step takes; Heun's last one, to sigma 0, is Euler's."""
    return 2 if sampling.solver == "heun" and index < sampling.num_steps - 1 else 1
