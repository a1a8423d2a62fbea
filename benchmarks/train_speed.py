"""How fast do SFT and RL run, what share of the device's peak is that, and how does it grow?

    python benchmarks/train_speed.py --json speed.json
    python benchmarks/train_speed.py --tasks maze:small,flowfree:small --sizes 256x8 --form plain --iterations 0

One thing is changed at a time, around the middle one of each list: the model's size (`--sizes`, width x depth), the
tokens of a video (`--tasks`), the videos of a group (`--groups`). For each: SFT (forward, backward, optimizer), and
SDE-GRPO's rollout (sampler, judge) and update, with windows `early` of 2 and 4 steps and `all` in the middle one. Told
are samples and tokens a second, model FLOPs over the peak of a large matrix product, measured on random data as the
benchmark begins (or `--peak`), memory at most, and seconds in which the device had nothing to do but wait for problems
or verdicts. In the end: the exponent with which seconds a sample grow with each, by least squares in logarithms.

The real learners run, compiled and in bf16 on a GPU. Policies are fresh, whose groups would have no spread and cost
nothing: advantages are set to 1 and -1 in turn, so that all groups are live. FLOPs: 2 a weight and token forward, and
4 N D a layer and token for attention; a backward counts twice.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.methods import method_of
from videorlvr.models.config import DiTConfig, LoopedConfig, ModelConfig
from videorlvr.models.dit import num_parameters
from videorlvr.models.load import new_policy
from videorlvr.training.config import Task
from videorlvr.training.device import device_of, workers_of
from videorlvr.training.learner import Bench
from videorlvr.worlds import world_of

SOLVER_STEPS = 10
WINDOWS = {"early 4": ("early", 4), "early 2": ("early", 2), "all": ("all", None)}


@dataclass(frozen=True)
class Row:
    """What was measured of one thing. share: of the peak, 0 to 1. waited_s: a step or iteration."""

    what: str
    parameters: int
    tokens: int
    group: int
    seconds: float
    samples_per_s: float
    tokens_per_s: float
    share: float
    memory_gib: float
    waited_s: float


def tokens_of(task: Task, model: ModelConfig) -> int:
    """Tokens of a video, which its level and the model's patches say."""
    level = world_of(task.world).levels[task.level]
    cells = level.canvas[0] * level.canvas[1] * (level.cell_px // model.patch_px) ** 2
    if isinstance(model, LoopedConfig):
        return cells * -(-model.last_frame(level.num_frames) // model.patch_frames)
    return cells * level.num_frames


def forward_flops(model: ModelConfig, num_tokens: int) -> float:
    """Of one video."""
    layers = model.depth * (model.loops if isinstance(model, LoopedConfig) else 1)
    weights = layers * (4 + 2 * model.mlp_ratio) * model.width**2
    return num_tokens * (2 * weights + 4 * layers * num_tokens * model.width)


def measured_peak(device: torch.device) -> float:
    """FLOP/s of a large matrix product on random data: bf16 on a GPU, float32 on a CPU. Best of ten."""
    on_gpu = device.type == "cuda"
    size, dtype = (8192, torch.bfloat16) if on_gpu else (1024, torch.float32)
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    best = math.inf
    for _ in range(13):
        began = time.perf_counter()
        a @ b
        synchronize(device)
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """b of seconds = a sizes^b, by least squares in logarithms; NaN where the size does not vary."""
    x, y = np.log(np.asarray(sizes, float)), np.log(np.asarray(seconds, float))
    spread = ((x - x.mean()) ** 2).sum()
    return float(((x - x.mean()) * (y - y.mean())).sum() / spread) if spread > 0 else math.nan


@dataclass(frozen=True)
class Took:
    """seconds: of the steps. waited: seconds waited before them."""

    seconds: float
    waited: float


class Speed:
    """All measurements of one call, on one device."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.device = args, device_of("auto")
        self.on_gpu = self.device.type == "cuda"
        self.peak = args.peak or measured_peak(self.device)
        self.rows: list[Row] = []
        print(f"peak {self.peak / 1e12:.2f} TFLOP/s{'' if args.peak else ', measured'}", flush=True)

    def settings(self, task: Task) -> dict[str, Any]:
        return {
            "tasks": [task], "batch": self.args.batch, "num_steps": 10**6, "compile": self.on_gpu,
            "num_workers": self.args.workers, "sampling": {"steps": SOLVER_STEPS, "shift": 12.0},
        }  # fmt: skip

    def sft(self, task: Task, model: ModelConfig) -> None:
        batch, steps = self.args.batch, self.args.steps
        config = method_of("sft").config_type.model_validate(
            self.settings(task) | {"model": model, "pool_start": 8 * batch, "pool_grow": self.args.batch // 2}
        )
        with self._learner(config, model) as learner:
            took = self._timed(learner, warm=max(3, steps // 3), count=steps)
            waited = sum(pool.waited_s for pool in learner.pools.values()) - took.waited
            self._tell("SFT", task, model, 0, took.seconds / steps, batch, 3, waited / steps)

    def rl(self, task: Task, model: ModelConfig, group: int, windows: Sequence[str]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            new_policy(model, seed=0, device=self.device).save(Path(folder))
            for name in windows:
                self._grpo(task, model, group, name, folder)

    def _grpo(self, task: Task, model: ModelConfig, group: int, name: str, init: str) -> None:
        window, num_trained = WINDOWS[name]
        problems = self.args.videos // group
        config: Any = method_of("sde-grpo").config_type.model_validate(
            self.settings(task) | {
                "init": init, "problems": problems, "group": group, "window": window,
                "num_trained": num_trained, "lr": 1e-9, "num_steps": 1000,
            }
        )  # fmt: skip
        with self._learner(config, model) as learner:
            all_live(learner)
            lines = [learner.step(0)]  # compiles
            lines += [learner.step(number) for number in range(1, 1 + self.args.iterations)]
            late = lines[1:]
            rollout, update, waited = (
                sorted(line[key] for line in late)[len(late) // 2]
                for key in ("rollout_s", "update_s", "waited_s")
            )
            videos = problems * group
            trained = len(learner.steps(0).steps)
            if name == "early 4":
                self._tell("rollout", task, model, group, rollout, videos, SOLVER_STEPS, waited)
                self._tell("update", task, model, group, update, videos, 3 * trained, 0.0)
            print(f"  window {name}: {rollout + update:.2f} s an iteration of {videos}", flush=True)

    @contextmanager
    def _learner(self, config: Any, model: ModelConfig) -> Iterator[Any]:
        if self.on_gpu:
            torch.cuda.reset_peak_memory_stats()
        policy = new_policy(model, seed=0, device=self.device)
        with Judge(EXACT, workers_of(config) if self.on_gpu else 0) as judge:
            learner = method_of(config.method).make_learner(config, policy, Bench(judge))
            try:
                yield learner
            finally:
                learner.close()
        if self.on_gpu:
            torch.cuda.empty_cache()

    def _timed(self, learner: Any, *, warm: int, count: int) -> Took:
        for number in range(warm):
            learner.step(number)
        synchronize(self.device)
        waited = sum(pool.waited_s for pool in learner.pools.values())
        began = time.perf_counter()
        for number in range(warm, warm + count):
            learner.step(number)
        synchronize(self.device)
        return Took(time.perf_counter() - began, waited)

    def _tell(
        self, what: str, task: Task, model: ModelConfig, group: int, seconds: float, videos: int,
        forwards: int, waited: float,
    ) -> None:  # fmt: skip
        """forwards: of each video, a backward being two."""
        tokens = tokens_of(task, model)
        row = Row(
            what, num_parameters(new_policy(model, seed=0, device=torch.device("cpu")).module), tokens, group, seconds,
            videos / seconds, videos * tokens / seconds,
            videos * forwards * forward_flops(model, tokens) / seconds / self.peak,
            torch.cuda.max_memory_allocated() / 2**30 if self.on_gpu else 0.0, waited,
        )  # fmt: skip
        self.rows.append(row)
        print(
            f"{what:7} {task.world}:{task.level} {row.parameters / 1e6:.1f}M  {tokens} tokens"
            f"{f'  groups of {group}' if group else ''}  {row.samples_per_s:,.0f} samples/s  "
            f"{row.tokens_per_s:,.0f} tokens/s  {100 * row.share:.1f}% of peak  {row.memory_gib:.1f} GiB  "
            f"waited {row.waited_s:.3f} of {seconds:.3f} s",
            flush=True,
        )

    def exponents(self) -> dict[str, float]:
        """By what and by which size: of the rows in which that size alone varies."""
        out = {}
        for what in dict.fromkeys(row.what for row in self.rows):
            own = [row for row in self.rows if row.what == what]
            middle = own[0]
            for name in ("parameters", "tokens", "group"):
                others = [key for key in ("parameters", "tokens", "group") if key != name]
                line = [row for row in own if all(getattr(row, k) == getattr(middle, k) for k in others)]
                sizes = [getattr(row, name) for row in line]
                if min(sizes) > 0 and len(set(sizes)) > 1:
                    found = exponent(sizes, [1 / row.samples_per_s for row in line])
                    out[f"{what} by {name}"] = round(found, 2)
        return out


def all_live(learner: Any) -> None:
    """Let every group of the learner's trials have a signal: advantages 1 and -1 in turn."""
    collect = learner.trials.collect

    def live(iteration: int, steps: Any) -> Any:
        judged, line = collect(iteration, steps)
        return [_signed(batch) for batch in judged], line

    learner.trials.collect = live


def _signed(batch: Any) -> Any:
    sign = 1.0 - 2.0 * (torch.arange(len(batch.live), device=batch.advantages.device) % 2)
    return replace(batch, advantages=sign.to(batch.advantages), live=np.ones_like(batch.live))


def model_of(size: str, args: argparse.Namespace) -> ModelConfig:
    width, depth = (int(part) for part in size.split("x"))
    heads = max(1, width // 64)
    if args.form == "plain":
        return DiTConfig(width=width, depth=depth, heads=heads)
    return LoopedConfig(
        width=width, depth=depth, heads=heads, loops=args.loops, patch_frames=args.patch_frames
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--tasks", default="flowfree:paper,maze:small,sokoban:paper", help="the middle one first"
    )
    parser.add_argument("--sizes", default="512x8,384x6,768x12", help="width x depth, the middle one first")
    parser.add_argument("--groups", default="8,16")
    parser.add_argument("--form", choices=("looped", "plain"), default="looped")
    parser.add_argument("--loops", type=int, default=1)
    parser.add_argument("--patch-frames", type=int, default=4)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--iterations", type=int, default=3)
    parser.add_argument("--videos", type=int, default=512, help="of an iteration")
    parser.add_argument("--workers", type=int, help="processes beside; as training takes if not given")
    parser.add_argument("--peak", type=float, help="peak FLOP/s of the device; measured if not given")
    parser.add_argument("--json", type=Path, help="write rows and exponents there")
    args = parser.parse_args(argv)
    tasks = [Task.model_validate(text) for text in args.tasks.split(",")]
    models = [model_of(size, args) for size in args.sizes.split(",")]
    groups = [int(group) for group in args.groups.split(",")]
    speed = Speed(args)
    cases = [(tasks[0], models[0], groups[0], tuple(WINDOWS))]
    cases += [(tasks[0], model, groups[0], ("early 4",)) for model in models[1:]]
    cases += [(task, models[0], groups[0], ("early 4",)) for task in tasks[1:]]
    for task, model, group, windows in cases:
        speed.sft(task, model)
        if args.iterations:
            speed.rl(task, model, group, windows)
    for group in groups[1:] if args.iterations else []:
        speed.rl(tasks[0], models[0], group, ("early 4",))
    grows = speed.exponents()
    print("seconds a sample grow as: " + ", ".join(f"{name} ^{value:g}" for name, value in grows.items()))
    if args.json:
        told = {"peak": speed.peak, "rows": [asdict(row) for row in speed.rows], "exponents": grows}
        args.json.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
