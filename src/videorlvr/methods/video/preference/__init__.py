"""Group preference: Diffusion-DPO over pairs of the best and the worst own videos of a group.

    loss = -log sigmoid(-beta / 2 ((e_w - e_w_start) - (e_l - e_l_start)))

Winner and loser share noise level and noise. What is told apart already pushes no further.

**Source.** Diffusion-DPO, arXiv:2311.12908, Equation 14.

**Differences.** Pairs are one's own, of this iteration, by the judge's reward; errors are means over dimensions, so
beta does not depend on resolution. At the start it is AWM with advantages +-beta / 4.

**Cost.** With q pairs of G videos: S + 8 K q / G network evaluations a video.
"""

from videorlvr.training.glossary import OWN_VIDEOS
from videorlvr.training.matching_config import TINY
from videorlvr.training.method import Method

METHOD = Method(
    name="preference",
    title="Group preference",
    host="video",
    summary="Diffusion-DPO over pairs of the best and the worst own videos of a group.",
    source="Diffusion-DPO, arXiv:2311.12908, Equation 14",
    claim="Preferences alone, without a likelihood of the reverse process, align a diffusion model.",
    config=f"{__name__}.config:PreferenceConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics=OWN_VIDEOS,
    shown=("reward", "success", "val/success", "signal"),
    learner=f"{__name__}.run:Preference",
    demo=TINY,
)
