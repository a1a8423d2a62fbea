"""What the metrics of methods on language policies mean; a method's own stand in its record."""

from __future__ import annotations

IMITATION = {
    "loss": "mean loss a token that is learnt from, mean over worlds, since the last line",
    "loss/*": "the world's mean loss a token that is learnt from, since the last line",
    "grad_norm": "norm of the gradient before it is clipped, mean since the last line",
    "lr": "learning rate of the last step",
    "passages_per_s": "passages a second since the last line",
    "tokens": "tokens that were read in training so far",
    "samples": "passages that were read in training so far",
    "flops": "floating-point operations of training so far, counted: forward and backward",
}
"""What a learner that imitates tells."""

TEXT_TRIALS = {
    "reward": "mean reward of the iteration's answers, mean over worlds",
    "reward/*": "mean reward of the world's answers",
    "reward_std/*": "standard deviation of rewards within a group, mean over the world's groups",
    "success": "share of the iteration's answers that solve their problem, mean over worlds",
    "success/*": "share of the world's answers that solve their problem",
    "pass_at_group/*": "share of the world's problems that an answer of their group solves",
    "distinct/*": "different answers to a problem, mean over the world's groups",
    "answer_tokens": "tokens of an answer, mean over worlds",
    "answer_tokens/*": "tokens of an answer, mean over the world's answers",
    "groups": "groups of the iteration",
    "zero_variance_groups": "groups whose rewards are equal, so that they teach nothing",
    "grad_norm": "norm of the gradient before it is clipped, mean over updates",
    "tokens": "tokens that were written in training so far",
    "seconds": "seconds of the iteration",
}
"""What methods that learn from judged answers tell."""
