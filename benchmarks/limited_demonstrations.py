"""Is RL worth its time where demonstrations are few? Arms of equal GPU seconds, from one policy.

    python benchmarks/limited_demonstrations.py --plan PLAN.json --out FOLDER

A plan: {"task": "flowfree:paper", "demonstrations": 10000, "batch": 128, "init": null or a policy's folder,
"sft": {"seconds": 400, "lr": 8e-3}, "arms": [{"name": "awm", "method": "awm", "seconds": 150, "seed": 0, ...settings}]}.

First, without `init`, SFT from scratch on the first `demonstrations` train problems: the start. Then each arm from the
start, on a clock that stands still while it validates and while the network is compiled. The method of an arm is `sft`
(continued on the same demonstrations), `awm`, `nft`, `rejection-sft`, `preference` or `sde-grpo`. The result is one JSON
file an arm, `NAME.json`: metrics, success on validation problems as it goes, and which test problems were solved.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from videorlvr.base.processes import start_workers
from videorlvr.evaluation.suites import Part, Suite, problems
from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.methods.video.awm.config import AWMConfig
from videorlvr.methods.video.awm.run import AWM
from videorlvr.methods.video.nft.config import NFTConfig
from videorlvr.methods.video.nft.run import NFT
from videorlvr.methods.video.preference.config import PreferenceConfig
from videorlvr.methods.video.preference.run import Preference
from videorlvr.methods.video.rejection_sft.config import RejectionSFTConfig
from videorlvr.methods.video.rejection_sft.run import RejectionSFT
from videorlvr.models.api import Policy
from videorlvr.models.dit import DiTConfig
from videorlvr.models.load import load_policy, new_policy
from videorlvr.players.policy import PolicyPlayer, Sampling
from videorlvr.training.config import GRPOConfig, SFTConfig, Task
from videorlvr.training.data import OracleVideos
from videorlvr.training.device import device_of, prepare
from videorlvr.training.grpo import GRPO
from videorlvr.training.optimizer import make_optimizer
from videorlvr.training.sft import SFT, regression_loss
from videorlvr.training.state import TrainState
from videorlvr.training.watch import BelowStartError
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem

OWN_VIDEOS = {
    "awm": (AWMConfig, AWM),
    "nft": (NFTConfig, NFT),
    "preference": (PreferenceConfig, Preference),
    "rejection-sft": (RejectionSFTConfig, RejectionSFT),
}


class Clock:
    """Seconds of training. It stands still while something else is measured."""

    def __init__(self) -> None:
        self.passed, self._since = 0.0, 0.0

    def __enter__(self) -> None:
        self._since = time.monotonic()

    def __exit__(self, *_: object) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.passed += time.monotonic() - self._since


class Bench:
    """What all arms share: problems to validate and test on, the judge, the demonstrations, the plan."""

    def __init__(self, plan: dict[str, Any], out: Path) -> None:
        self.plan, self.out = plan, out
        self.task = Task.model_validate(plan["task"])
        self.device = device_of(plan.get("device", "auto"))
        self.sampling = Sampling(**plan.get("sampling", {}))
        self.num_workers = int(plan.get("num_workers", 0))
        self.judge = Judge(EXACT, self.num_workers)
        parts = [self._suite("val", plan.get("num_val", 256)), self._suite("test", plan.get("num_test", 1000))]
        self.val, self.test = (problems(suite, workers=max(1, self.num_workers)) for suite in parts)
        self.pool = self._demonstrations(int(plan["demonstrations"]), plan.get("seed", 0))

    def _demonstrations(self, count: int, seed: int) -> OracleVideos:
        """All made before a clock runs, and shared by the arms."""
        workers = start_workers(self.num_workers)
        pool = OracleVideos(
            self.task, seed=seed, start=count, grow=0, size=count, workers=workers, num_workers=self.num_workers,
            device=self.device,
        )  # fmt: skip
        pool.batch(0, 1)
        if workers:
            workers.shutdown()
        return pool

    def _suite(self, split: Any, size: int) -> Suite:
        return Suite(f"limited-{split}", (Part(self.task.world, self.task.level, split, size),))

    @property
    def shared(self) -> dict[str, Any]:
        return {
            "tasks": [self.task],
            "sampling": self.sampling,
            "batch": self.plan["batch"],
            "num_workers": self.num_workers,
            "device": self.plan.get("device", "auto"),
            "compile": self.device.type == "cuda",
        }

    def solved(self, policy: Policy, listed: list[Problem], sample_index: int = 0) -> list[bool]:
        player = PolicyPlayer(policy, self.sampling, batch_size=self.plan["batch"])
        videos = player(world_of(self.task.world), listed, sample_index)
        return [verdict.success for verdict in self.judge(listed, videos)]

    def warm(self, policy: Policy) -> None:
        """Compile the network with and without gradient, before any clock runs; the policy is thrown away."""
        prepare(SFTConfig(num_steps=1, **self.shared), policy)
        self.solved(policy, self.val[: self.plan["batch"]])
        level = world_of(self.task.world).levels[self.task.level]
        rows, cols = level.canvas
        shape = (self.plan["batch"], level.num_frames, rows * level.cell_px, cols * level.cell_px, 3)
        video = torch.zeros(shape, dtype=torch.uint8, device=self.device)
        generator = torch.Generator(self.device).manual_seed(0)
        regression_loss(policy, video, generator, self.sampling.shift).backward()

    def load(self, folder: Path) -> Policy:
        policy = load_policy(folder, device=self.device)
        prepare(SFTConfig(num_steps=1, **self.shared), policy)
        return policy


class TimedSFT(SFT):
    """SFT whose learning rate is told from outside."""

    scheduled = 0.0

    def _update(self, step: int) -> None:
        self.state.optimizer.set_lr(self.scheduled)
        norm = torch.nn.utils.clip_grad_norm_(self.policy.module.parameters(), self.config.grad_clip)
        self.sums["grad_norm"] = self._sum("grad_norm") + norm
        self.state.optimizer.step()


def sft_arm(bench: Bench, policy: Policy, settings: dict[str, Any]) -> tuple[Policy, Callable[[int, float], Any]]:
    """A learner of SFT whose rate falls with the share of its time that has passed."""
    size = int(bench.plan["demonstrations"])
    config = SFTConfig(
        num_steps=10**9, pool_start=size, pool_grow=0, pool_size=size, log_every=10, **bench.shared, **settings
    )
    optimizer = make_optimizer(policy.module, config.optimizer, lr=config.lr, weight_decay=config.weight_decay)
    state = TrainState(policy.module, optimizer, ema=config.ema)
    assert state.average is not None
    averaged = policy.with_module(state.average)
    prepare(config, averaged)
    learner = TimedSFT(config, policy, state)
    learner.close()
    bench.pool.seed = config.seed
    learner.pools[bench.task.world] = bench.pool

    def step(number: int, share: float) -> Any:
        rise = min(1.0, (number + 1) / max(config.warmup, 1))
        fall = config.final_lr + (1 - config.final_lr) * 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
        learner.scheduled = config.lr * rise * fall
        line = learner(number)
        state.step += 1
        state.update_average()
        return line

    return averaged, step


def rl_arm(
    bench: Bench, policy: Policy, method: str, settings: dict[str, Any]
) -> tuple[Policy, Callable[[int, float], Any], Callable[[], None]]:
    kept = dict(settings)
    if method == "sde-grpo":
        grpo = GRPOConfig(num_steps=10**9, init="start", **bench.shared, **kept)
        optimizer = make_optimizer(policy.module, grpo.optimizer, lr=grpo.lr, weight_decay=grpo.weight_decay)
        state = TrainState(policy.module, optimizer, ema=None)
        stage = GRPO(grpo, policy, state, bench.judge)
        stage.queue.take(bench.task.world, 0)

        def grpo_step(number: int, _: float) -> Any:
            line = stage(number)
            state.step += 1
            return line

        return policy, grpo_step, stage.queue.close
    config_type, learner_type = OWN_VIDEOS[method]
    config = config_type(num_steps=10**9, init="start", **bench.shared, **kept)
    optimizer = make_optimizer(policy.module, config.optimizer, lr=config.lr, weight_decay=config.weight_decay)
    state = TrainState(policy.module, optimizer, ema=config.ema)
    learner = learner_type(config, policy, state, bench.judge)
    if config.demonstrations:
        learner.demonstrations[bench.task.world] = bench.pool
    learner.queue.take(bench.task.world, 0)

    def step(number: int, share: float) -> Any:
        learner.progress = lambda _: share  # type: ignore[method-assign]
        line = learner(number)
        state.step += 1
        state.update_average()
        return line

    return learner.averaged, step, learner.close


def run_arm(bench: Bench, policy: Policy, arm: dict[str, Any]) -> Policy:
    """Train for the arm's seconds, validate as it goes, test at the end; the policy that would be released."""
    settings = {k: v for k, v in arm.items() if k not in ("name", "method", "seconds", "validate_s", "samples", "keep")}
    close: Callable[[], None] = lambda: None
    if arm["method"] == "sft":
        released, step = sft_arm(bench, policy, settings)
    else:
        released, step, close = rl_arm(bench, policy, arm["method"], settings)
    clock, number, lines, val, stopped = Clock(), 0, [], [], ""
    every = float(arm.get("validate_s", 30))
    if arm["method"] != "sft" or bench.plan.get("init"):
        val.append((0.0, bench.solved(released, bench.val)))
    try:
        while clock.passed < arm["seconds"]:
            with clock:
                line = step(number, clock.passed / arm["seconds"])
                while arm["method"] == "sft" and not line:  # SFT waits for the device where it has figures
                    number += 1
                    line = step(number, clock.passed / arm["seconds"])
            number += 1
            lines.append({"step": number, "s": round(clock.passed, 2)} | line)
            if clock.passed > every * (len([v for v in val if v[0] > 0]) + 1):
                val.append((clock.passed, bench.solved(released, bench.val)))
                told = {k: round(float(line[k]), 4) for k in ("success", "loss", "signal", "grad_norm") if k in line}
                print(f"{arm['name']} {clock.passed:6.1f} s {number} val {mean(val[-1][1]):.3f} {told}", flush=True)
    except BelowStartError as fell:
        stopped = str(fell)
    close()
    val.append((clock.passed, bench.solved(released, bench.val)))
    tested = bench.solved(released, bench.test)
    result = {
        "arm": arm, "steps": number, "seconds": clock.passed, "stopped": stopped,
        "metrics": lines[:: max(1, len(lines) // 200)],
        "val": [(round(s, 1), mean(v)) for s, v in val],
        "test": as_bits(tested),
        "test_samples": [as_bits(bench.solved(released, bench.test[: bench.plan.get("num_passk", 250)], k))
                         for k in range(arm.get("samples", 0))],
    }  # fmt: skip
    (bench.out / f"{arm['name']}.json").write_text(json.dumps(result))
    print(f"{arm['name']}: {number} steps, {clock.passed:.0f} s, val {mean(val[-1][1]):.3f}, test {mean(tested):.3f} {stopped}", flush=True)
    return released


def mean(values: list[bool]) -> float:
    return round(sum(values) / len(values), 4)


def as_bits(values: list[bool]) -> str:
    return "".join("01"[v] for v in values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    plan = json.loads(args.plan.read_text())
    args.out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    torch.set_float32_matmul_precision("high")
    bench = Bench(plan, args.out)
    print(f"problems made after {time.monotonic() - began:.0f} s", flush=True)
    bench.warm(new_policy(DiTConfig(**plan["model"]), seed=0, device=bench.device))
    print(f"compiled after {time.monotonic() - began:.0f} s", flush=True)
    start = args.out / "start"
    if plan.get("init"):
        start = Path(plan["init"])
    else:
        policy = new_policy(DiTConfig(**plan["model"]), seed=plan.get("seed", 0), device=bench.device)
        prepare(SFTConfig(num_steps=1, **bench.shared), policy)
        released = run_arm(bench, policy, {"name": "start", "method": "sft", **plan["sft"]})
        released.save(start, dtype=torch.bfloat16)
    for arm in plan["arms"]:
        left = plan.get("wall_s", 1e9) - (time.monotonic() - began)
        if left < arm["seconds"] + 25:
            print(f"{arm['name']} left out: {left:.0f} s left", flush=True)
            continue
        try:
            released = run_arm(bench, bench.load(start), arm)
        except Exception:  # the arms after it have their own right to the machine
            traceback.print_exc()
            continue
        if arm.get("keep"):
            released.save(args.out / arm["name"], dtype=torch.bfloat16)
    bench.judge.close()
    print(f"all {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
