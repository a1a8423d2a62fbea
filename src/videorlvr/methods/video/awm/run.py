"""AWM as a learner: every video of a group with spread, pulled or pushed by its advantage."""

from __future__ import annotations

from torch import Tensor

from videorlvr.flow.matching import weighted_error
from videorlvr.methods.video.awm.config import AWMConfig
from videorlvr.methods.video.awm.math import clipped_matching_loss, matching_loss
from videorlvr.models.api import Policy
from videorlvr.training.drawn import Drawn
from videorlvr.training.learner import Bench
from videorlvr.training.matching import MatchingLearner
from videorlvr.training.units import Own, Units, advantage_units, frame_credit_units


class AWM(MatchingLearner):
    config: AWMConfig

    def __init__(self, config: AWMConfig, policy: Policy, bench: Bench) -> None:
        if config.credit == "chunk" and len(policy.chunks(2**16)) == 1:
            raise ValueError(
                f"credit 'chunk' with the policy of '{config.init}', which makes a video at once: take credit 'frame', "
                "or a policy that was trained with chunk_frames"
            )
        super().__init__(config, policy, bench)
        self.trials.stop_at_fault = config.stop_at_fault

    @property
    def needs_old(self) -> bool:  # type: ignore[override]
        return self.config.clip is not None

    def units(self, own: Own) -> Units:
        config = self.config
        if config.credit != "video":
            num_frames, judged = own.rollouts.x0.shape[2], own.rollouts.problems[0].num_frames
            if num_frames != judged:
                raise ValueError(
                    f"credit '{config.credit}' with a policy whose {num_frames} latent frames stand for {judged} "
                    "frames of a video: faults have no latent frame; take credit 'video'"
                )
            return frame_credit_units(
                own,
                bonus=config.bonus,
                discount=config.discount,
                max_advantage=config.max_advantage,
                chunks=self.policy.chunks(num_frames) if config.credit == "chunk" else None,
            )
        return advantage_units(own)

    def loss(self, velocity: Tensor, drawn: Drawn) -> Tensor:
        clip = self.config.clip
        if self.config.credit != "video":
            return weighted_error(velocity, drawn.point.target, drawn.free, drawn.weight_U)
        if clip is None or drawn.old is None:
            return matching_loss(drawn.error(velocity), drawn.weight_U)
        return clipped_matching_loss(drawn.error(velocity), drawn.error(drawn.old), drawn.weight_U, clip)
