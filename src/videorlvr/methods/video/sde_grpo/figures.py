"""What an iteration's updates tell of themselves, and the check that they replay the rollout."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from videorlvr.methods.video.sde_grpo.math import PolicyLoss
from videorlvr.training.batches import Batch
from videorlvr.training.ranks import ALONE, Ranks
from videorlvr.training.signal import clipped_share
from videorlvr.training.track import Metrics
from videorlvr.training.trust import Fit

MAX_RATIO_GAP = 1e-6
"""The first ratios must be 1; more than this means that training does not replay the rollout."""
MAX_REPACK_DRIFT = 0.02
"""In another batch than the rollout's, a network's sums differ in their last bits. As rms drift over the step's std:
about 1e-6 in float32; in bfloat16 a relative error of 0.004 in the velocity is about 0.002."""


class Figures:
    """Sums over the videos and window steps of an iteration, kept on the device until the line is told."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.gaps: list[Tensor] = []
        self.repacks: list[Tensor] = []
        self.norms: list[float] = []
        self.clipped: list[float] = []
        self.fits: list[Fit] = []
        self.losses: list[Tensor] = []

    def add(self, part: PolicyLoss, kl_B: Tensor, drift_B: Tensor, batch: Batch, loss: Tensor) -> None:
        """One window step of one batch."""
        counts, live = batch.counts, (batch.advantages != 0).float()
        found = {
            "policy_loss": (part.loss_B.detach() * counts).sum(),
            "kl": (kl_B * counts).sum(),
            "drift": (drift_B * counts).sum(),
            "count": counts.sum(),
            "stopped": (part.stopped_B * live).sum(),
            "live": live.sum(),
        }
        for name, value in found.items():
            self.sums[name] = self.sums[name] + value if name in self.sums else value
        if not self.norms:  # before the first update
            self.gaps.append((part.ratio_B - 1).abs().max())
        self.losses.append(loss)

    @property
    def loss(self) -> Tensor:
        """Of the update that is being gathered, this rank's part of it: a scalar."""
        return torch.stack(self.losses).sum() if self.losses else torch.zeros(())

    def repacked(self, drift_B: Tensor) -> None:
        """Half the squared drift between a video's law in the rollout's batch and in the one it is learnt in."""
        self.repacks.append(drift_B.max())

    def check_replay(self) -> None:
        """Before the first update.

        Raises:
            RuntimeError: If training does not replay what the rollout did; a gap that is no number is one.
        """
        gap, repack = self._ratio_gap(), self._repack_drift()
        if not gap <= MAX_RATIO_GAP:
            raise RuntimeError(
                f"ratios of the first update differ from 1 by {gap:.2e}: training does not replay what the rollout "
                "did (another batch size, dtype or graph), so its gradient is wrong"
            )
        if not repack <= MAX_REPACK_DRIFT:
            raise RuntimeError(
                f"in the batch it is learnt from, a video's law lies {repack:.2e} std from that of its rollout, more "
                f"than the {MAX_REPACK_DRIFT:g} of rounding: training does not replay what the rollout did"
            )

    def _ratio_gap(self) -> float:
        # torch's sees NaN, which Python's max may pass by
        return float(torch.stack(self.gaps).max()) if self.gaps else 0.0

    def _repack_drift(self) -> float:
        return math.sqrt(2 * float(torch.stack(self.repacks).max())) if self.repacks else 0.0

    def updated(self, grad_norm: float, grad_clip: float, fit: Fit) -> None:
        """An optimizer step was made."""
        self.norms.append(grad_norm)
        self.clipped.append(clipped_share(grad_norm, grad_clip))
        self.fits.append(fit)
        self.losses = []

    def line(self, ranks: Ranks = ALONE) -> Metrics:
        """The iteration's metrics, over the batches of all ranks; of an iteration without an update, only that."""
        line: Metrics = {"updates": len(self.norms)}
        if not self.norms:
            return line
        own = {name: float(value) for name, value in self.sums.items()}
        told = ranks.everyones_values((own, self._ratio_gap(), self._repack_drift()))
        sums = {name: sum(one.get(name, 0.0) for one, _, _ in told) for one, _, _ in told for name in one}
        count = sums["count"]
        return line | {
            "policy_loss": sums["policy_loss"] / count,
            "kl": sums["kl"] / count,
            "drift": math.sqrt(2 * sums["drift"] / count),
            "clip_fraction": sums["stopped"] / max(sums["live"], 1.0),
            "ratio_gap": max(gap for _, gap, _ in told),
            "repack_drift": max(drift for _, _, drift in told),
            "grad_norm": sum(self.norms) / len(self.norms),
            "clipped": sum(self.clipped) / len(self.norms),
            "clipped_updates": sum(share > 0 for share in self.clipped) / len(self.norms),
            "update_kl": self.fits[-1].divergence,
            "update_share": self.fits[-1].share,
        }
