"""Attention with a bias: dense, in factors, in FlexAttention; time, memory and error by number of tokens.

    python benchmarks/attention_bias.py --json bias.json              # on a GPU, in bf16
    python benchmarks/attention_bias.py --device cpu --tokens 256     # algebra, no timing worth the name
    python benchmarks/attention_bias.py --run RUN --suite micro-v2:maze   # a learned bias with fewer columns an axis

Bias: squared distance on a grid of three axes (rank 5) and ALiBi (rank 2), and columns of no meaning up to rank 32,
whose cost alone is of interest. Batch 1, 12 heads of 64. FlexAttention computes the bias from places in its kernel,
and is compiled; it is the strong baseline. `none` is attention without any bias: what a bias costs at all.

Rule, stated before it was run (study of paper 38): held if at 8,192 tokens and more factors of rank 5 take at most
1 / 1.5 of the dense bias's time forward, and their largest error in float32 is below 1e-5 of the largest value. Where
FlexAttention is faster, that is said.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention as attention

from videorlvr.models.bias import alibi_factors, alibi_slopes, biased, square_distance_factors

HEADS, WIDTH = 12, 64
Case = Callable[[Tensor, Tensor, Tensor], Tensor]


def places(num_tokens: int, device: torch.device) -> Tensor:
    """[N, 3]: frames of 30 x 52 cells, as Wan's at 480p; a few cells where there are few tokens."""
    rows, columns = (30, 52) if num_tokens > 1560 else (8, 8)
    at = torch.arange(num_tokens, device=device)
    axes = (at // (rows * columns), at // columns % rows, at % columns)
    return torch.stack(axes, dim=-1).float() / 10


def cases(num_tokens: int, device: torch.device) -> dict[str, Case]:
    """Name -> attention of (q, k, v)."""
    weight = torch.linspace(0.5, 2, HEADS, device=device)
    x = places(num_tokens, device)
    square = square_distance_factors(weight, x)

    def dense(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return attention(q, k, v, attn_mask=table.to(q.dtype))

    def wide(rank: int) -> Case:
        more = rank - square[0].shape[-1]
        return biased(attention, (pad(square[0], more), pad(square[1], more)))

    found: dict[str, Case] = {
        "none": attention,
        "factors-2": biased(attention, alibi_factors(alibi_slopes(HEADS, device=device), num_tokens)),
        "factors-5": biased(attention, square),
        "factors-16": wide(16),
        "factors-32": wide(32),
    }
    if device.type == "cuda":
        found["flex"] = flex(weight, x)
    if num_tokens <= 16384 or device.type == "cuda":
        table = (square[0] @ square[1].transpose(-1, -2))[None].to(
            torch.bfloat16 if device.type == "cuda" else x.dtype
        )
        found["dense"] = dense
    return found


def pad(part: Tensor, more: int) -> Tensor:
    return torch.nn.functional.pad(part, (0, more))


def flex(weight: Tensor, x: Tensor) -> Case:
    from torch.nn.attention.flex_attention import flex_attention

    rows = x.T.contiguous()

    def score(value: Tensor, b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
        apart = sum((rows[axis][i] - rows[axis][j]) ** 2 for axis in range(3))
        return value - weight[h] * apart

    compiled = torch.compile(flex_attention, dynamic=False)
    return lambda q, k, v: compiled(q, k, v, score_mod=score)


def inputs(num_tokens: int, device: torch.device, dtype: torch.dtype, grad: bool) -> list[Tensor]:
    generator = torch.Generator(device).manual_seed(0)
    shape = (1, HEADS, num_tokens, WIDTH)
    return [
        torch.randn(shape, generator=generator, device=device).to(dtype).requires_grad_(grad)
        for _ in range(3)
    ]


def measured(case: Case, args: list[Tensor], *, backward: bool, repeats: int) -> dict[str, float]:
    """Median milliseconds and MiB beyond what was there; after two calls that are not counted."""
    device = args[0].device
    cuda = device.type == "cuda"

    def once() -> None:
        out = case(*args)
        if backward:
            out.float().sum().backward()
            for value in args:
                value.grad = None

    for _ in range(2):
        once()
    before = torch.cuda.memory_allocated() if cuda else 0
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    times = []
    for _ in range(repeats):
        if cuda:
            torch.cuda.synchronize()
        began = time.perf_counter()
        once()
        if cuda:
            torch.cuda.synchronize()
        times.append(1000 * (time.perf_counter() - began))
    peak = (torch.cuda.max_memory_allocated() - before) / 2**20 if cuda else float("nan")
    return {"ms": sorted(times)[len(times) // 2], "mib": peak}


def error(device: torch.device) -> float:
    """Largest error of factors of rank 5 in float32 at 512 tokens, over the largest value."""
    found = cases(512, device)
    args = inputs(512, device, torch.float32, False)
    table = square_distance_factors(torch.linspace(0.5, 2, HEADS, device=device), places(512, device))
    dense = attention(*args, attn_mask=(table[0] @ table[1].transpose(-1, -2))[None])
    return float((found["factors-5"](*args) - dense).abs().max() / dense.abs().max())


def reduced(run: str, suite: str, ranks: list[int]) -> dict[str, float]:
    """Success of a policy with a learned bias of distance, as it is, with fewer columns an axis, and without it."""
    from pathlib import Path

    from videorlvr.base import runs
    from videorlvr.base.records import read_json_object
    from videorlvr.evaluation.runner import plan
    from videorlvr.evaluation.suites import problems, suite_of
    from videorlvr.judge.door import judge_batch
    from videorlvr.judge.tolerance import EXACT
    from videorlvr.models.load import load_policy
    from videorlvr.players.policy import PolicyPlayer
    from videorlvr.players.sampling import Sampling

    policy = load_policy(Path(run) / runs.POLICY, device=torch.device("cpu"))
    config = read_json_object(Path(run) / runs.CONFIG)
    player = PolicyPlayer(policy, Sampling.model_validate(config["sampling"]), batch_size=64)
    batches = plan(problems(suite_of(suite)), samples=1, batch_size=64)
    learnt, out = policy.module.distance, {}
    for name in ["all", *map(str, ranks), "none"]:
        policy.module.distance = None if name == "none" else learnt
        learnt.rank = int(name) if name.isdigit() else None
        verdicts = [
            verdict
            for batch in batches
            for verdict in judge_batch(
                batch.problems, player(batch.world, list(batch.problems), batch.sample), EXACT
            )
        ]
        out[name] = sum(verdict.success for verdict in verdicts) / len(verdicts)
        print(f"{run}: {name} columns an axis: {100 * out[name]:.1f}% solved", flush=True)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tokens", type=int, nargs="+", default=[1024, 2048, 4096, 8192, 16384, 32768])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument(
        "--run", help="a run whose policy has a learned bias: measure it with fewer columns instead"
    )
    parser.add_argument("--suite", default="micro-v2:maze")
    parser.add_argument("--ranks", type=int, nargs="+", default=[4, 2, 1])
    parser.add_argument("--json")
    args = parser.parse_args()
    if args.run:
        found = reduced(args.run, args.suite, args.ranks)
        if args.json:
            with open(args.json, "w") as file:
                json.dump(found, file, indent=1)
        return
    device = torch.device(args.device)
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    name = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
    out = {
        "device": name,
        "torch": torch.__version__,
        "dtype": str(dtype),
        "error": error(device),
        "rows": [],
    }
    print(f"{name}, torch {torch.__version__}, error of factors in float32: {out['error']:.1e}", flush=True)
    for num_tokens in args.tokens:
        for case_name, case in cases(num_tokens, device).items():
            for backward in (False, True):
                try:
                    found = measured(
                        case,
                        inputs(num_tokens, device, dtype, backward),
                        backward=backward,
                        repeats=args.repeats,
                    )
                except torch.cuda.OutOfMemoryError:
                    found = {"ms": float("nan"), "mib": float("nan")}
                row = {"tokens": num_tokens, "case": case_name, "backward": backward, **found}
                out["rows"].append(row)
                way = "forward and backward" if backward else "forward"
                print(
                    f"{num_tokens:6d} {case_name:10s} {way:20s} {row['ms']:9.3f} ms {row['mib']:9.1f} MiB",
                    flush=True,
                )
        if args.json:
            with open(args.json, "w") as file:
                json.dump(out, file, indent=1)


if __name__ == "__main__":
    main()
