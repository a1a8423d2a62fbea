"""DPO's learner on language policies."""

from __future__ import annotations

import numpy as np

from videorlvr.methods.text.dpo.config import TextDPOConfig
from videorlvr.training.language.preferences import Pair, PreferenceTrials
from videorlvr.training.language.trials import Tried
from videorlvr.worlds.written.passages import END


class TextDPO(PreferenceTrials):
    """What it adds to preferring: its own best and worst answers as pairs."""

    config: TextDPOConfig

    def pairs_of(self, tried: Tried) -> list[Pair]:
        """The best and the worst answer of each group."""
        out = []
        for group in range(int(tried.group_ids.max()) + 1):
            places = np.flatnonzero(tried.group_ids == group)
            earned = tried.rewards[places, -1]
            best, worst = int(places[earned.argmax()]), int(places[earned.argmin()])
            chosen, differs = tried.written.ids[best], bool(np.ptp(earned) > self.config.min_spread)
            if self.config.teacher and not tried.verdicts[best].success:
                chosen, differs = self.policy.tokens.encode(tried.problems[best].solution + END), True
            if differs:
                out.append(Pair(tried.prompts[best], chosen, tried.written.ids[worst]))
        return out
