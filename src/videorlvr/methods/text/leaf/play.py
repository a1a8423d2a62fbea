"""Boards behind a tag and among others, asked in play.

Law: what is asked of a board depends on its address and the kind of tag alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from videorlvr.methods.text.leaf.config import LeafTagsConfig
from videorlvr.methods.text.leaf.math import told
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.language.sampling import Written, write
from videorlvr.players.language import LanguagePlayer
from videorlvr.players.writing import Writing
from videorlvr.worlds.api import Problem, World


class LeafTags(LanguagePlayer):
    """(world, problems of one level, sample number) -> answers."""

    def __init__(
        self, config: LeafTagsConfig, policy: LanguagePolicy, writing: Writing, batch_size: int
    ) -> None:
        if writing.think or policy.is_masked:
            raise ValueError("leaf-tags asks for an answer without a thought: take a run of leaf")
        super().__init__(policy, writing, batch_size=batch_size)
        self.config = config

    @property
    def identity(self) -> dict[str, Any]:
        """What its answers depend on besides the weights."""
        return super().identity | {"play": self.config.model_dump()}

    def write(self, world: World, problems: Sequence[Problem], uniform_BN: Tensor) -> Written:
        """The tokens behind what is asked."""
        config, tokens = self.config, self.policy.tokens
        passages = [
            told(
                world,
                problem,
                form=self.policy.form.board,
                tags=config.tags,
                leak=config.leak,
                distractors=config.distractors,
            )
            for problem in problems
        ]
        asked = ["".join(p.text for p in passage.pieces if p.role != "answer") for passage in passages]
        prompts = [[*tokens.begin, *ids] for ids in tokens.encode_many(asked)]
        room = min(uniform_BN.shape[1], max(1, self.policy.form.context - max(map(len, prompts)) - 1))
        return write(
            self.policy,
            prompts,
            max_tokens=room,
            uniform_BN=uniform_BN[:, :room],
            temperature=self.writing.temperature,
        )
