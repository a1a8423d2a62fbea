"""What sampling costs: network evaluations and floating-point operations, of what is really computed.

Law: it counts calls as they happen, not as they were planned: an item that was dropped or a token that was skipped
is not there to be counted, and a batch that is filled up counts whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count


class Meter:
    """evaluations: items whose velocity was asked for. flops: two a multiplication and addition, of matrix products
    and attention; counted where `with_flops`, which slows small networks on a CPU.
    Where tokens are left out an evaluation is no whole one: compare flops there."""

    def __init__(self, *, with_flops: bool = False) -> None:
        self.with_flops, self.evaluations, self.flops = with_flops, 0, 0

    @contextmanager
    def call(self, num_items: int) -> Iterator[None]:
        """Around one call of the network for so many items."""
        counter = FlopCounterMode(display=False, custom_mapping=_BESIDE_TORCH) if self.with_flops else None
        with counter or nullcontext():
            yield
        self.evaluations += num_items
        if counter is not None:
            self.flops += counter.get_total_flops()


def counting(meter: Meter | None, num_items: int) -> Any:
    """`meter.call`, or nothing where there is no meter."""
    return nullcontext() if meter is None else meter.call(num_items)


def _fused_on_cpu(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    return int(sdpa_flop_count(query, key, value))  # type: ignore[no-untyped-call]


_BESIDE_TORCH: dict[Any, Any] = {
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _fused_on_cpu,
}
"""The fused attention of a CPU, which torch's counter does not know."""
