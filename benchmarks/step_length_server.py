"""Does the length of an example's steps matter to a large model? A protocol for a server: the paper's own claim.

    python benchmarks/step_length_server.py MODEL --base-url http://localhost:8000/v1 --out runs/steps

Seven prompts that differ in the rationales of their examples alone: moves only; steps with 0, 1, 2 and 4 restatements
of the board; as much filler as one restatement; one restatement, one board of each example false. All boards of the
suite, the same examples, temperature 0. Every arm is an evaluation like any other (`videorlvr evaluate openai:MODEL
--restatements K`), resumable by the same command, with its replies kept.

The rule, stated before any run: the claim of arXiv:2401.04925 is held on the suite if the whole 95% interval of the
paired difference lies above 0 both of 1 restatement to 0 and of 4 to 1 ('longer steps help'), not held if one of the
two lies below 0, else undecided. 'Even where they say nothing new' asks 1 against filler; 'even where they are wrong'
is no less by 5 points of corrupted to 1. Hard boards are looked at by thirds of the solution's length in the reports.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from videorlvr.base.runs import evaluation_dir
from videorlvr.evaluation.compare import compare_evaluations
from videorlvr.evaluation.folders import load_evaluation
from videorlvr.evaluation.runner import evaluate
from videorlvr.evaluation.suites import suite_of
from videorlvr.players.server import Asking, ServerPlayer

ARMS: dict[str, dict[str, Any]] = {
    "moves": {},
    "steps-0": {"restatements": 0},
    "steps-1": {"restatements": 1},
    "steps-2": {"restatements": 2},
    "steps-4": {"restatements": 4},
    "filler-1": {"restatements": 1, "content": "filler"},
    "corrupted-1": {"restatements": 1, "content": "corrupted"},
}
CLAIM = (("steps-1", "steps-0"), ("steps-4", "steps-1"))
ASIDES = (("filler-1", "steps-0"), ("steps-1", "filler-1"), ("corrupted-1", "steps-1"), ("steps-0", "moves"))


def measured(asking: Asking, suite: str, out: Path, *, samples: int = 1) -> dict[str, Path]:
    """Every arm's evaluation, run or gone on with."""
    found = {}
    for name, changes in ARMS.items():
        own = Asking.model_validate({**asking.model_dump(), **changes})
        folder = evaluation_dir(out / name, suite_of(suite).name)
        folder.mkdir(parents=True, exist_ok=True)
        player = ServerPlayer(own, journal=folder / "replies.jsonl")
        summary = evaluate(
            player,
            suite_of(suite),
            name=f"{own.model} {name}",
            out=folder,
            samples=samples,
            batch_size=max(64, 2 * own.concurrency),
        )
        overall = summary["results"]["overall"]
        print(f"{name:12s} success {overall['success']:.3f}  tokens {_tokens(summary):.0f}", flush=True)
        found[name] = out / name
    return found


def _tokens(summary: dict[str, Any]) -> float:
    parts = [part.get("tokens", 0.0) for part in summary["answers"].values()]
    return sum(parts) / len(parts)


def verdict(found: dict[str, Path], suite: str) -> dict[str, Any]:
    """The paired differences, and what the rule says of them."""
    name = suite_of(suite).name
    loaded = {arm: load_evaluation(folder, name) for arm, folder in found.items()}
    told: dict[str, Any] = {}
    for arm, against in (*CLAIM, *ASIDES):
        result = compare_evaluations(loaded[against], loaded[arm], label_a=against, label_b=arm)
        average = result["average"]
        told[f"{arm} - {against}"] = [average["difference"], average["low"], average["high"]]
    claim = [told[f"{arm} - {against}"] for arm, against in CLAIM]
    held, refuted = all(low > 0 for _, low, _ in claim), any(high < 0 for _, _, high in claim)
    return {"verdict": "held" if held else "not held" if refuted else "undecided", "differences": told}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("model")
    parser.add_argument("--base-url")
    parser.add_argument("--suite", default="small-v2:maze")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--shots", type=int, default=2)
    parser.add_argument("--samples", type=int, default=1)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--max-tokens", type=int, default=4096)
    args = parser.parse_args()
    asking = Asking(
        model=args.model,
        base_url=args.base_url,
        shots=args.shots,
        concurrency=args.concurrency,
        max_tokens=args.max_tokens,
    )
    told = verdict(measured(asking, args.suite, args.out, samples=args.samples), args.suite)
    (args.out / "verdict.json").write_text(json.dumps(told, indent=2) + "\n")
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
