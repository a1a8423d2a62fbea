"""SDE-GRPO with Early-Step Focus: improve a policy against the judge.

An iteration samples groups of videos, has them judged, and takes `updates` optimizer steps on the window's
Gaussian steps. Noise, log-probability and gradient exist only in the window; the rest is the plain ODE.

**Source.** VideoRLVR, arXiv:2605.15458, Sections 4.2 and 4.3; GRPO, arXiv:2402.03300.

**Differences**, where the paper is silent or readers found it wrong. The default step is `ddim-eta`, which preserves
marginals where the window lies (`flow.sde`). The clip range is a drift and not a number that depends on resolution.
Groups are keyed by problem, and the given first frame is outside log-probability and KL. Groups without a signal are
neither replayed nor counted as cheaper: the gradient is a sum over live videos over the number of all, so it does not
depend on batches. A trust region in nats bounds an iteration; a ratio's clip alone never acts in the first update.

**Cost.** With S solver steps and L trained ones: S network evaluations a video to roll out, 3 L a live video and pass
to learn.
"""

from videorlvr.training.glossary import TRIALS
from videorlvr.training.method import Method

METHOD = Method(
    name="sde-grpo",
    title="SDE-GRPO",
    host="video",
    summary="Policy gradient on groups of judged videos, with noise and gradient in an early window of steps.",
    source="VideoRLVR, arXiv:2605.15458, Sections 4.2 and 4.3",
    claim="RL with verifiable rewards improves a video policy beyond SFT, and the early steps are enough.",
    config=f"{__name__}.config:GRPOConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics=TRIALS
    | {
        "updates": "optimizer steps of the iteration",
        "policy_loss": "the clipped objective a video and step, mean-reduced over dimensions, where it is learnt from",
        "kl": "KL of the policy to init's, in nats a step of a video; 0 where kl_weight is 0",
        "clip_fraction": "share of live videos and steps whose gradient the ratio's clip stopped",
        "drift": "rms drift of a step's mean since the rollout, a free dimension, over the step's std",
        "ratio_gap": "largest |ratio - 1| before the first update; anything above rounding stops the run",
        "repack_drift": "largest rms drift that comes of learning in another batch than the rollout's, before updates",
        "grad_norm": "norm of the gradient before it is clipped, mean over the iteration's updates",
        "clipped": "share of the gradient's length that the clip took, mean over the iteration's updates",
        "clipped_updates": "share of the iteration's updates whose gradient was clipped",
        "update_kl": "KL from the policy that rolled out to that after the iteration, in nats a path; at most max_kl",
        "update_share": "share of the last optimizer step that the trust region kept; below 1 it ended the iteration",
        "rollout_s": "seconds of the iteration's rollouts and judging",
        "update_s": "seconds of the iteration's updates",
        "seconds": "seconds of the iteration",
    },
    shown=("reward", "success", "val/success", "seconds"),
    learner=f"{__name__}.run:GRPO",
    study=f"{__name__}.study:STUDIES",
    demo={
        "tasks": ["flowfree:micro"],
        "sampling": {"steps": 3},
        "problems": 2,
        "group": 4,
        "batch": 8,
        "num_trained": 1,
        "lr": 1e-5,
    },
)
