"""The probe of hidden states of policies that write: what each layer says of solved boards, read token by token.

Law: it looks and changes nothing. Boards, their reference solutions and the places that are looked at are the same in
every run and at every step, so that what differs is the policy.

G passages, K places, D width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from videorlvr.models.language.policy import LanguagePolicy, padded
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem
from videorlvr.worlds.written.passages import END, solved

PLACES = 4
"""Tokens of a passage that are looked at: evenly from the answer's mark, behind all of the board, to the end."""


@torch.no_grad()
def text_states(
    policy: LanguagePolicy, problems: Sequence[Problem], *, batch: int
) -> list[npt.NDArray[np.float64]]:
    """[G, K, D] behind the embedding and each layer, on the reference solutions of these problems."""
    rows = [_passage(policy, problem) for problem in problems]
    parts: list[list[npt.NDArray[np.float64]]] = []
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        ids = padded([row for row, _ in part], policy.tokens.pad).to(policy.device)
        seen = padded([[1] * len(row) for row, _ in part], 0).bool().to(policy.device)
        places = torch.tensor([chosen for _, chosen in part], device=policy.device)
        layers = policy.states(ids, seen if policy.is_masked else None)
        looked = [
            layer.gather(1, places[:, :, None].expand(-1, -1, layer.shape[2])).double().cpu().numpy()
            for layer in layers
        ]
        parts.append(looked)
    return [np.concatenate(layer) for layer in zip(*parts, strict=True)]


def _passage(policy: LanguagePolicy, problem: Problem) -> tuple[list[int], list[int]]:
    """The tokens of a solved board, and the places that are looked at."""
    passage = solved(world_of(problem.address.world), problem, form=policy.form.board)
    given = [*policy.tokens.begin, *policy.tokens.encode(passage.of("given"))]
    answer = policy.tokens.encode(problem.solution + END)
    places = np.linspace(len(given) - 1, len(given) + len(answer) - 1, PLACES).round().astype(int)
    return [*given, *answer], places.tolist()
