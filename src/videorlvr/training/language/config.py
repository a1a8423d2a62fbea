"""Keys that runs on language policies share. No torch."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.judge.reward import reward_of
from videorlvr.models.language.config import LanguageConfig
from videorlvr.players.writing import Writing
from videorlvr.training.config import MAX_PROBLEMS, RunConfig
from videorlvr.worlds.written.traces import Verbosity


class TextConfig(RunConfig):
    """What runs on a language policy share."""

    init: str | None = Field(default=None, description="policy folder to go on from; null begins anew")
    model: LanguageConfig | None = Field(
        default=None, description="form of a new policy; null with init, whose policy has its own form"
    )
    writing: Writing = Field(default=Writing(), description="how answers are written in validation")
    batch: int = Field(default=64, ge=1, description="problems of one world in a forward pass")
    validate_every: int = Field(
        default=0, ge=0, description="steps between measurements of val/success; 0 for never"
    )
    num_val: int = Field(default=128, ge=1, description="validation problems a world")
    spectrum: bool = Field(
        default=False, description="tell the shape of hidden states at each validation: val/rank and its like"
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.init is None) == (self.model is None):
            raise ValueError(
                "a run begins with the policy of init or with a new one of the form model: give one of the two"
            )
        return self

    @model_validator(mode="after")
    def _boards_without_frames(self) -> Self:
        for task in self.tasks:
            if task.size is not None or task.frames is not None:
                raise ValueError(
                    f"{task.world}:{task.level} is asked in words, where nothing has frames: leave size and frames out"
                )
        return self

    @model_validator(mode="after")
    def _words_for_its_worlds(self) -> Self:
        """A recipe's worlds stay where the tasks are changed, so what is missing is added and nothing replaced."""
        if self.model is not None:
            missing = [task.world for task in self.tasks if task.world not in self.model.worlds]
            self.model = self.model.model_copy(update={"worlds": [*self.model.worlds, *missing]})
        return self

    @property
    def needs_init(self) -> bool:
        """Whether a run that goes on from its checkpoint needs the policy of `init` all the same."""
        return False


class ImitationConfig(TextConfig):
    """What methods share that learn from solved problems."""

    trace: Literal["none"] | Verbosity = Field(
        default="none",
        description="what is thought before an answer: nothing, or the solver's trace at a verbosity",
    )
    times: int = Field(default=1, ge=1, le=16, description="how often each state of a restated trace is said")
    tokens: int | None = Field(
        default=None,
        ge=1,
        description="tokens of a step at most, of passages up to batch, so that longer ones are fewer; null: batch",
    )
    lr: float = Field(default=1e-3, gt=0, description="peak learning rate: linear rise, then a cosine down")
    final_lr: float = Field(default=0.02, ge=0, le=1, description="learning rate at the end, over its peak")
    warmup: int = Field(default=100, ge=0, description="steps of the rise")
    weight_decay: float = Field(default=0.01, ge=0, description="decoupled weight decay")
    grad_clip: float = Field(default=1.0, gt=0, description="longer gradients are shortened to this norm")
    log_every: int = Field(default=10, ge=1, description="steps a line of metrics")
    ema: float = Field(default=0.999, ge=0, lt=1, description="decay a step of the average that is saved")
    pool_start: int = Field(default=4096, ge=1, description="problems a world that step 0 draws from")
    pool_grow: float = Field(default=64.0, ge=0, description="problems a world that each step adds")
    pool_size: int = Field(default=100_000, ge=1, le=MAX_PROBLEMS, description="problems a world at most")


class TrialsConfig(TextConfig):
    """What methods share that learn from groups of judged answers. They go on from a policy, as a rule."""

    writing: Writing = Field(
        default=Writing(temperature=1.0), description="how answers are written, and validated"
    )
    problems: int = Field(default=32, ge=1, description="problems of each world in an iteration")
    group: int = Field(default=16, ge=2, description="answers to each problem, compared with one another")
    reward: str = Field(default="dense-v1", description="the reward, by its name in each world")
    min_spread: float = Field(
        default=1e-4, ge=0, description="a group whose rewards lie closer than this counts as equal"
    )
    max_advantage: float = Field(
        default=5.0, gt=0, description="advantages are clipped to this, in standard deviations of the group"
    )
    lr: float = Field(default=1e-4, gt=0, description="learning rate")
    warmup: int = Field(default=0, ge=0, description="iterations in which it rises linearly")
    weight_decay: float = Field(default=0.0, ge=0, description="decoupled weight decay")
    grad_clip: float = Field(default=1.0, gt=0, description="longer gradients are shortened to this norm")

    @model_validator(mode="after")
    def _rewards_exist(self) -> Self:
        for task in self.tasks:
            reward_of(task.world, self.reward)
        return self

    @model_validator(mode="after")
    def _plans_are_imitated(self) -> Self:
        if self.writing.think == "plan":
            raise ValueError(
                "writing.think plan has no reward of its own: learn from trials with true, false or choose"
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
    def reward_names(self) -> list[str]:
        return [self.reward]


class ClippedConfig(TrialsConfig):
    """What methods share that learn from them by the clipped objective."""

    updates: int = Field(default=1, ge=1, description="optimizer steps an iteration, each on its own groups")
    epochs: int = Field(default=1, ge=1, description="times that they are gone through")
    clip_low: float = Field(default=0.2, gt=0, lt=1, description="a ratio counts no lower than 1 minus this")
    clip_high: float = Field(default=0.28, gt=0, description="and no higher than 1 plus this")
    kl_weight: float = Field(
        default=0.0, ge=0, description="weight of the KL to the policy that RL began with"
    )

    @property
    def needs_init(self) -> bool:
        """It is the KL's reference."""
        return self.kl_weight > 0

    @model_validator(mode="after")
    def _draws(self) -> Self:
        if self.writing.temperature == 0:
            raise ValueError("writing.temperature 0 writes the same answer a whole group over: take 1")
        if self.problems % self.updates:
            raise ValueError(
                f"{self.problems} groups are not {self.updates} equal parts: updates must divide problems"
            )
        return self


class PreferenceConfig(TrialsConfig):
    """What methods share that learn from pairs of them."""

    beta: float = Field(
        default=0.1, gt=0, description="how much a change from the start counts, a nat of log-probability"
    )
    sft_weight: float = Field(
        default=0.1, ge=0, description="weight of the log-likelihood of chosen answers, a token"
    )

    @property
    def needs_init(self) -> bool:
        """It is the reference."""
        return True

    @model_validator(mode="after")
    def _draws(self) -> Self:
        if self.writing.temperature == 0:
            raise ValueError("writing.temperature 0 writes the same answer a whole group over: take 1")
        return self
