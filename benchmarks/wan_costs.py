"""What RL on Wan2.2-TI2V-5B's true shape costs on one GPU: seconds, memory, share of the card's matmul peak.

The weights are random, which costs what trained ones cost. The trainer is SDE-GRPO's own learner; only advantages are
replaced, since videos of random weights earn nothing. A group of 16 is measured on some of its videos and scaled, as
each batch costs the same. Results are written as they come, the most important first.

    python benchmarks/wan_costs.py --out wan_costs.json --seconds 480
    python benchmarks/wan_costs.py --tiny --out wan_costs.json            # on a CPU: does it run?
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from videorlvr.flow.at import At
from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.methods.video.sde_grpo.config import GRPOConfig
from videorlvr.methods.video.sde_grpo.run import GRPO, Turn
from videorlvr.models.wan.adapter import make_trainable
from videorlvr.models.wan.codec import LatentCodec, channels_last
from videorlvr.models.wan.config import WanConfig
from videorlvr.models.wan.policy import WanPolicy
from videorlvr.models.wan.texts import Texts
from videorlvr.players.policy import condition_of
from videorlvr.players.sampling import Sampling
from videorlvr.training.batches import Batch
from videorlvr.training.experience import Judged
from videorlvr.training.learner import Bench
from videorlvr.training.problems import make_run
from videorlvr.training.task import Task
from videorlvr.worlds import world_of
from videorlvr.worlds.render import oracle_video

GROUP, STEPS = 16, 20
NETWORK = {
    "num_attention_heads": 24,
    "attention_head_dim": 128,
    "text_dim": 4096,
    "ffn_dim": 14336,
    "num_layers": 30,
}
TINY_NETWORK = {
    "num_attention_heads": 2,
    "attention_head_dim": 24,
    "text_dim": 16,
    "ffn_dim": 64,
    "num_layers": 2,
}
VAE = {"base_dim": 160, "decoder_base_dim": 256, "z_dim": 48, "num_res_blocks": 2, "dim_mult": [1, 2, 4, 4]}
TINY_VAE = {"base_dim": 8, "decoder_base_dim": 8, "z_dim": 48, "num_res_blocks": 1, "dim_mult": [1, 1, 1, 1]}


@dataclass(frozen=True)
class Plan:
    """A size, the videos of a forward pass, those of a group that are made, and seconds of an iteration at most."""

    text: str
    batch: int
    videos: int
    seconds: float

    @property
    def task(self) -> Task:
        return Task.model_validate(self.text)


PLANS = [Plan("maze:small@480x832x81", 2, 4, 75), Plan("maze:small@256x256x33", 8, 16, 20)]
TINY_PLANS = [Plan("maze:micro@64x64x9", 2, 4, 0)]


class Paid(GRPO):
    """The learner with advantages of one in size, so that every video is learnt from.

    probe_s: what measuring the update took, which is once an iteration, however many videos there are.
    """

    probe_s = 0.0

    def _divergence(self, batch: Batch) -> float:
        began = time.monotonic()
        found = super()._divergence(batch)
        self.probe_s += time.monotonic() - began
        return found

    def turns(self, judged: Sequence[Judged]) -> list[Turn]:
        paid = []
        for part in judged:
            signs = torch.tensor([1.0, -1.0], device=part.advantages.device).repeat(len(part.live) // 2)
            paid.append(replace(part, advantages=signs, live=part.live | True))
        return super().turns(paid)


def random_policy(form: WanConfig, device: torch.device, *, tiny: bool) -> WanPolicy:
    """Wan2.2-TI2V-5B's shape with random weights, made on the device."""
    from diffusers import AutoencoderKLWan, WanTransformer3DModel

    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    torch.manual_seed(0)
    with torch.device(device):
        torch.set_default_dtype(dtype)
        sizes: dict[str, Any] = {**(TINY_NETWORK if tiny else NETWORK), "in_channels": 48, "out_channels": 48}
        network = WanTransformer3DModel(freq_dim=256, **sizes)
        shape: dict[str, Any] = TINY_VAE if tiny else VAE
        vae = AutoencoderKLWan(
            temperal_downsample=[False, True, True], latents_mean=[0.0] * 48, latents_std=[1.0] * 48,
            is_residual=True, in_channels=12, out_channels=12, patch_size=2, scale_factor_spatial=16,
            scale_factor_temporal=4, **shape,
        )  # fmt: skip
        torch.set_default_dtype(torch.float32)
    kept = WanTransformer3DModel._keep_in_fp32_modules
    for name, value in network.named_parameters():
        if any(part in name.split(".") for part in kept):
            value.data = value.data.float()
    network.rope.to(device)
    network.requires_grad_(False)
    make_trainable(network, form, seed=0)
    width = sizes["text_dim"]
    texts = Texts(
        lambda prompts: [torch.randn(60, width, device=device, dtype=dtype) for _ in prompts], keep=128
    )
    codec = LatentCodec(
        channels_last(vae.eval().requires_grad_(False)), network.config.patch_size, batch=form.vae_batch
    )
    return WanPolicy(network.to(device), codec, texts, form)


class Costs:
    """Figures so far, and how long there is."""

    def __init__(self, out: Path, seconds: float, device: torch.device) -> None:
        self.out, self.device, self.ends = out, device, time.monotonic() + seconds
        self.found: dict[str, Any] = {"torch": torch.__version__, "group": GROUP, "steps": STEPS}
        if device.type == "cuda":
            self.found["card"] = torch.cuda.get_device_name()

    @property
    def left(self) -> float:
        return self.ends - time.monotonic()

    def tell(self, name: str, **figures: Any) -> None:
        rounded = {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in figures.items()}
        self.found[name] = {**self.found.get(name, {}), **rounded}
        self.out.write_text(json.dumps(self.found, indent=1) + "\n")
        print(f"{name}: {json.dumps(rounded)}  ({self.left:.0f} s left)", flush=True)

    def seconds(self, do: Any, *, times: int = 1) -> float:
        self.wait()
        began = time.monotonic()
        for _ in range(times):
            do()
        self.wait()
        return (time.monotonic() - began) / times

    def wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def peak_gb(self) -> float:
        if self.device.type != "cuda":
            return 0.0
        gigabytes = torch.cuda.max_memory_allocated() / 1e9
        torch.cuda.reset_peak_memory_stats()
        return gigabytes


def matmul_peak(costs: Costs, *, size: int) -> float:
    """Operations a second of a bf16 product, the best of some."""
    one = torch.randn(size, size, device=costs.device, dtype=torch.bfloat16)
    for _ in range(3):
        one @ one
    return 2 * size**3 / min(costs.seconds(lambda: one @ one, times=5) for _ in range(4))


def a_batch(policy: WanPolicy, task: Task, size: int) -> tuple[Any, Tensor, At]:
    condition = condition_of(policy, make_run(task, 0, 1)).repeat(size)
    sigma = torch.full((size,), 0.9, device=policy.device)
    return condition, torch.randn_like(condition.clean), At(sigma)


def train_step(policy: WanPolicy, batch: tuple[Any, Tensor, At]) -> None:
    condition, x, at = batch
    policy.velocity(x, at, condition).square().mean().backward()
    for value in policy.module.parameters():
        value.grad = None


def operations(policy: WanPolicy, task: Task) -> tuple[float, float]:
    """Of a forward pass, and of a pass forward and back, of one video; counted, blocks not compiled."""
    batch = a_batch(policy, task, 1)
    with FlopCounterMode(display=False) as forward, torch.no_grad():
        policy.velocity(batch[1], batch[2], batch[0])
    with FlopCounterMode(display=False) as whole:
        train_step(policy, batch)
    return float(forward.get_total_flops()), float(whole.get_total_flops())


def parts(
    costs: Costs, policy: WanPolicy, plan: Plan, name: str, peak: float, flops: tuple[float, float]
) -> None:
    """Forward, training step and decoding alone, of one video; compiles on the way."""
    size = plan.batch
    batch = a_batch(policy, plan.task, size)
    condition, x, at = batch

    @torch.no_grad()
    def forward() -> None:
        policy.velocity(x, at, condition)

    first = costs.seconds(forward) + costs.seconds(lambda: train_step(policy, batch))
    costs.peak_gb()
    ahead = costs.seconds(forward, times=3) / size
    memory = costs.peak_gb()
    costs.tell(
        name, batch=size, first_call_s=first, forward_s=ahead, forward_share=flops[0] / ahead / peak,
        forward_gb=memory,
    )  # fmt: skip
    step = costs.seconds(lambda: train_step(policy, batch), times=2) / size
    costs.tell(name, train_step_s=step, train_share=flops[1] / step / peak, train_gb=costs.peak_gb())
    policy.decode(x[:1])
    decode = costs.seconds(lambda: policy.decode(x)) / size
    costs.tell(name, decode_s=decode, decode_gb=costs.peak_gb())


def judging(costs: Costs, plan: Plan, count: int = 2) -> None:
    """Seconds a video, of right ones, which are looked at longest."""
    task = plan.task
    problems = make_run(task, 0, 1) * count
    videos = torch.from_numpy(oracle_video(world_of(task.world), problems[0])).expand(count, -1, -1, -1, -1)
    with Judge(EXACT, 0) as judge:
        judge(problems[:1], videos[:1].numpy())
        began = time.monotonic()
        judge(problems, videos.numpy())
        costs.tell(plan.text, judge_one_core_s=(time.monotonic() - began) / count)


def iteration(costs: Costs, policy: WanPolicy, plan: Plan, window: int, name: str) -> None:
    """One iteration of the learner on some videos of a group, told for all 16."""
    config = GRPOConfig(
        tasks=[plan.task], init="-", problems=1, group=plan.videos, batch=plan.batch, num_steps=1,
        num_workers=0, lr=1e-6, sampling=Sampling(steps=STEPS, shift=5.0), window="early",
        num_trained=window, max_kl=None,
    )  # fmt: skip
    costs.peak_gb()
    with Judge(EXACT, 0) as judge:
        learner = Paid(config, policy, Bench(judge))
        try:
            line = learner.step(0)
        finally:
            learner.close()
    times = GROUP / plan.videos
    rollout = times * line["rollout_s"]
    update = times * (line["update_s"] - learner.probe_s) + learner.probe_s
    costs.tell(
        name, batch=plan.batch, videos=plan.videos, rollout_decode_judge_s=rollout,
        update_s=update, iteration_s=rollout + update, hours_of_1000=(rollout + update) / 3.6, peak_gb=costs.peak_gb(),
        **{key: float(value) for key, value in line.items() if "ratio" in key or "clip" in key},
    )  # fmt: skip


def trained(
    costs: Costs, policy: WanPolicy, plans: Sequence[Plan], windows: Sequence[int], name: str, peak: float
) -> None:
    """Parts and iterations of these plans, one after another, as far as the time goes."""
    flops = {plan.text: operations(policy, plan.task) for plan in plans}
    if costs.device.type == "cuda":
        policy.compile()
    for plan in plans:
        ahead, whole = flops[plan.text]
        costs.tell(f"{plan.text} {name}", forward_tflop=ahead / 1e12, train_tflop=whole / 1e12)
        if costs.left < 2 * plan.seconds:
            continue
        parts(costs, policy, plan, f"{plan.text} {name}", peak, flops[plan.text])
        for window in windows:
            if costs.left > plan.seconds:
                iteration(costs, policy, plan, window, f"{plan.text} {name} window {window}")


def measured(costs: Costs, *, tiny: bool) -> None:
    """All of it, as far as the time goes: LoRA first, then what it takes without checkpointing, then all weights."""
    peak = matmul_peak(costs, size=256 if tiny else 8192)
    costs.tell("matmul", tflops=peak / 1e12)
    plans = TINY_PLANS if tiny else PLANS
    for plan in plans:
        judging(costs, plan)
    policy = random_policy(WanConfig(path="random", rank=32), costs.device, tiny=tiny)
    count = sum(value.numel() for value in policy.module.parameters())
    costs.tell("model", parameters=count, gb=costs.peak_gb())
    torch._dynamo.config.cache_size_limit = 64
    trained(costs, policy, plans, (4, STEPS - 1, 10), "LoRA", peak)
    if costs.left > 60:
        policy.form = policy.form.model_copy(update={"checkpointing": False})
        batch = a_batch(policy, plans[0].task, 1)
        train_step(policy, batch)
        costs.peak_gb()
        step = costs.seconds(lambda: train_step(policy, batch), times=2)
        costs.tell(f"{plans[0].text} LoRA without checkpointing", train_step_s=step, train_gb=costs.peak_gb())
    del policy
    room = torch.cuda.get_device_properties(0).total_memory / 1e9 if costs.device.type == "cuda" else 0
    if tiny or (room > 120 and costs.left > 60):
        torch.cuda.empty_cache() if room else None
        policy = random_policy(WanConfig(path="random", rank=0), costs.device, tiny=tiny)
        trained(
            costs, policy, [replace(plan, videos=plan.batch) for plan in plans], (4, 10), "all weights", peak
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="file of the figures, JSON")
    parser.add_argument(
        "--seconds", type=float, default=480, help="stop beginning new parts in time for this"
    )
    parser.add_argument("--tiny", action="store_true", help="a tiny model, to see that it runs")
    args = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    costs = Costs(args.out, args.seconds, device)
    measured(costs, tiny=args.tiny)


if __name__ == "__main__":
    main()
