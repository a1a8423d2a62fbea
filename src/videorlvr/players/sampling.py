"""The settings of a sampler. No torch: a command line reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from videorlvr.flow.steps import Solver

if TYPE_CHECKING:
    from torch import Tensor


class Sampling(BaseModel):
    """The sampler of rollouts and evaluation."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    steps: int = Field(default=10, ge=1, le=1000, description="solver steps from noise to a video")
    shift: float = Field(
        default=3.0,
        gt=0,
        description="above 1, more of the steps lie near pure noise, where the plan is made",
    )
    solver: Solver = Field(default="euler", description="order 1, or 2 at twice the network calls")

    @model_validator(mode="before")
    @classmethod
    def _as_it_is_called_today(cls, values: Any) -> Any:
        return _of_today(values) if isinstance(values, Mapping) else values

    def noise_levels(self) -> Tensor:
        """The noise levels [S + 1]."""
        from videorlvr.flow.schedule import sigma_schedule

        return sigma_schedule(self.steps, self.shift)


def stored_of_today(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Stored settings of a run or a player, their sampler in today's words."""
    sampling = settings.get("sampling")
    return dict(settings) | ({"sampling": _of_today(sampling)} if isinstance(sampling, Mapping) else {})


def _of_today(sampling: Mapping[str, Any]) -> dict[str, Any]:
    """The steps of a sampler were once called as those of a training are, num_steps."""
    values = dict(sampling)
    if "num_steps" in values:
        if "steps" in values:
            raise ValueError(
                f"steps={values['steps']} and num_steps={values['num_steps']}; expected one of them: num_steps is what "
                "earlier releases called steps; leave it out"
            )
        values["steps"] = values.pop("num_steps")
    return values


def evaluations_of(sampling: Sampling, index: int) -> int:
    """Network evaluations that an ODE step takes; Heun's last one, to sigma 0, is Euler's."""
    return 2 if sampling.solver == "heun" and index < sampling.steps - 1 else 1
