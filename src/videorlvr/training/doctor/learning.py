"""Checks on what the trial's iterations told: is the first update on-policy, is there a signal, does it arrive?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import nn

from videorlvr.training.doctor.check import Check, held, without
from videorlvr.training.doctor.trial import NotingJudge, Trial
from videorlvr.training.method import Method
from videorlvr.training.ranks import Ranks

MAX_RATIO_GAP = 1e-6
MAX_START_KL = 1e-4
"""Nats, or mean squared velocity: the policy and its reference are one, so this is rounding."""
MOST_SILENT = 0.75
"""Share of groups without spread above which three in four videos are paid for nothing."""
LEAST_PLACES = 4
"""A step of fewer units of the last place is rounded by an eighth and more of its length."""
MOST_CLIPPED = 0.5
"""Share of the gradient's length; above it the clip, and not the gradient, says how long a step is."""
WRONG_FORM = {"wrong_size", "wrong_values", "too_few_frames", "too_many_frames"}
"""Reasons that say what is wrong with a video's form: policy and judge do not understand each other."""


def learning_checks(
    method: Method, config: Any, trial: Trial, judge: NotingJudge, ranks: Ranks, module: nn.Module
) -> Iterator[Check]:
    yield held(
        "iteration",
        not trial.error,
        trial.error or f"{len(trial.lines)} iterations of {method.title}",
        "the run would end so, too: mend what the sentence names",
    )
    first = trial.lines[0] if trial.lines else {}
    yield from on_policy(method, config, trial)
    yield _gradient(first)
    yield clip(first)
    yield from weights(trial, module)
    yield ranks_agree(trial, ranks)
    yield groups(first)
    yield judge_failures(judge)


def on_policy(method: Method, config: Any, trial: Trial) -> Iterator[Check]:
    """Ratio 1 and nothing clipped before the first update; KL 0 then, and not 0 after it."""
    first = trial.lines[0] if trial.lines else {}
    names = {"ratio before the first update": "ratio_gap", "ratios clipped": "clip_fraction"}
    for name, metric in names.items():
        most = MAX_RATIO_GAP if metric == "ratio_gap" else 0.0
        if metric not in method.glossary:
            yield without(name, f"{method.title} has no ratio")
        elif metric in first:
            yield held(
                name,
                first[metric] <= most,
                f"1 to within {first[metric]:.1e}"
                if metric == "ratio_gap"
                else f"{first[metric]:.3g} of all",
                "training does not replay the rollout: look for dropout, another dtype, batch or graph",
            )
        elif "ratio" in trial.error or "replay" in trial.error:
            yield Check(name, "fail", trial.error, "look for dropout, another dtype, batch or graph")
        else:
            yield without(name, "no update was made")
    yield start_kl(config, trial)


def start_kl(config: Any, trial: Trial) -> Check:
    name = "distance from the reference"
    if not getattr(config, "kl_weight", 0):
        return without(name, "nothing pulls to a reference (kl_weight)")
    metric = next((key for key in ("kl", "change") if trial.lines and key in trial.lines[0]), None)
    if metric is None:
        return without(name, "no update was made")
    start, after = trial.lines[0][metric], trial.lines[-1].get(metric)
    if start > MAX_START_KL:
        return Check(
            name, "fail", f"{start:.2e} before the first update", "the reference is another policy than init"
        )
    if not any(part.moved for part in trial.weights.values()):
        return without(name, "nothing has moved")
    if len(trial.lines) > 1 and after == 0:
        return Check(
            name, "fail", "0 after an update, too", "the reference moves with what is trained: freeze a copy"
        )
    return Check(
        name, "pass", f"{start:.1e} before the first update, {after if after is not None else 0:.1e} after"
    )


def _gradient(first: dict[str, Any]) -> Check:
    name = "gradient"
    if "grad_norm" not in first:
        return without(name, "no update was made, or the method tells no norm")
    norm = first["grad_norm"]
    return held(
        name, norm > 0, f"norm {norm:.3g}", "nothing that is trained is reached: look for detach or no_grad"
    )


def clip(first: dict[str, Any]) -> Check:
    name = "gradient clip"
    if "clipped" in first:
        share = first["clipped"]
        return held(
            name,
            share <= MOST_CLIPPED,
            f"takes {share:.0%} of the gradient's length",
            "raise grad_clip above the norms of ordinary updates, so that it acts on outliers alone",
        )
    if "clipped_updates" in first:
        return Check(name, "pass", f"acts in {first['clipped_updates']:.0%} of the trial's updates")
    return without(name, "the method tells nothing of it")


def weights(trial: Trial, module: nn.Module) -> Iterator[Check]:
    """How many are trained, whether an adapter is bound, whether a step arrives in the stored numbers."""
    parameters = list(module.parameters())
    trained = sum(p.numel() for p in parameters if p.requires_grad)
    whole = sum(p.numel() for p in parameters)
    yield held(
        "trained parameters",
        trained > 0,
        f"{trained:,} of {whole:,}",
        "nothing is trained: choose what is (the adapter's targets, requires_grad)",
    )
    yield bound(module)
    moved = list(trial.weights.values())
    if not moved or not any(part.asked for part in moved):
        reached = "no update was made" if not trial.error else "the iteration failed"
        yield (
            without("parameters moved", reached)
            if not moved
            else Check(
                "parameters moved",
                "fail",
                "no trained parameter got a gradient",
                "see groups, gradient and adapter",
            )
        )
        return
    asked, changed = sum(part.asked for part in moved), sum(part.moved for part in moved)
    places = min(part.steps for part in moved if part.asked)
    yield held(
        "parameters moved",
        changed > 0 and places >= LEAST_PLACES,
        f"{changed:,} of {asked:,} with a gradient, by {places:.3g} units in the last place (median)",
        "a step is lost in rounding: store trained weights in float32 (autocast computes in bf16), or raise lr",
    )


def bound(module: nn.Module) -> Check:
    """An adapter is what is trained beside weights that are not."""
    name = "adapter"
    if all(parameter.requires_grad for parameter in module.parameters()):
        return without(name, "all weights are trained")
    modules = [
        part for part in module.modules() if any(p.requires_grad for p in part.parameters(recurse=False))
    ]
    return held(
        name,
        bool(modules),
        f"bound to {len(modules)} modules",
        "its target names match no module: print named_modules() and name some of them",
    )


def ranks_agree(trial: Trial, ranks: Ranks) -> Check:
    name = "gradients over ranks"
    if ranks.size == 1:
        return without(name, "one rank; start it under torchrun as the run will be")
    digests = ranks.everyones_values(trial.digest)
    return held(
        name,
        len(set(digests)) == 1 and digests[0] != "",
        f"{len(set(digests))} different updates on {ranks.size} ranks",
        "a rank learns alone: its gradients are not added up, or its policy began as another",
    )


def groups(first: dict[str, Any]) -> Check:
    name = "groups without spread"
    if not first.get("groups"):
        return without(name, "no groups are compared" if first else "the iteration failed")
    silent, all_groups = first["zero_variance_groups"], first["groups"]
    success = f", success {first['success']:.0%}" if "success" in first else ""
    return held(
        name,
        silent <= MOST_SILENT * all_groups,
        f"{silent} of {all_groups}{success}",
        "problems are too hard or too easy for it: take another level, longer SFT, a larger group, a dense reward",
    )


def judge_failures(judge: NotingJudge) -> Check:
    """Errors of the judge, and videos in a form that it cannot read."""
    name = "judge"
    if judge.errors:
        return Check(
            name, "fail", judge.errors[0], "the judge must never raise: report it with the problem's address"
        )
    wrong = [str(verdict.reason) for verdict in judge.verdicts if verdict.reason in WRONG_FORM]
    of_these = f" ({', '.join(sorted(set(wrong)))})" if wrong else ""
    if not judge.verdicts:
        return without(name, "no video of the policy is judged")
    return held(
        name,
        not wrong,
        f"{len(judge.verdicts)} videos judged, {len(wrong)} in a wrong form{of_these}",
        "the policy's videos have another size or length than its problems: look at decode and num_frames",
    )
