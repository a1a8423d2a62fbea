"""DiffusionNFT: a policy pulled to good own videos and pushed from bad ones by two implicit velocities.

    v+ = (1 - beta) v_old + beta v,    v- = (1 + beta) v_old - beta v,    u = eps - x0
    loss = r |v+ - u|^2 + (1 - r) |v- - u|^2,    r = 1/2 + 1/2 clip(A / A_max, -1, 1)

**Source.** DiffusionNFT, arXiv:2509.16117, Section 3.

**Differences.** Its weight of each error by the distance of the data estimate is left out. The policy that rolled out
is the running average over iterations (`ema`). Divided by beta, so that beta does not change the size of the first
gradient. With beta = 1, a video of r = 1 has the loss of SFT.

**Cost.** As AWM, and one network evaluation more a draw.
"""

from videorlvr.training.glossary import OWN_VIDEOS
from videorlvr.training.matching_config import TINY
from videorlvr.training.method import Method

METHOD = Method(
    name="nft",
    title="DiffusionNFT",
    host="video",
    summary="Own videos pull and push by two implicit velocities, about that of the policy that rolled out.",
    source="DiffusionNFT, arXiv:2509.16117, Section 3",
    claim="RL on the forward process, without likelihoods, up to 25 times as efficient as Flow-GRPO.",
    config=f"{__name__}.config:NFTConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics=OWN_VIDEOS,
    shown=("reward", "success", "val/success", "signal"),
    learner=f"{__name__}.run:NFT",
    demo=TINY,
)
