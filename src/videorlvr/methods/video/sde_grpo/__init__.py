"""SDE-GRPO with Early-Step Focus: improve a policy against the judge.

An iteration samples groups of videos, has them judged, and takes `updates` optimizer steps on the window's
Gaussian steps. Noise, log-probability and gradient exist only in the window; the rest is the plain ODE.

**Source.** VideoRLVR, arXiv:2605.15458, Sections 4.2 and 4.3; GRPO, arXiv:2402.03300.

**Differences**, where the paper is silent or readers found it wrong. The default step is `ddim-eta`, which preserves
marginals where the window lies (`flow.sde`). The clip range is a drift and not a number that depends on resolution.
Groups are keyed by problem, and the given first frame is outside log-probability and KL.

**Cost.** With S solver steps and L trained ones: S network evaluations a video to roll out, 3 L a live video and pass
to learn.
"""

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
    metrics={
        "reward": "mean reward of the iteration's videos, mean over worlds",
        "reward/*": "mean reward of the world's videos",
        "reward_std/*": "standard deviation of rewards within a group, mean over the world's groups",
        "success": "share of the iteration's videos that solve their problem, mean over worlds",
        "success/*": "share of the world's videos that solve their problem",
        "component/*": "mean of a component of the world's verdicts",
        "groups": "groups of the iteration",
        "zero_variance_groups": "groups whose rewards are equal, so that they teach nothing",
        "policy_loss": "the clipped objective, mean-reduced, mean over the iteration's updates",
        "kl": "KL to the reference a step and free dimension, in nats",
        "clip_fraction": "share of videos and steps whose gradient the ratio's clip stopped",
        "drift": "half the squared rms drift since the rollout a free dimension, in units of the step's std",
        "ratio_gap": "largest |ratio - 1| of the first update; anything above rounding stops the run",
        "grad_norm": "norm of the gradient before it is clipped, mean over the iteration's updates",
        "rollout_s": "seconds of the iteration's rollouts and judging",
        "update_s": "seconds of the iteration's updates",
        "seconds": "seconds of the iteration",
    },
    shown=("reward", "success", "val/success", "seconds"),
    learner=f"{__name__}.run:GRPO",
    study=f"{__name__}.study:STUDY",
    demo={
        "tasks": ["flowfree:micro"],
        "sampling": {"num_steps": 3},
        "problems": 2,
        "group": 4,
        "batch": 8,
        "num_trained": 1,
        "lr": 1e-5,
    },
)
