"""Configurations of the two stages. A run is its configuration: it is stored whole in the run folder.

Unknown keys and impossible combinations are refused with the reason, before anything is computed.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Literal, Self, get_args

import numpy as np
import torch
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from videorlvr.base.choices import unknown
from videorlvr.flow.schedule import Window, window_steps
from videorlvr.flow.sde import SdeName, transition
from videorlvr.judge.reward import reward_of
from videorlvr.models.dit import DiTConfig
from videorlvr.models.load import ModelConfig
from videorlvr.players.policy import Sampling
from videorlvr.training.optimizer import OptimizerName
from videorlvr.training.track import Tracker
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import level_of

Device = Literal["auto", "cpu", "cuda"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Task(Strict):
    """One world at one level. As text: `maze:small`."""

    world: str
    level: str

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            world, _, level = value.partition(":")
            return {"world": world, "level": level}
        return value

    @model_validator(mode="after")
    def _exists(self) -> Self:
        world = world_of(self.world)
        if not level_of(world, self.level).trainable:
            levels = ", ".join(name for name, level in world.levels.items() if level.trainable)
            raise ValueError(f"level '{self.level}' is for evaluation only; train on one of: {levels}")
        return self


class StageConfig(Strict):
    """What both stages share.

    batch: videos of one world in one forward pass; it fixes the shapes that are compiled.
    validate_every: steps between measurements on `num_val` validation problems a world; 0 for never.
    """

    tasks: list[Task] = Field(min_length=1)
    seed: int = 0
    sampling: Sampling = Sampling()
    batch: int = Field(default=64, ge=1)
    validate_every: int = Field(default=0, ge=0)
    num_val: int = Field(default=128, ge=1)
    save_every_s: float = Field(default=60.0, gt=0)
    max_s: float | None = Field(default=None, gt=0)
    num_workers: int | None = Field(default=None, ge=0)
    device: Device = "auto"
    compile: bool = False
    tracker: Tracker = "none"

    @model_validator(mode="after")
    def _one_level_a_world(self) -> Self:
        worlds = [task.world for task in self.tasks]
        twice = sorted({world for world in worlds if worlds.count(world) > 1})
        if twice:
            raise ValueError(f"tasks name {', '.join(twice)} more than once: take one level of each world")
        return self


class SFTConfig(StageConfig):
    """Velocity regression on oracle videos.

    model: form of a new policy; None with `init`, the folder of a policy to go on from, which has its own form.
    lr rises linearly over `warmup` steps and falls as a cosine to `final_lr` * lr at `num_steps`.
    pool_start, pool_grow, pool_size: problems a world that are known at step 0, added a step, at most.
    """

    stage: Literal["sft"] = "sft"
    model: ModelConfig | None = None
    init: str | None = None
    num_steps: int = Field(ge=1)
    optimizer: OptimizerName = "muon"
    lr: float = Field(default=5e-3, gt=0)
    final_lr: float = Field(default=0.02, ge=0, le=1)
    warmup: int = Field(default=200, ge=0)
    weight_decay: float = Field(default=0.01, ge=0)
    grad_clip: float = Field(default=1.0, gt=0)
    log_every: int = Field(default=10, ge=1)
    ema: float = Field(default=0.999, ge=0, lt=1)
    pool_start: int = Field(default=2048, ge=1)
    pool_grow: float = Field(default=32.0, ge=0)
    pool_size: int = Field(default=100_000, ge=1)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.init is not None and self.model is not None:
            raise ValueError(
                f"init '{self.init}' brings a policy of its own form, so model cannot be set beside it: "
                "leave out model (--model null) or init"
            )
        if self.init is None and self.model is None:
            self.model = DiTConfig()
        return self


class GRPOConfig(StageConfig):
    """SDE-GRPO with a window of trained steps.

    init: run folder of the SFT policy; it is also the reference of the KL.
    problems: problems of each world in an iteration, `group` videos of each.
    updates: optimizer steps an iteration, each on its own part of the groups, `epochs` times.
    clip_drift: clip range as rms drift of the mean per dimension, in units of the step's std.
    """

    stage: Literal["grpo"] = "grpo"
    init: str
    num_steps: int = Field(ge=1)
    problems: int = Field(default=32, ge=1)
    group: int = Field(default=16, ge=2)
    window: Window = "early"
    num_trained: int | None = Field(default=4, ge=1)
    sde: SdeName = "ddim-eta"
    noise_scale: float = Field(default=0.7, gt=0)
    reward: str = "dense-v1"
    optimizer: OptimizerName = "adamw"
    lr: float = Field(default=2e-5, gt=0)
    warmup: int = Field(default=0, ge=0)
    weight_decay: float = Field(default=0.0, ge=0)
    grad_clip: float = Field(default=1.0, gt=0)
    updates: int = Field(default=1, ge=1)
    epochs: int = Field(default=1, ge=1)
    clip_drift: float = Field(default=0.05, gt=0)
    kl_weight: float = Field(default=0.0, ge=0)
    min_spread: float = Field(default=1e-4, ge=0)
    max_advantage: float = Field(default=5.0, gt=0)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for task in self.tasks:
            reward_of(task.world, self.reward)
        # Raises with the reason if the window does not fit the sampler; which steps it draws does not matter.
        rng = np.random.default_rng(0)
        steps = window_steps(self.window, self.num_trained, self.sampling.num_steps, rng)
        _refuse_unfit_noise(self, steps[0])
        if self.batch % self.group:
            raise ValueError(
                f"batch {self.batch} does not hold whole groups of {self.group}: take a multiple of the group"
            )
        chunks = -(-self.problems * self.group // self.batch)
        if self.problems * self.group % self.batch or chunks % self.updates:
            raise ValueError(
                f"{self.problems} problems x {self.group} videos make {self.problems * self.group / self.batch:g} "
                f"batches of {self.batch}: they must fill whole batches, a multiple of updates={self.updates}"
            )
        return self


Config = SFTConfig | GRPOConfig


def _refuse_unfit_noise(config: GRPOConfig, step: int) -> None:
    """Take one stochastic step, which raises if its noise scale is out of range."""
    sigma, sigma_next = config.sampling.grid()[step : step + 2, None]
    zero = torch.zeros(1, 1)
    cap = float(config.sampling.grid()[1])
    scale = config.noise_scale
    transition(config.sde, zero, zero, sigma=sigma, sigma_next=sigma_next, noise_scale=scale, sigma_cap=cap)


def overridden(config: Config, overrides: Mapping[str, str]) -> Config:
    """The configuration with command-line changes: `{"lr": "1e-4", "model.width": "384"}`.

    Raises:
        ValueError: One sentence naming the key, the value and the nearest valid key.
    """
    values, keys = config.model_dump(), known_keys(type(config))
    for key, text in overrides.items():
        setting = key.replace("-", "_")
        if setting not in keys:
            raise unknown("setting", key, keys)
        *parents, name = setting.split(".")
        target: Any = values
        for parent in parents:
            if not isinstance(target[parent], dict):  # nothing until now: what is not named keeps its default
                target[parent] = {}
            target = target[parent]
        target[name] = _value(text, target.get(name))
    return checked(type(config), values)


def _value(text: str, present: Any) -> Any:
    """What a command line means. What is neither number, truth value, nothing nor list stays text: a
    folder may be called 007 or 2026-01-31, and pydantic turns the text of a number into the number."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = text
    if isinstance(present, list):
        return text.replace(" ", "").split(",") if isinstance(value, str) else value
    return value if value is None or isinstance(value, bool | list | dict) else text


def checked(kind: type[Config], values: dict[str, Any]) -> Config:
    """`kind(**values)`, its errors turned into one sentence."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise ValueError("; ".join(_sentence(detail, kind) for detail in error.errors())) from None


def known_keys(kind: type[BaseModel], prefix: str = "") -> list[str]:
    """All keys that a configuration may have, nested ones with dots."""
    out = []
    for name, field in kind.model_fields.items():
        out.append(prefix + name)
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                out += known_keys(inner, f"{prefix}{name}.")
    return out


def _sentence(detail: Any, kind: type[BaseModel]) -> str:
    where = ".".join(str(part) for part in detail["loc"]) or "configuration"
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(where, known_keys(kind), n=1)
        return f"unknown key '{where}'" + (f"; did you mean '{near[0]}'?" if near else "")
    reason = detail["msg"].removeprefix("Value error, ")
    shown = detail["input"] if not isinstance(detail["input"], dict | BaseModel) else None
    return f"{where}: {reason}" + (f" (got {shown!r})" if shown is not None else "")
