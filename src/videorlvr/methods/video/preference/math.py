"""Group preference: Diffusion-DPO over pairs of a group, at one noise and level for both.

    loss = -log sigmoid(-beta / 2 ((e_w - e_w_start) - (e_l - e_l_start)))

e is the matching error of the winner and the loser, e_start that of the policy that RL began with. At the start the
gradient is beta / 4 (grad e_w - grad e_l): advantage-weighted matching with weights +-beta / 4. It fades
where the pair is told apart, which bounds the push from the loser.

Source: Diffusion-DPO, arXiv:2311.12908, Equation 14, with the error as a mean over dimensions; pairs from one's own
group, online.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch.nn.functional as F
from torch import Tensor


def preference_loss(
    winner_U: Tensor, loser_U: Tensor, winner_start_U: Tensor, loser_start_U: Tensor, beta: float
) -> Tensor:
    """[U] from the four errors. A pair of one video has no gradient."""
    margin = (winner_U - winner_start_U) - (loser_U - loser_start_U)
    return -F.logsigmoid(-0.5 * beta * margin)


def best_and_worst(
    rewards_N: npt.NDArray[np.float64], group_ids_N: npt.NDArray[np.int64], *, min_spread: float, most: int
) -> npt.NDArray[np.int64]:
    """Places of pairs [U, 2]: the k-th best with the k-th worst of each group, for k < `most`.

    Pairs whose rewards lie within `min_spread` are left out: they would say nothing.
    """
    pairs = []
    for group in np.unique(group_ids_N):
        own = np.flatnonzero(group_ids_N == group)
        order = own[np.argsort(-rewards_N[own], kind="stable")]
        both = zip(order[: min(most, len(own) // 2)], order[::-1], strict=False)
        pairs += [(good, bad) for good, bad in both if rewards_N[good] - rewards_N[bad] > min_spread]
    return np.array(pairs, np.int64).reshape(-1, 2)
