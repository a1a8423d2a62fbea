"""The Gaussian law of a stochastic step: sample, log-probability, KL, and the clip range.

Job: these exist once, here, for all four stochastic steps of `sde`.
Law: log-probabilities are those of `torch.distributions.Normal`, constants included, summed or averaged
over *free* dimensions only. Where `mask` is False (the given first frame) nothing contributes:
not the state, not the action, not the velocity, and not the divisor.

Legend: `x`, `mean` [B, ...] of any rank >= 2; `std` [B]; `mask` bool of the rank of x, broadcastable
to it, True = free; D number of free dimensions of an item. Results are [B], float32, in nats.
A name says its reduction: `_sum` over the D free dimensions, `_mean` over them (sum / D).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from videorlvr.flow.path import expand


@dataclass(frozen=True, eq=False)
class Transition:
    """N(mean, std^2 I): the law of the next state. `mean` carries gradient, `std` never does."""

    mean: Tensor
    std: Tensor

    def __post_init__(self) -> None:
        assert self.mean.dtype in (torch.float32, torch.float64), self.mean.dtype
        assert self.std.shape == self.mean.shape[:1], (self.std.shape, self.mean.shape)
        assert not self.std.requires_grad


def sample(transition: Transition, noise: Tensor) -> Tensor:
    """x' = mean + std z [B, ...]. `noise` z is standard normal, shaped like the mean.

    The result follows the mean's gradient. As an *action* it must be a constant: detach it
    before taking its log-probability, else the gradient through z = (x' - mean) / std cancels.
    """
    return transition.mean + expand(transition.std, transition.mean) * noise


def round_to_storage(x: Tensor, dtype: torch.dtype) -> Tensor:
    """The value that is left after storing x as `dtype`, as float32 again.

    Round first, then take the log-probability: a trajectory kept in bfloat16 whose log-probability
    was taken before rounding replays with ratios off by as much as the clip range.
    """
    return x.to(dtype).to(torch.float32)


def count_free_dims(mask: Tensor | None, x: Tensor) -> Tensor:
    """D, the count of free dimensions of each item, [B] float32; all of them when mask is None.

    Raises:
        ValueError: If the mask is not bool, has another rank than x, does not broadcast, or leaves none.
    """
    if mask is None:
        return torch.full(x.shape[:1], float(x[0].numel()), device=x.device)
    if mask.dtype != torch.bool or mask.ndim != x.ndim:
        # Equal rank is asked for since [B, C] against [B, C, T, H, W] would line up with H, W.
        raise ValueError(
            f"mask is {mask.dtype} with shape {tuple(mask.shape)}; expected torch.bool with {x.ndim} axes "
            f"like x {tuple(x.shape)}; put a 1 where the mask is shared, as in [1, 1, T, 1, 1]"
        )
    try:
        full = mask.expand(x.shape)
    except RuntimeError as error:
        raise ValueError(f"mask {tuple(mask.shape)} does not broadcast to x {tuple(x.shape)}") from error
    count = full.sum(dim=tuple(range(1, x.ndim))).to(torch.float32)
    if _can_look(count) and not bool((count > 0).all()):
        raise ValueError("mask leaves an item without free dimensions; expected at least one True an item")
    return count


def _can_look(value: Tensor) -> bool:
    """Whether a value can be looked at for nothing. On a GPU the host would wait for it, several times a step; what
    is wrong there ends as a number that is none, which learners check for (`training.finite`)."""
    return value.device.type == "cpu"


def _positive(std: Tensor) -> Tensor:
    if _can_look(std) and not bool((std > 0).all()):
        raise ValueError(
            f"std={std.tolist()}; expected > 0 everywhere: a step without noise is a point, it has no "
            f"log-probability or KL; keep it out of the trained window (see steps.window_steps)"
        )
    return std


def _masked_square_sum(difference: Tensor, mask: Tensor | None) -> Tensor:
    """Sum of squares over free dimensions, [B]. Masking comes before squaring, so that even an
    infinity in the given frame has gradient exactly 0."""
    if mask is not None:
        difference = torch.where(mask, difference, torch.zeros_like(difference))
    return difference.square().flatten(1).sum(1)


def log_prob_sum(transition: Transition, x: Tensor, mask: Tensor | None = None) -> Tensor:
    """log N(x; mean, std^2) of each item, [B]:  -|x - mean|^2 / (2 std^2) - D (log std + log(2 pi) / 2).

    Grows with D: at D = 1e5 float32 resolves it to about 0.01 only. Ratios use `log_prob_mean`.

    Args:
        x: The action [B, ...], a constant, after `round_to_storage`.

    Raises:
        ValueError: If std <= 0 anywhere, shapes differ, or the mask is unfit (`count_free_dims`).
    """
    if x.shape != transition.mean.shape:
        raise ValueError(f"x {tuple(x.shape)} and mean {tuple(transition.mean.shape)}; expected equal shapes")
    std, num_free = _positive(transition.std), count_free_dims(mask, x)
    square = _masked_square_sum(x - transition.mean, mask)
    return -square / (2 * std**2) - num_free * (std.log() + 0.5 * math.log(2 * math.pi))


def log_prob_mean(transition: Transition, x: Tensor, mask: Tensor | None = None) -> Tensor:
    """`log_prob_sum` / D, [B]. Its gradient is 1/D of the true one; see `clip_from_drift`.

    Source: the reduction of Flow-GRPO, arXiv:2505.05470, and DanceGRPO, arXiv:2505.07818 (their code).
    """
    return log_prob_sum(transition, x, mask) / count_free_dims(mask, x)


def kl_sum(transition_p: Transition, transition_q: Transition, mask: Tensor | None = None) -> Tensor:
    """KL(p || q) of two laws of one step, [B]:  |mean_p - mean_q|^2 / (2 std^2).

    Exact, since the std depends on the schedule and not on the network. No 1/dt is left out, so one
    coefficient means the same for every number of steps.

    Raises:
        ValueError: If std <= 0, or the two differ: then p and q are not laws of the same step.
    """
    std = _positive(transition_p.std)
    unlike = _can_look(std) and not torch.equal(std, transition_q.std)
    if transition_p.mean.shape != transition_q.mean.shape or unlike:
        raise ValueError(
            f"KL of unlike steps: shapes {tuple(transition_p.mean.shape)}, {tuple(transition_q.mean.shape)}, "
            f"std {std.tolist()}, {transition_q.std.tolist()}; expected the same step of two policies"
        )
    count_free_dims(mask, transition_p.mean)  # refuses an unfit mask
    return _masked_square_sum(transition_p.mean - transition_q.mean, mask) / (2 * std**2)


def kl_mean(transition_p: Transition, transition_q: Transition, mask: Tensor | None = None) -> Tensor:
    """`kl_sum` / D, [B]: half the squared rms drift per dimension in units of std, c^2 / 2."""
    return kl_sum(transition_p, transition_q, mask) / count_free_dims(mask, transition_p.mean)


def clip_from_drift(clip_drift: float, num_free_dims: int) -> float:
    """Clip half-width on the mean-reduced ratio, c / sqrt(D), from a drift c that has a meaning.

    Let the mean move by delta_i std in dimension i, with rms c = sqrt(sum delta_i^2 / D), and let
    x = mean_old + std z. Then the mean-reduced log-ratio is

        l = (1/D) sum_i (z_i delta_i - delta_i^2 / 2),    E[l] = -c^2 / 2,    std[l] = c / sqrt(D)

    and ratio - 1 ~ l. A fixed clip range (1e-4, say) therefore allows a drift c = 1e-4 sqrt(D) that
    grows with the resolution; a fixed c allows the same drift at every D, and this is its range.

    The offset -c^2/2 = -`kl_mean`(old, new) does not shrink with D. It passes the half-width
    at c = 2 / sqrt(D); a clip meant to be symmetric there adds `kl_mean` back to l.

    Args:
        clip_drift: c > 0, rms drift per dimension in units of std.
        num_free_dims: D >= 1, free dimensions of one item.

    Raises:
        ValueError: If either is out of range.

    Source: ours. The offset is the ratio bias of GRPO-Guard, arXiv:2510.22319.
    """
    if not (math.isfinite(clip_drift) and clip_drift > 0):
        raise ValueError(
            f"clip_drift={clip_drift}; expected a finite number > 0, a usual value is 0.01 to 0.1"
        )
    if num_free_dims < 1:
        raise ValueError(
            f"num_free_dims={num_free_dims}; expected at least 1, the free dimensions of one item"
        )
    return clip_drift / math.sqrt(num_free_dims)
