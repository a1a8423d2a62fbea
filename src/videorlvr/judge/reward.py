"""From verdicts to rewards, by the named combination that the world defines.

Law: a reward is a function of a verdict's components alone; its name and weights are stored with every
run (`describe`).
"""

from __future__ import annotations

from collections.abc import Sequence

from videorlvr.base.choices import unknown
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Reward, Verdict


def reward_of(world_name: str, reward_name: str) -> Reward:
    """The world's reward of that name.

    Raises:
        ChoiceError: naming the nearest reward.
    """
    rewards = world_of(world_name).rewards
    if reward_name not in rewards:
        raise unknown(f"reward of {world_name}", reward_name, rewards)
    return rewards[reward_name]


def rewards(world_name: str, reward_name: str, verdicts: Sequence[Verdict]) -> list[float]:
    combine = reward_of(world_name, reward_name)
    return [combine(verdict.components) for verdict in verdicts]


def describe(world_names: Sequence[str], reward_name: str) -> dict[str, object]:
    """The formula of a reward in each world, as JSON for provenance."""
    return {
        name: {
            "kind": reward_of(name, reward_name).kind,
            "weights": dict(reward_of(name, reward_name).weights),
        }
        for name in world_names
    }
