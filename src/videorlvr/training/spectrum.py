"""The probe of hidden states: the shape of what a block says about a fixed set of videos.

Law: it looks and changes nothing. Videos, noise and tokens are named, the same in every run and at every step, so that
what differs is the policy.

G videos, K tokens of each, D width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.base.spectrum import bootstrap, shape_of, variances
from videorlvr.flow.at import At
from videorlvr.flow.path import interpolate
from videorlvr.models.api import Policy
from videorlvr.models.seam import Site, attached
from videorlvr.players.policy import condition_of, named_noise
from videorlvr.training.track import Metrics
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem
from videorlvr.worlds.render import oracle_video

SIGMA = 0.75
"""The noise level of the probe: high, where the plan of a video is made."""
TOKENS = 64
"""Tokens of a video that are looked at, the same places in all videos of one shape."""


@torch.no_grad()
def hidden_states(
    policy: Policy, problems: Sequence[Problem], *, batch: int, sigma: float = SIGMA
) -> dict[Site, npt.NDArray[np.float64]]:
    """[G, K, D] of each block, on noised oracle videos of these problems, which share their shape."""
    found: dict[Site, list[Tensor]] = {}

    def look(site: Site, hidden_BND: Tensor) -> None:
        places = _places(hidden_BND.shape[1], hidden_BND.device)
        found.setdefault(site, []).append(hidden_BND[:, places].float().cpu())

    with attached(policy.module, tap=look):
        for start in range(0, len(problems), batch):
            part = problems[start : start + batch]
            videos = np.stack([oracle_video(world_of(problem.address.world), problem) for problem in part])
            x0, condition = policy.encode(torch.from_numpy(videos)), condition_of(policy, part)
            level = torch.full((len(part),), sigma, device=x0.device)
            x = interpolate(x0, named_noise(part, 0, x0), level)
            x = torch.where(condition.free, x, condition.clean)
            policy.velocity(x, At(level), condition)
    return {site: torch.cat(parts).double().numpy() for site, parts in found.items()}


def _places(num_tokens: int, device: torch.device) -> Tensor:
    """Which tokens: drawn once for each number of tokens, in order."""
    rng = seeding.rng("spectrum", num_tokens)
    chosen = np.sort(rng.permutation(num_tokens)[:TOKENS])
    return torch.from_numpy(chosen).to(device)


def spectrum_line(policy: Policy, problems: dict[str, list[Problem]], *, batch: int) -> Metrics:
    """`val/rank/WORLD` and so on: the last block's shape in each world, with the standard error of the rank."""
    line: Metrics = {}
    for world, listed in problems.items():
        features = list(hidden_states(policy, listed, batch=batch).values())[-1]
        shape = shape_of(variances(features.reshape(-1, features.shape[-1])))
        again = bootstrap(features, seeding.rng("spectrum-bootstrap", world), draws=20)
        line[f"val/rank/{world}"] = shape.rank
        line[f"val/rank_singular/{world}"] = shape.rank_singular
        line[f"val/rank_error/{world}"] = float(np.std([drawn.rank for drawn in again], ddof=1))
        if np.isfinite(shape.alpha):
            line[f"val/alpha/{world}"], line[f"val/alpha_fit/{world}"] = shape.alpha, shape.r_squared
    return line
