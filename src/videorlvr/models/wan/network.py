"""The transformer with two noise levels a video: the given first frame's, 0, and that of all other frames.

The library gives every token a modulation of its own, which at 480x832x81 is a third of what a backward pass keeps.
There are only two different ones, so here they are two vectors a video. Same numbers, tested against the library.

B batch, N tokens, M tokens of the first frame, D width.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.transformers.transformer_wan import WanTransformerBlock
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint


class TwoLevelBlock(WanTransformerBlock):
    """A block of the library, its weights and names untouched, that takes modulations [B, 2, 6, D] with `first`, M."""

    def forward(
        self,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        temb: Tensor,
        rotary_emb: Any,  # a pair: cosines and sines
        first: int | None = None,
    ) -> Tensor:
        if first is None:
            out: Tensor = super().forward(hidden_states, encoder_hidden_states, temb, rotary_emb)
            return out
        x, text = hidden_states, encoder_hidden_states
        shift, scale, gate, shift_ff, scale_ff, gate_ff = (
            (self.scale_shift_table.unsqueeze(0) + temb.float()).squeeze(2).unbind(dim=2)
        )
        seen = modulated(self.norm1(x.float()), scale, shift, first).type_as(x)
        x = (x.float() + gated(self.attn1(seen, None, None, rotary_emb), gate, first)).type_as(x)
        x = x + self.attn2(self.norm2(x.float()).type_as(x), text, None, None)
        seen = modulated(self.norm3(x.float()), scale_ff, shift_ff, first).type_as(x)
        mixed: Tensor = x.float() + gated(self.ffn(seen).float(), gate_ff, first)
        return mixed.type_as(x)


def modulated(x_BND: Tensor, scale_B2D: Tensor, shift_B2D: Tensor, first: int) -> Tensor:
    """x (1 + scale) + shift, with the first vector for the first M tokens and the second for the others."""
    return torch.cat(
        [
            x_BND[:, :first] * (1 + scale_B2D[:, :1]) + shift_B2D[:, :1],
            x_BND[:, first:] * (1 + scale_B2D[:, 1:]) + shift_B2D[:, 1:],
        ],
        dim=1,
    )


def gated(x_BND: Tensor, gate_B2D: Tensor, first: int) -> Tensor:
    return torch.cat([x_BND[:, :first] * gate_B2D[:, :1], x_BND[:, first:] * gate_B2D[:, 1:]], dim=1)


def with_two_levels(transformer: nn.Module) -> nn.Module:
    """The library's transformer, its blocks able to take two modulations a video."""
    for block in transformer.blocks:  # type: ignore[union-attr]
        assert type(block) is WanTransformerBlock
        block.__class__ = TwoLevelBlock
    return transformer


def two_level_velocity(
    model: Any,
    x_BCTHW: Tensor,
    timestep_B2: Tensor,
    text_BND: Tensor,
    *,
    autocast: torch.autocast,
    checkpointing: bool,
) -> Tensor:
    """What the library's forward gives for tokens whose timesteps are the first of two in the first frame, and the
    second elsewhere."""
    batch, _, frames, height, width = x_BCTHW.shape
    rows, cols = height // model.config.patch_size[1], width // model.config.patch_size[2]
    first = rows * cols
    # Outside autocast: time is embedded in float32, as the library does it.
    temb, modulation, text, _ = model.condition_embedder(timestep_B2.flatten(), text_BND, timestep_seq_len=2)
    modulation = modulation.unflatten(2, (6, -1))
    rotary = model.rope(x_BCTHW)
    with autocast:
        x = model.patch_embedding(x_BCTHW).flatten(2).transpose(1, 2).contiguous()
        for block in model.blocks:
            if checkpointing and torch.is_grad_enabled():
                x = checkpoint(block, x, text, modulation, rotary, first, use_reentrant=False)
            else:
                x = block(x, text, modulation, rotary, first)
        shift, scale = (model.scale_shift_table.unsqueeze(0) + temb.unsqueeze(2)).unbind(dim=2)
        x = modulated(model.norm_out(x.float()), scale, shift, first).type_as(x)
        out = model.proj_out(x)
    out = out.reshape(batch, frames, rows, cols, *model.config.patch_size, -1)
    velocity: Tensor = out.permute(0, 7, 1, 4, 2, 5, 3, 6).flatten(6, 7).flatten(4, 5).flatten(2, 3)
    return velocity
