"""MMHM as a player: all settings are played on validation boards, one is chosen, and that one plays.

Laws: settings are compared on the same boards and the same noise. What a choice is worth is measured on other boards
than it was made by. With nothing to choose (`own`) it is the plain player, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from videorlvr.flow.at import At
from videorlvr.judge.door import judge_batch
from videorlvr.judge.reward import rewards
from videorlvr.judge.tolerance import EXACT
from videorlvr.methods.video.mmhm.config import MMHMConfig
from videorlvr.methods.video.mmhm.math import Floats, by_set, frechet, mmhm, pareto, scaled, stability
from videorlvr.models.api import Policy
from videorlvr.models.load import load_policy, weights_hash
from videorlvr.models.seam import Site, attached
from videorlvr.models.shipped import shipped_sft
from videorlvr.players.guidance import blank_condition, guided
from videorlvr.players.policy import PolicyPlayer, condition_of, named_noise, roll
from videorlvr.players.sampling import Sampling
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, Video, World
from videorlvr.worlds.different import Part, different_boards
from videorlvr.worlds.render import first_frame, oracle_video

MEASURED = ("success", "reward", "legal", "nearness")
"""Share solved; dense reward; share of legal transitions; minus the distance of features to the solutions'."""


@dataclass(frozen=True)
class Setting:
    """One way of sampling. model: `own`, or `student`."""

    model: str
    steps: int
    guidance: float


class MMHM:
    """(world, problems of one shape, sample number) -> uint8 videos, by the setting that was chosen."""

    def __init__(self, config: MMHMConfig, policy: Policy, sampling: Sampling, batch_size: int) -> None:
        self.config, self.sampling, self.batch_size = config, sampling, batch_size
        self.policies: dict[str, Policy] = {"own": policy}
        self.plain = PolicyPlayer(policy, sampling, batch_size=batch_size)
        if config.student is not None:
            self.policies["student"] = load_policy(Path(config.student), device=policy.device)
        self.encoder: Policy = load_policy(shipped_sft() / "policy", device=policy.device)
        self.chosen = Setting("own", sampling.steps, 1.0)
        self.found: dict[str, Any] = {}
        self._choose()

    @property
    def identity(self) -> dict[str, Any]:
        """What its videos depend on besides the weights, what it found, and what one of its answers costs."""
        looks = self.chosen.steps * (2 if self.sampling.solver == "heun" else 1)
        looks -= self.sampling.solver == "heun"
        student = self.config.student
        return {
            **self.plain.identity,
            "play": self.config.model_dump(),
            **({} if student is None else {"student": weights_hash(Path(student))}),
            "features": weights_hash(shipped_sft() / "policy"),
            "found": self.found,
            "network_evaluations": looks * (1 if self.chosen.guidance == 1 else 2),
        }

    @torch.no_grad()
    def __call__(self, world: World, problems: list[Problem], sample_index: int) -> Video:
        if self.config.by == "own":
            return self.plain(world, problems, sample_index)
        return self.videos(self.chosen, problems, sample_index)

    @torch.no_grad()
    def videos(self, setting: Setting, problems: Sequence[Problem], sample_index: int) -> Video:
        """What a setting makes of these problems, which share their shape."""
        policy, out = self.policies[setting.model], []
        sampling = self.sampling.model_copy(update={"steps": setting.steps})
        for start in range(0, len(problems), self.batch_size):
            part = problems[start : start + self.batch_size]
            condition = condition_of(policy, part)
            firsts = np.stack([first_frame(world_of(one.address.world), one) for one in part])
            blank = blank_condition(policy, torch.from_numpy(firsts), part[0].num_frames)
            noise = named_noise(part, sample_index, condition.clean)
            x = roll(policy, condition, noise, sampling, around=guided(policy, blank, setting.guidance))
            out.append(policy.decode(x).cpu().numpy())
        return np.concatenate(out)

    @cached_property
    def settings(self) -> list[Setting]:
        return [
            Setting(model, steps, weight)
            for model in self.policies
            for steps in self.config.steps
            for weight in self.config.guidance
        ]

    def _choose(self) -> None:
        """Play all settings on validation boards; choose by half of them, and tell by the other half."""
        config = self.config
        world = world_of(config.task.world)
        part = Part(world.name, config.task.level, "val", 2 * config.problems)
        problems = different_boards([part], "mmhm", workers=1)
        half = problems[: config.problems], problems[config.problems :]
        solved = [features(_solutions(boards), self.encoder) for boards in half]
        values = [
            np.array([self._measured(one, boards, of) for one in self.settings])
            for boards, of in zip(half, solved, strict=True)
        ]
        frozen = [self._frozen(boards, of) for boards, of in zip(half, solved, strict=True)]
        scores = self._scores(values[0], frozen[0])
        if config.by != "own":
            self.chosen = self.settings[int(scores[config.by].argmax())]
        row = self.settings.index(self.chosen) if self.chosen in self.settings else None
        u = scaled(values[1], *frozen[1])
        self.found = {
            "model": self.chosen.model,
            "steps": self.chosen.steps,
            "guidance": self.chosen.guidance,
            "stability": stability(values[0]),
            "settings": [vars(one) for one in self.settings],
            "values": values[0].round(6).tolist(),
            "scores": {name: score.round(6).tolist() for name, score in scores.items()},
            "pareto": [index for index, on in enumerate(pareto(values[0])) if on],
        }
        if row is not None:  # what the choice is worth, on the other boards
            self.found |= {"worst": float(u[row].min()), "mmhm": float(mmhm(u)[row])}

    def _scores(self, values: Floats, frozen: tuple[Floats, Floats]) -> dict[str, Floats]:
        score = by_set(values) if self.config.bounds == "set" else mmhm(scaled(values, *frozen))
        return {"mmhm": score, "distance": values[:, 3], "success": values[:, 0]}

    def _measured(self, setting: Setting, problems: Sequence[Problem], solved: Floats) -> list[float]:
        videos = self.videos(setting, problems, 0)
        verdicts = judge_batch(problems, videos, EXACT)
        return [
            float(np.mean([verdict.success for verdict in verdicts])),
            float(np.mean(rewards(self.config.task.world, "dense-v1", verdicts))),
            float(np.mean([verdict.components["process"] for verdict in verdicts])),
            -frechet(features(videos, self.encoder), solved),
        ]

    def _frozen(self, problems: Sequence[Problem], solved: Floats) -> tuple[Floats, Floats]:
        """Bounds that no setting moves: shares in [0, 1], and a distance from 0 to that of videos that stand still."""
        moving = _solutions(problems)
        still = np.repeat(moving[:, :1], moving.shape[1], axis=1)
        furthest = frechet(features(still, self.encoder), solved)
        return np.array([0.0, 0.0, 0.0, -furthest]), np.array([1.0, 1.0, 1.0, 0.0])


def _solutions(problems: Sequence[Problem]) -> Video:
    return np.stack([oracle_video(world_of(one.address.world), one) for one in problems])


@torch.no_grad()
def features(videos: Video, encoder: Policy) -> Floats:
    """Of each frame but the first: the mean over its cells of what the encoder's middle block makes of the video,
    [B (T - 1), D]. The encoder is the policy that ships: frozen, and told by the hash of its weights."""
    out = []
    for start in range(0, len(videos), 64):
        part = torch.from_numpy(videos[start : start + 64]).to(encoder.device)
        seen: dict[Site, torch.Tensor] = {}
        with attached(encoder.module, tap=seen.__setitem__):
            condition = encoder.condition(part[:, 0], [""] * len(part), part.shape[1])
            clean = torch.zeros(len(part), device=encoder.device)
            encoder.velocity(encoder.encode(part), At(clean), condition)
        hidden = list(seen.values())[len(seen) // 2]
        frames = hidden.reshape(len(part), part.shape[1], -1, hidden.shape[-1]).float().mean(dim=2)
        out.append(frames[:, 1:].flatten(0, 1).cpu())
    return torch.cat(out).double().numpy()
