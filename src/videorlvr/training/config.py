"""What every run is told, whatever its method. A run is its configuration: it is stored whole in the run folder.

A method's own configuration inherits one of these and adds its keys, each with a `description`, of which
`videorlvr train RECIPE --help` is made. Unknown keys and impossible combinations are refused with the reason,
before anything is computed. No torch here: the command line reads configurations.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from videorlvr.judge.reward import reward_of
from videorlvr.players.sampling import Sampling
from videorlvr.training.task import Strict as Strict  # noqa: PLC0414
from videorlvr.training.task import Task as Task  # noqa: PLC0414
from videorlvr.training.track import Tracker

Device = Literal["auto", "cpu", "cuda"]
OptimizerName = Literal["adamw", "muon"]


MAX_PROBLEMS = 10_000_000
"""Train problems of a world that a run may see; the next ones are another seed's."""


class MethodConfig(Strict):
    """What any method is told: `method` names whose configuration it is. A way of playing needs no more of its own."""

    method: str = Field(description="the method whose run this is; fixed by the recipe")


class RunConfig(MethodConfig):
    """What any run is told: which problems, how long, and how to compute."""

    tasks: list[Task] = Field(
        min_length=1, description="worlds and levels, as maze:small,sokoban:small@256x256x33"
    )
    seed: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="of weights, problems, batches, noise: another seed shares none",
    )
    num_steps: int = Field(ge=1, description="optimizer steps of SFT, iterations of RL")
    save_every_s: float = Field(default=60.0, gt=0, description="seconds between checkpoints")
    max_s: float | None = Field(
        default=None, gt=0, description="stop and save after so many seconds; the same command goes on"
    )
    num_workers: int | None = Field(
        default=None, ge=0, description="processes that make and judge problems; null takes the free cores"
    )
    device: Device = Field(default="auto", description="where to compute; auto takes a GPU if there is one")
    compile: bool = Field(default=False, description="compile the network: slower to start, faster on a GPU")
    tracker: Tracker = Field(default="none", description="send metrics to a tracker, too")

    @model_validator(mode="after")
    def _one_level_a_world(self) -> Self:
        worlds = [task.world for task in self.tasks]
        twice = sorted({world for world in worlds if worlds.count(world) > 1})
        if twice:
            raise ValueError(f"tasks name {', '.join(twice)} more than once: take one level of each world")
        return self

    @property
    def reward_names(self) -> list[str]:
        """Rewards that the run's numbers depend on."""
        return []

    @property
    def policies_beside(self) -> dict[str, str]:
        """Policies that the run reads besides that of `init`, such as a teacher's: key -> folder. A run is not
        continued with others."""
        return {}

    def changed(self, **changes: Any) -> Self:
        """This configuration with other values, checked as if it had been written so.

        Raises:
            ValidationError: For an unknown key or an impossible value.
        """
        return type(self).model_validate(self.model_dump() | changes)


class VideoConfig(RunConfig):
    """What runs on a video policy share."""

    init: str | None = Field(default=None, description="policy folder to go on from; null begins anew")
    sampling: Sampling = Field(default=Sampling(), description="the sampler of rollouts and evaluation")
    batch: int = Field(
        default=64, ge=1, description="videos of one world in a forward pass; the shape that is compiled"
    )
    validate_every: int = Field(
        default=0, ge=0, description="steps between measurements of val/success; 0 for never"
    )
    num_val: int = Field(default=128, ge=1, description="validation problems a world")
    shard_weights: bool = Field(
        default=False,
        description="under torchrun, each GPU holds its part of all weights, for a policy that fits no single one; "
        "false for a whole copy on each",
    )
    spectrum: bool = Field(
        default=False, description="tell the shape of hidden states at each validation: val/rank and its like"
    )

    @property
    def needs_init(self) -> bool:
        """Whether a run that goes on from its checkpoint needs the policy of `init` all the same."""
        return False


class RolloutConfig(VideoConfig):
    """What methods share that learn from groups of judged videos. They go on from a policy."""

    init: str = Field(description="policy folder to improve; where there is a reference, it is this policy")
    problems: int = Field(default=32, ge=1, description="problems of each world in an iteration")
    group: int = Field(default=16, ge=2, description="videos of each problem, compared with one another")
    micro_batch: int | None = Field(
        default=None, ge=1, description="videos in a backward pass, for memory; null takes batch"
    )
    reward: str = Field(default="dense-v1", description="the reward, by its name in each world")
    reject_at: int | None = Field(
        default=None,
        ge=0,
        description="step, counted from 0, after which the worst of each group are ended in their data estimate; null "
        "for none",
    )
    reject_share: float = Field(default=0.5, gt=0, lt=1, description="share of a group that is ended there")
    reject_by: Literal["judge", "random"] = Field(
        default="judge", description="who says which are worst; random is the control of equal cost"
    )
    min_spread: float = Field(
        default=1e-4, ge=0, description="a group whose rewards lie closer than this counts as equal"
    )
    max_advantage: float = Field(
        default=5.0, gt=0, description="advantages are clipped to this, in standard deviations of the group"
    )

    @model_validator(mode="after")
    def _rewards_exist(self) -> Self:
        for task in self.tasks:
            reward_of(task.world, self.reward)
        return self

    @model_validator(mode="after")
    def _rejects_in_time(self) -> Self:
        last = self.sampling.steps - 2
        if self.reject_at is not None and self.reject_at > last:
            raise ValueError(
                f"reject_at={self.reject_at} of {self.sampling.steps} steps: nothing is left to save; expected at "
                f"most {last}"
            )
        return self

    @model_validator(mode="after")
    def _whole_batches(self) -> Self:
        videos = self.problems * self.group
        if videos % self.batch:
            raise ValueError(
                f"{self.problems} problems x {self.group} videos make {videos / self.batch:g} batches of {self.batch}: "
                "they must fill whole batches"
            )
        return self

    @model_validator(mode="after")
    def _within_its_indices(self) -> Self:
        if self.problems * self.num_steps > MAX_PROBLEMS:
            raise ValueError(
                f"{self.num_steps} iterations of {self.problems} problems are more than the {MAX_PROBLEMS} "
                "indices of a seed: take fewer, or go on with another seed"
            )
        return self

    @property
    def learning_batch(self) -> int:
        """Videos in a backward pass."""
        return self.micro_batch or self.batch

    @property
    def reward_names(self) -> list[str]:
        return [self.reward]
