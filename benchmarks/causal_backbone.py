"""Does a causal backbone pay, and where? Bidirectional and causal SFT, each with RL, at equal weights and seconds.

    python benchmarks/causal_backbone.py --out FOLDER [--task sokoban:small] [--sft-s 40] [--rl-s 22]

Three seeds. A seed trains both forms of one network from scratch on the same demonstrations for equal seconds, then
both by AWM for equal seconds (credit by frame; credit by chunk with rollouts that end at their first fault), each with
a rate that falls to zero within its time. The clock stands while a network is compiled and while it is measured.
Measured are validation problems, in thirds by the length of their solutions. Arms are written as they end; the same
command goes on with those that are missing.

The rule, stated before the run. With d the difference causal - bidirectional in success on the longest third, in
points, at the end of SFT (and, apart, at the end of RL):
  * held: d > 0 in every seed and its mean is at least 5;
  * not held: d <= 0 in every seed;
  * undecided: anything else, and where neither form solves any of that third in some seed.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from videorlvr.base.processes import num_cores, start_workers
from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.methods.video.awm.config import AWMConfig
from videorlvr.methods.video.awm.run import AWM
from videorlvr.models.api import Policy
from videorlvr.models.config import DiTConfig
from videorlvr.models.load import new_policy
from videorlvr.players.policy import condition_of, named_noise, roll
from videorlvr.players.sampling import Sampling
from videorlvr.training.config import Task
from videorlvr.training.device import device_of
from videorlvr.training.frames import gather_pictures
from videorlvr.training.learner import Bench
from videorlvr.training.optimizer import make_optimizer
from videorlvr.training.supervised_math import regression_loss
from videorlvr.worlds.blocks import level_pictures, oracle_block
from videorlvr.worlds.different import Part, different_boards

FORMS: dict[str, int | None] = {"bidirectional": None, "causal": 4}
BATCH = 128
BLOCK = 64
RESULTS = "causal_backbone.json"


class Setting:
    """What all arms share: demonstrations, validation problems, the judge, the sampler."""

    def __init__(self, args: argparse.Namespace, judge: Judge, workers: Any) -> None:
        self.args, self.judge, self.task = args, judge, Task.model_validate(args.task)
        self.device, self.sampling = device_of("auto"), Sampling(steps=args.steps, shift=3.0)
        starts = range(0, args.demonstrations, BLOCK)
        asked = [
            workers.submit(oracle_block, self.task.world, self.task.level, "train", s, BLOCK) for s in starts
        ]
        self.problems = different_boards(
            [Part(self.task.world, self.task.level, "val", args.num_val)],
            "val",
            workers=max(1, num_cores() - 1),
        )
        codes = np.concatenate([part.result() for part in asked]).astype(np.int16)
        self.codes = torch.from_numpy(codes).to(self.device)
        self.pictures = torch.from_numpy(level_pictures(self.task.world, self.task.level)).to(self.device)
        moves = np.array([len(problem.solution) for problem in self.problems])
        low, high = np.quantile(moves, [1 / 3, 2 / 3])
        self.third = (moves > low).astype(int) + (moves > high)
        self.bounds = [int(value) for value in (moves.min(), low, high, moves.max())]

    def batch(self, generator: torch.Generator) -> torch.Tensor:
        index = torch.randint(len(self.codes), (BATCH,), generator=generator, device=self.device)
        return gather_pictures(self.codes[index].long(), self.pictures)

    def model(self, form: str) -> DiTConfig:
        return DiTConfig(
            width=self.args.width, depth=self.args.depth, heads=self.args.heads, chunk_frames=FORMS[form]
        )

    def loss(self, policy: Policy, generator: torch.Generator) -> torch.Tensor:
        video = self.batch(generator)
        x0 = policy.encode(video)
        condition = policy.taught(policy.condition(video[:, 0], [""] * len(video), video.shape[1]), x0)
        return regression_loss(
            lambda x, at: policy.velocity(x, at, condition),
            x0,
            free=condition.free,
            clean=condition.clean,
            generator=generator,
            shift=self.sampling.shift,
            chunks=policy.chunks(x0.shape[2]),
        )

    @torch.no_grad()
    def measure(self, policy: Policy) -> dict[str, Any]:
        solved, took = [], 0.0
        for start in range(0, len(self.problems), BATCH):
            part = self.problems[start : start + BATCH]
            condition = condition_of(policy, part)
            began = self.now()
            x = roll(policy, condition, named_noise(part, 0, condition.clean), self.sampling)
            took += self.now() - began
            solved += [verdict.success for verdict in self.judge(part, policy.decode(x).cpu().numpy())]
        found = np.array(solved)
        return {
            "success": float(found.mean()),
            "thirds": [float(found[self.third == k].mean()) for k in range(3)],
            "videos_per_s": len(found) / took,
        }

    def now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return time.monotonic()


class TimedAWM(AWM):
    """AWM whose rate falls with the share of its seconds that have passed."""

    share = 0.0

    def progress(self, iteration: int) -> float:
        return self.share


def warm_up(setting: Setting, form: str) -> None:
    """Compile what the arms of this form will run, on weights that are thrown away."""
    policy = new_policy(setting.model(form), seed=0, device=setting.device)
    if setting.device.type == "cuda":
        policy.compile()
    for _ in range(2):
        setting.loss(policy, torch.Generator(setting.device).manual_seed(0)).backward()
    setting.measure(policy)


def sft(setting: Setting, form: str, seed: int) -> tuple[Policy, dict[str, Any]]:
    policy = new_policy(setting.model(form), seed=seed, device=setting.device)
    average = new_policy(setting.model(form), seed=seed, device=setting.device)
    average.module.requires_grad_(False)
    optimizer = make_optimizer(policy.module, "muon", lr=1.0, weight_decay=0.01)
    if setting.device.type == "cuda":
        policy.compile()
        average.compile()
    generator = torch.Generator(setting.device).manual_seed(1 + seed)
    began, seconds, step = setting.now(), setting.args.sft_s, 0
    while (passed := time.monotonic() - began) < seconds:
        setting.loss(policy, generator).backward()
        torch.nn.utils.clip_grad_norm_(policy.module.parameters(), 1.0)
        optimizer.set_lr(5e-3 * min(1.0, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * passed / seconds)))
        optimizer.step()
        decay = min(0.995, (1 + step) / (10 + step))
        for mean, now in zip(average.module.parameters(), policy.module.parameters(), strict=True):
            mean.data.lerp_(now.detach(), 1 - decay)
        step += 1
        if step % 8 == 0:
            setting.now()  # the host must not run ahead of the clock
    took = setting.now() - began
    return average, {"updates": step, "videos_per_s_trained": step * BATCH / took, "seconds": took}


def rl(setting: Setting, form: str, seed: int, policy: Policy) -> tuple[Policy, dict[str, Any]]:
    causal, args = FORMS[form] is not None, setting.args
    config = AWMConfig(
        tasks=[setting.task],
        init="given",
        seed=seed,
        sampling=setting.sampling,
        num_steps=10_000,
        problems=args.problems,
        group=8,
        batch=BATCH,
        updates=2,
        draws=2,
        credit="chunk" if causal else "frame",
        stop_at_fault=causal,
        optimizer="muon",
        lr=1e-3,
        final_lr=0.05,
        warmup=4,
        ema=0.6,
        stop_below=None,
        num_workers=max(0, num_cores() // 2),
        compile=setting.device.type == "cuda",
    )
    policy.module.requires_grad_(True)
    learner = TimedAWM(config, policy, Bench(setting.judge))
    lines, index = [], 0
    began = setting.now()
    while (passed := setting.now() - began) < args.rl_s:
        learner.share = passed / args.rl_s
        lines.append(learner.step(index))
        index += 1
        learner.parts["policy"].update_average(index)
    took = setting.now() - began
    learner.close()
    keys = ("success", "evaluations_a_video", "units", "rollout_s", "update_s")
    kept = [{key: round(float(line[key]), 4) for key in keys} for line in lines]
    return learner.result, {"iterations": index, "seconds": took, "lines": kept}


def verdict(rows: list[dict[str, Any]], phase: str, seeds: int) -> dict[str, Any]:
    """The rule at the top."""
    longest = {(row["form"], row["seed"]): row[phase]["thirds"][2] for row in rows if phase in row}
    pairs = [
        100 * (longest["causal", seed] - longest["bidirectional", seed])
        for seed in range(seeds)
        if ("causal", seed) in longest and ("bidirectional", seed) in longest
    ]
    if len(pairs) < seeds:
        said = "undecided: a run is missing"
    elif any(longest["causal", seed] + longest["bidirectional", seed] == 0 for seed in range(seeds)):
        said = "undecided: neither form solves any of it"
    elif min(pairs) > 0 and np.mean(pairs) >= 5:
        said = "held"
    else:
        said = "not held" if max(pairs) <= 0 else "undecided"
    return {"phase": phase, "differences": [round(d, 1) for d in pairs], "verdict": said}


def stated(args: argparse.Namespace) -> dict[str, str]:
    """What a comparison is of; where it is written and how long it may take say nothing of that."""
    return {key: str(value) for key, value in vars(args).items() if key not in ("out", "limit_s")}


def earlier(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Arms that a stopped call of the same comparison has measured."""
    path = args.out / RESULTS
    if not path.is_file():
        return []
    found = json.loads(path.read_text())
    if found["args"] != stated(args):
        raise SystemExit(f"'{path}' holds another comparison ({found['args']}): choose another --out")
    return list(found["rows"])


def write(args: argparse.Namespace, setting: Setting, rows: list[dict[str, Any]]) -> None:
    out = {"args": stated(args), "bounds": setting.bounds, "rows": rows}
    out["verdicts"] = [verdict(rows, phase, args.seeds) for phase in ("sft", "rl")]
    part = args.out / f"{RESULTS}.part"
    part.write_text(json.dumps(out, indent=1) + "\n")
    part.replace(args.out / RESULTS)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--task", default="sokoban:small")
    parser.add_argument("--demonstrations", type=int, default=12_800)
    parser.add_argument("--num-val", type=int, default=384)
    parser.add_argument("--steps", type=int, default=8, help="solver steps")
    parser.add_argument("--sft-s", type=float, default=40)
    parser.add_argument("--rl-s", type=float, default=22)
    parser.add_argument("--problems", type=int, default=64, help="problems an iteration of RL")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--depth", type=int, default=8)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--limit-s", type=float, default=math.inf, help="begin no arm that would end after these"
    )
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_float32_matmul_precision("high")
    torch._dynamo.config.cache_size_limit = 128
    began, rows = time.monotonic(), earlier(args)
    with Judge(EXACT, max(1, num_cores() // 2)) as judge:
        workers = start_workers(max(1, num_cores() - 2))
        assert workers is not None
        setting = Setting(args, judge, workers)
        workers.shutdown()
        print(f"ready after {time.monotonic() - began:.0f} s", flush=True)
        for form in FORMS:
            warm_up(setting, form)
            print(f"{form} compiled after {time.monotonic() - began:.0f} s", flush=True)
        for seed in range(args.seeds):
            # The order changes with the seed: what comes later finds a warmer machine.
            for form in list(FORMS)[:: 1 if seed % 2 == 0 else -1]:
                if any((row["form"], row["seed"]) == (form, seed) and "rl" in row for row in rows):
                    continue
                if time.monotonic() - began + args.sft_s + args.rl_s + 12 > args.limit_s:
                    print("no time left", flush=True)
                    continue
                rows[:] = [row for row in rows if (row["form"], row["seed"]) != (form, seed)]
                policy, told = sft(setting, form, seed)
                row: dict[str, Any] = {"form": form, "seed": seed, "sft": told | setting.measure(policy)}
                rows.append(row)
                write(args, setting, rows)
                policy, told = rl(setting, form, seed, policy)
                row["rl"] = told | setting.measure(policy)
                print(f"{time.monotonic() - began:.0f} s", json.dumps(row), flush=True)
                write(args, setting, rows)
    print(json.dumps([verdict(rows, phase, args.seeds) for phase in ("sft", "rl")]), flush=True)


if __name__ == "__main__":
    main()
