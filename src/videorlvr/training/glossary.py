"""What the metrics mean that several methods tell; a method's own stand in its record."""

from __future__ import annotations

from collections.abc import Mapping

LOOP = {
    "step": "optimizer steps or iterations done",
    "elapsed_s": "seconds since the run began or was taken up again",
    "network_evaluations": "network calls for training so far, a forward 1 and a backward 2 a video; no validation",
    "val/success": "share of validation problems solved, mean over worlds",
    "val/success/*": "share of the world's validation problems solved",
    "val/rank/*": "effective rank of the last block's hidden states: exp of the entropy of their variances",
    "val/rank_singular/*": "the same of standard deviations, RankMe's first convention",
    "val/rank_error/*": "standard error of val/rank over validation videos, by bootstrap",
    "val/alpha/*": "alpha-ReQ: the variances of directions 11 to 100 fall as i^-alpha",
    "val/alpha_fit/*": "R squared of that fit",
}
"""What the loop adds to every method's lines."""

TRIALS = {
    "reward": "mean reward of the iteration's videos, mean over worlds",
    "reward/*": "mean reward of the world's videos",
    "reward_std/*": "standard deviation of rewards within a group, mean over the world's groups",
    "success": "share of the iteration's videos that solve their problem, mean over worlds",
    "success/*": "share of the world's videos that solve their problem",
    "component/*": "mean of a component of the world's verdicts",
    "evaluations_a_video": "network evaluations that a rollout took, a part of a video counted as a part",
    "groups": "groups of the iteration",
    "waited_s": "seconds in which nothing was left to do but wait for problems or verdicts",
    "zero_variance_groups": "groups whose rewards are equal, so that they teach nothing",
}
"""What `experience.Trials.collect` tells: for methods that learn from groups of judged videos."""

SUPERVISED = {
    "loss": "mean squared velocity error over free dimensions, mean over worlds, since the last line",
    "loss/*": "the world's mean squared velocity error over free dimensions, since the last line",
    "grad_norm": "norm of the gradient before it is clipped, mean since the last line",
    "clipped_updates": "share of updates since the last line whose gradient was clipped",
    "lr": "learning rate of the last step",
    "samples_per_s": "videos a second since the last line",
    "waited_s": "seconds since the last line in which training waited for problems",
}
"""What `supervised.Supervised` tells: for methods that regress on oracle videos."""

OWN_VIDEOS = {
    **TRIALS,
    "by_length/*": "success of the third of the world's problems with the shortest, middle or longest solutions",
    "distinct/*": "different solutions a problem, of the first groups that have one: cells that ever show a figure",
    "units": "videos, or pairs, that are learnt from",
    "loss": "the objective, mean over units",
    "signal": "cosine of the gradients of two halves of an update's groups: signal over signal and noise",
    "change": "mean squared change of the velocity since init's, a free dimension",
    "demonstration_loss": "mean squared velocity error on demonstrations, over free dimensions",
    "grad_norm": "norm of the gradient before it is clipped, mean over the iteration's updates",
    "clipped": "share of the gradient's length that the clip took, mean over the iteration's updates",
    "rollout_s": "seconds of the iteration's rollouts and judging",
    "update_s": "seconds of the iteration's updates",
    "seconds": "seconds of the iteration",
}
"""What `matching.MatchingLearner` tells."""


def explained(metric: str, glossary: Mapping[str, str]) -> str | None:
    """The sentence of a metric in a glossary; `loss/*` explains `loss/maze`, None if nothing does."""
    if metric in glossary:
        return glossary[metric]
    for pattern, sentence in glossary.items():
        if pattern.endswith("/*") and metric.startswith(pattern.removesuffix("*")):
            return sentence
    return None
