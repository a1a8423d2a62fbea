"""Is RL worth its time where demonstrations are few? Arms of equal GPU seconds, from one policy.

    python benchmarks/limited_demonstrations.py --plan PLAN.json --out FOLDER

A plan (benchmarks/plans has those of docs/log.md):

    {"task": "maze:paper", "demonstrations": 1000, "batch": 128, "seconds": 112,
     "start": {"seconds": 170, "lr": 8e-3}  or  "runs/maze-few-sft/policy",
     "arms": {"sft-more": {"method": "sft", "lr": 4e-3}, "awm": {"method": "awm", "problems": 64, ...}}}

First the start: SFT from scratch on the first `demonstrations` train problems, unless a policy's folder is given. Then
each arm from the start, on a clock that stands still while it validates and while the network is compiled. The
learning rates of all arms fall with the share of their time. What is there already is not done again, so the same
command goes on after a stop. The result is a JSON file an arm: metrics, success on
validation problems as it goes, and which test problems were solved.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

AROUND_AN_ARM_S = 25.0
"""What validation, test and compilation take beside an arm's own seconds."""


class Clock:
    """Seconds of training. It stands still while something else is measured."""

    def __init__(self) -> None:
        self.passed, self._since = 0.0, 0.0

    def __enter__(self) -> None:
        self._since = time.monotonic()

    def __exit__(self, *_: object) -> None:
        import torch

        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.passed += time.monotonic() - self._since


class Bench:
    """What all arms share: problems to validate and test on, the judge, the plan."""

    def __init__(self, plan: dict[str, Any], out: Path) -> None:
        import torch

        from videorlvr.judge.pool import Judge
        from videorlvr.judge.tolerance import EXACT
        from videorlvr.training.config import Task
        from videorlvr.training.device import device_of
        from videorlvr.worlds.different import Part, different_boards

        self.plan, self.out = plan, out
        self.task = Task.model_validate(plan["task"])
        self.device = device_of(plan.get("device", "auto"))
        self.num_workers = int(plan.get("num_workers", 8 if self.device.type == "cuda" else 0))
        self.judge = Judge(EXACT, self.num_workers)
        torch.set_float32_matmul_precision("high")

        def boards(split: Any, size: int) -> Any:
            part = Part(self.task.world, self.task.level, split, size)
            return different_boards([part], split, workers=max(1, self.num_workers))

        self.val = boards("val", plan.get("num_val", 256))
        self.test = boards("test", plan.get("num_test", 1000))

    def config(self, method: str, **settings: Any) -> Any:
        """A configuration of the plan's task; how many steps it takes is for the clock to say."""
        from videorlvr.methods import method_of

        demonstrations = int(self.plan["demonstrations"])
        shared: dict[str, Any] = {
            "tasks": [self.task], "batch": self.plan["batch"], "num_steps": 10_000, "device": self.device.type,
            "sampling": self.plan.get("sampling", {}), "num_workers": self.num_workers,
            "compile": self.device.type == "cuda",
        }  # fmt: skip
        if method == "sft":
            shared |= {
                "pool_start": demonstrations,
                "pool_grow": 0,
                "pool_size": demonstrations,
                "num_steps": 10**6,
            }
        else:
            shared |= {"init": "start"}
        return method_of(method).config_type.model_validate(shared | settings)

    def solved(self, policy: Any, listed: Any, sample_index: int = 0) -> list[bool]:
        from videorlvr.players.policy import PolicyPlayer
        from videorlvr.players.sampling import Sampling
        from videorlvr.worlds import world_of

        sampling = Sampling(**self.plan.get("sampling", {}))
        player = PolicyPlayer(policy, sampling, batch_size=self.plan["batch"])
        videos = player(world_of(self.task.world), listed, sample_index)
        return [verdict.success for verdict in self.judge(listed, videos)]


def learner_of(bench: Bench, config: Any, policy: Any) -> Any:
    """The method's learner, its demonstrations made before the clock runs."""
    from videorlvr.methods import method_of
    from videorlvr.training.learner import Bench as Lent

    learner = method_of(config.method).make_learner(config, policy, Lent(bench.judge))
    for pool in getattr(getattr(learner, "demonstrations", None) or learner, "pools", {}).values():
        pool.batch(0, 1)
    if hasattr(learner, "trials"):
        learner.trials.queue.take(
            bench.task.world, 0
        )  # has the first problems made, and is asked for them again
    return learner


def pace(learner: Any, clock: Clock, seconds: float) -> None:
    """Let the learning rate follow the clock: the learner believes that its run ends when the time does."""
    from videorlvr.training.supervised_math import learning_rate

    config = learner.config
    if config.method == "sft":
        # A run of a million steps whose present step is where the clock is; the rise is by its own steps.
        learner._lr = lambda index: (
            min(1.0, (index + 1) / max(config.warmup, 1))
            * learning_rate(
                int(1e6 * clock.passed / seconds),
                peak=config.lr,
                num_steps=10**6,
                warmup=0,
                final=config.final_lr,
            )
        )
    elif hasattr(learner, "progress"):
        learner.progress = lambda _: clock.passed / seconds


def run_arm(bench: Bench, name: str, policy: Any, arm: dict[str, Any], seconds: float) -> Any:
    """Train for so many seconds, validate as it goes, test at the end; the policy that would be released."""
    own = ("seconds", "samples")
    config = bench.config(**{"method": "sft", **{k: v for k, v in arm.items() if k not in own}})
    learner, clock = learner_of(bench, config, policy), Clock()
    pace(learner, clock, seconds)
    number, lines, val, stopped = 0, [], [], ""
    try:
        while clock.passed < seconds:
            with clock:
                line: Any = {}
                while not line:  # SFT tells figures every few steps
                    line = learner.step(number)
                    number += 1
                    for part in learner.parts.values():
                        part.update_average(number)
            lines.append({"step": number, "s": round(clock.passed, 2)} | line)
            if clock.passed > seconds / 4 * (len(val) + 1):
                val.append([round(clock.passed, 1), mean(bench.solved(learner.result, bench.val))])
                print(f"{name} {clock.passed:6.1f} s, {number} steps, val {val[-1][1]:.3f}", flush=True)
    except ValueError as fell:  # below its start
        stopped = str(fell)
    finally:
        learner.close()
    tested = bench.solved(learner.result, bench.test)
    samples = [bench.solved(learner.result, bench.test[:250], k) for k in range(arm.get("samples", 0))]
    result = {
        "arm": arm, "plan": {k: v for k, v in bench.plan.items() if k != "arms"}, "steps": number,
        "seconds": clock.passed, "network_evaluations": learner.network_evaluations, "stopped": stopped,
        "metrics": lines[:: max(1, len(lines) // 200)], "val": val, "test": as_bits(tested),
        "test_samples": [as_bits(sample) for sample in samples],
    }  # fmt: skip
    (bench.out / f"{name}.json").write_text(json.dumps(result))
    print(f"{name}: {number} steps, {clock.passed:.0f} s, test {mean(tested):.3f} {stopped}", flush=True)
    return learner.result


def compile_once(bench: Bench) -> None:
    """With and without gradient, on a policy that is thrown away, before any clock runs."""
    policy = new(bench, seed=0)
    learner = learner_of(bench, bench.config("sft", log_every=1), policy)
    learner.step(0)
    learner.close()
    bench.solved(learner.result, bench.val[: bench.plan["batch"]])


def new(bench: Bench, seed: int) -> Any:
    from videorlvr.models.config import DiTConfig, LoopedConfig
    from videorlvr.models.load import new_policy

    form = bench.plan.get("model", {})
    config = LoopedConfig if form.get("form") == "looped" else DiTConfig
    return new_policy(config(**form), seed=seed, device=bench.device)


def mean(values: list[bool]) -> float:
    return round(sum(values) / len(values), 4)


def as_bits(values: list[bool]) -> str:
    return "".join("01"[v] for v in values)


def main(argv: list[str] | None = None) -> None:
    # Whatever is heavy is imported inside: worker processes read this file, too.
    import torch

    from videorlvr.models.load import load_policy

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stop-after", type=float, help="begin no arm that would end later, in seconds")
    args = parser.parse_args(argv)
    began, plan = time.monotonic(), json.loads(args.plan.read_text())
    args.out.mkdir(parents=True, exist_ok=True)
    bench = Bench(plan, args.out)
    compile_once(bench)
    start = plan["start"]
    if isinstance(start, dict):
        folder = args.out / "start"
        if not (folder / "policy.json").exists():
            released = run_arm(bench, "start", new(bench, start.get("seed", 0)), start, start["seconds"])
            released.save(folder, dtype=torch.bfloat16)
        start = folder
    for name, arm in plan["arms"].items():
        seconds = arm.get("seconds", plan["seconds"])
        left = math.inf if args.stop_after is None else args.stop_after - (time.monotonic() - began)
        if (args.out / f"{name}.json").exists():
            continue
        if left < seconds + AROUND_AN_ARM_S:
            print(f"{name}: {left:.0f} s are left, the same command goes on", flush=True)
            break
        run_arm(bench, name, load_policy(Path(start), device=bench.device), arm, seconds)
    bench.judge.close()


if __name__ == "__main__":
    main()
