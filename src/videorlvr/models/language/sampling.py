"""Answers from a language policy: batched, with a cache, stops, and noise by name.

Law: what is drawn for a row depends on its own noise alone, not on its neighbours (their padding may change sums in the
last bits). Noise 0.5 everywhere is no draw at temperature 0, which takes the likeliest token.

B batch, N tokens, V vocabulary.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from videorlvr.models.language.policy import LanguagePolicy, padded


@dataclass(frozen=True, eq=False)
class Written:
    """What was written behind each prompt, the token that stopped it included.

    ids: [B][n]. log_probs: [B][n], of each token under the law that it was drawn from (temperature included).
    stopped: False where the room was used up first.
    """

    ids: list[list[int]]
    log_probs: list[list[float]]
    stopped: list[bool]

    @property
    def num_tokens(self) -> int:
        return sum(map(len, self.ids))


def drawn(logits_BV: Tensor, uniform_B: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """(token [B], its log-probability [B]): the inverse of the distribution function at `uniform`; at temperature 0 the
    likeliest token, of which the log-probability is that at temperature 1."""
    law = torch.log_softmax(logits_BV.float() / (temperature or 1.0), dim=-1)
    if temperature == 0:
        token = law.argmax(dim=-1)
    else:
        reached = law.double().exp().cumsum(dim=-1)
        token = (reached < uniform_B.to(reached)[:, None] * reached[:, -1:]).sum(dim=-1)
        token = token.clamp(max=law.shape[-1] - 1)
    return token, law.gather(-1, token[:, None])[:, 0]


@torch.no_grad()
def write(
    policy: LanguagePolicy,
    prompts: Sequence[Sequence[int]],
    *,
    max_tokens: int,
    uniform_BN: Tensor,
    temperature: float = 1.0,
    stops: Sequence[int] = (),
) -> Written:
    """Go on from each prompt until a stop (the model's end among them) or `max_tokens`.

    Args:
        uniform_BN: Noise in [0, 1), [B, max_tokens].
        stops: Tokens that end a segment.
    """
    go_on = _fill if policy.is_masked else _go_on
    return go_on(policy, prompts, max_tokens, uniform_BN, temperature, stops)


def _go_on(
    policy: LanguagePolicy,
    prompts: Sequence[Sequence[int]],
    max_tokens: int,
    uniform_BN: Tensor,
    temperature: float,
    stops: Sequence[int],
) -> Written:
    """Left to right, with transformers' own cache; prompts are padded on the left."""
    device, ends = policy.device, torch.tensor([policy.tokens.end, *stops], device=policy.device)
    ids = padded(prompts, policy.tokens.pad, left=True).to(device)
    seen = padded([[1] * len(prompt) for prompt in prompts], 0, left=True).to(device)
    place = (seen.cumsum(1) - 1).clamp(min=0)
    uniform = uniform_BN.to(device)
    tokens, log_probs, cache = list[Tensor](), list[Tensor](), new_cache(policy.module)
    done = torch.zeros(len(prompts), dtype=torch.bool, device=device)
    for number in range(max_tokens):
        with policy.autocast():
            out: Any = policy.module(
                input_ids=ids,
                attention_mask=seen,
                position_ids=place,
                use_cache=True,
                logits_to_keep=1,
                **cache,
            )
        token, log_prob = drawn(out.logits[:, -1], uniform[:, number], temperature)
        tokens.append(token)
        log_probs.append(log_prob)
        done |= torch.isin(token, ends)
        if bool(done.all()):
            break
        ids, place = token[:, None], place[:, -1:] + 1
        seen = torch.cat([seen, seen.new_ones(len(seen), 1)], dim=1)
    return _cut(torch.stack(tokens, 1), torch.stack(log_probs, 1), ends)


def new_cache(module: nn.Module) -> dict[str, Any]:
    """An empty cache as the keyword argument of a model's forward; newer releases of transformers have renamed it. The
    model fills it in place."""
    from transformers import DynamicCache

    adapted: Any = module
    base: Any = adapted.get_base_model() if hasattr(module, "get_base_model") else module
    names = inspect.signature(base.forward).parameters
    return {"cache" if "cache" in names else "past_key_values": DynamicCache(config=base.config)}


def _fill(
    policy: LanguagePolicy,
    prompts: Sequence[Sequence[int]],
    max_tokens: int,
    uniform_BN: Tensor,
    temperature: float,
    stops: Sequence[int],
) -> Written:
    """Left to right over a region of `max_tokens` masks, a token a pass, as MLM-U decodes."""
    assert policy.tokens.mask is not None
    device, ends = policy.device, torch.tensor([policy.tokens.end, *stops], device=policy.device)
    rows = [[*prompt, *[policy.tokens.mask] * max_tokens] for prompt in prompts]
    ids = padded(rows, policy.tokens.pad).to(device)
    seen = padded([[1] * len(row) for row in rows], 0).bool().to(device)
    first = torch.tensor([len(prompt) for prompt in prompts], device=device)
    every, uniform = torch.arange(len(rows), device=device), uniform_BN.to(device)
    log_probs, done = list[Tensor](), torch.zeros(len(rows), dtype=torch.bool, device=device)
    tokens = list[Tensor]()
    for number in range(max_tokens):
        logits = policy.logits(ids, seen)[every, first + number]
        token, log_prob = drawn(logits, uniform[:, number], temperature)
        ids[every, first + number] = token
        tokens.append(token)
        log_probs.append(log_prob)
        done |= torch.isin(token, ends)
        if bool(done.all()):
            break
    return _cut(torch.stack(tokens, 1), torch.stack(log_probs, 1), ends)


@torch.no_grad()
def next_laws(policy: LanguagePolicy, contexts: Sequence[Sequence[int]]) -> Tensor:
    """Log-probabilities of the token behind each context, float32 [B, V] on the CPU: for who looks before each token,
    row by row, which would wait for a device each time. No cache."""
    ids = padded(contexts, policy.tokens.pad).to(policy.device)
    last = torch.tensor([len(context) - 1 for context in contexts], device=policy.device)
    logits = policy.logits(ids)[torch.arange(len(contexts), device=policy.device), last]
    return torch.log_softmax(logits, dim=-1).cpu()


def _cut(tokens_BN: Tensor, log_probs_BN: Tensor, ends: Tensor) -> Written:
    """Each row up to and with its first stop."""
    is_end = torch.isin(tokens_BN, ends)
    stopped = is_end.any(1)
    length = torch.where(stopped, is_end.int().argmax(1) + 1, tokens_BN.shape[1]).tolist()
    ids, logs = tokens_BN.tolist(), log_probs_BN.tolist()
    return Written(
        [row[:count] for row, count in zip(ids, length, strict=True)],
        [row[:count] for row, count in zip(logs, length, strict=True)],
        stopped.tolist(),
    )


def log_probs_of(policy: LanguagePolicy, ids_BN: Tensor, temperature: float = 1.0) -> Tensor:
    """Log-probability of each token given those before it, [B, N - 1], with gradient if it is on. Rows are padded
    behind, where nothing that comes before looks."""
    law = torch.log_softmax(policy.logits(ids_BN)[:, :-1] / (temperature or 1.0), dim=-1)
    return law.gather(-1, ids_BN[:, 1:, None])[..., 0]
