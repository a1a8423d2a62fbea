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
