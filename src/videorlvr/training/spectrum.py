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
        line |= shape_line(world, list(hidden_states(policy, listed, batch=batch).values())[-1])
    return line


def shape_line(world: str, features_GKD: npt.NDArray[np.float64]) -> Metrics:
    """The metrics of one world's features, [G, K, D]: the bootstrap draws groups."""
    shape = shape_of(variances(features_GKD.reshape(-1, features_GKD.shape[-1])))
    again = bootstrap(features_GKD, seeding.rng("spectrum-bootstrap", world), draws=20)
    line: Metrics = {
        f"val/rank/{world}": shape.rank,
        f"val/rank_singular/{world}": shape.rank_singular,
        f"val/rank_error/{world}": float(np.std([drawn.rank for drawn in again], ddof=1)),
    }
    if np.isfinite(shape.alpha):
        line |= {f"val/alpha/{world}": shape.alpha, f"val/alpha_fit/{world}": shape.r_squared}
    return line


def shape_record(
    features_GKD: npt.NDArray[np.float64], rng: np.random.Generator, *, first: int, last: int, draws: int
) -> dict[str, float | None]:
    """Both ranks, alpha and its fit (None where too few directions vary), and the 95% interval of the rank."""
    samples, dimensions = features_GKD.shape[0] * features_GKD.shape[1], features_GKD.shape[2]
    shape = shape_of(variances(features_GKD.reshape(samples, dimensions)), first=first, last=last)
    drawn = [one.rank for one in bootstrap(features_GKD, rng, draws=draws, first=first, last=last)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {
        "samples": samples,
        "dimensions": dimensions,
        "rank": shape.rank,
        "rank_low": float(low),
        "rank_high": float(high),
        "rank_singular": shape.rank_singular,
        "alpha": shape.alpha if np.isfinite(shape.alpha) else None,
        "alpha_fit": shape.r_squared if np.isfinite(shape.r_squared) else None,
    }
