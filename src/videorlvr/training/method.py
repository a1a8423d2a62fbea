"""What a method is: a record that says what it is called, what it is told, and where its code lives.

Law: a record is light. Code is named as `package.module:NAME` and imported when it is used, so that listing
methods and reading their settings needs no torch. Whatever the project knows of a method (command line, curves,
glossary, catalogue) it knows from here: no other file names one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from videorlvr.base.found import load
from videorlvr.training.config import MethodConfig
from videorlvr.training.glossary import LOOP, explained

if TYPE_CHECKING:
    from videorlvr.models.api import Policy
    from videorlvr.players.answers import TextPlayer
    from videorlvr.players.baselines import Player
    from videorlvr.training.learner import MakeLearner

Host = Literal["video", "text", "vision", "agents"]
Recipe = Callable[[], MethodConfig]
MakePlayer = Callable[[Any, Any, Any, int], "Player | TextPlayer"]
"""(config, policy, how its run samples, batch size) -> a player. Of the host video it is given a `Policy` and its
`Sampling`, of the host text a language policy and its `Writing`."""
Probe = Callable[[Any, "Policy"], Iterable[Mapping[str, Any]]]
"""(config, policy) -> a record of JSON values for each thing seen."""


@dataclass(frozen=True)
class Method:
    """One method of making or changing players.

    Attributes:
        name: As on the command line, `sde-grpo`.
        title: For people and legends, `SDE-GRPO`.
        host: What it is a method of; the folder of `methods` it lives in.
        summary: What it does, in one sentence.
        source: Whose idea it is: paper, section.
        claim: What its source says that it gains, in one sentence; what a study tests.
        config: Reference to its configuration, a `RunConfig` with `method` fixed to this name; a `MethodConfig` for
            one that plays.
        recipes: Reference to its complete runs, a tuple of functions without arguments whose docstrings
            state command, cost and result.
        metrics: Name -> what it means, in one sentence with its unit; `loss/*` stands for one a world. What
            every method tells (`glossary.LOOP`) is not repeated.
        shown: Metrics that the progress bar shows.
        learner: Reference to `(config, policy, bench) -> Learner`, for a method that trains.
        player: Reference to `(config, policy, sampling or writing, batch size) -> player`, for one that plays.
        probe: Reference to `(config, policy) -> records`, for one that looks inside.
        study: Reference to its study, None where there is none.
        demo: Settings with which a run is tiny: `check_method` takes two steps of it on a CPU.
    """

    name: str
    title: str
    host: Host
    summary: str
    source: str
    claim: str
    config: str
    recipes: str
    metrics: Mapping[str, str]
    shown: tuple[str, ...] = ()
    learner: str | None = None
    player: str | None = None
    probe: str | None = None
    study: str | None = None
    demo: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kinds = [kind for kind in ("learner", "player", "probe") if getattr(self, kind) is not None]
        if len(kinds) != 1:
            raise ValueError(
                f"method '{self.name}' has {' and '.join(kinds) or 'none of learner, player and probe'}: "
                "a method is exactly one of them"
            )

    @property
    def config_type(self) -> type[MethodConfig]:
        """The class of its configurations."""
        kind: type[MethodConfig] = load(self.config)
        return kind

    @property
    def recipe_list(self) -> dict[str, Recipe]:
        """Name on the command line -> recipe."""
        found: tuple[Recipe, ...] = load(self.recipes)
        return {recipe.__name__.replace("_", "-"): recipe for recipe in found}

    @property
    def make_learner(self) -> MakeLearner:
        """Its learner's maker; ValueError if it does not train."""
        if self.learner is None:
            raise ValueError(f"method '{self.name}' does not train: it has no learner")
        maker: MakeLearner = load(self.learner)
        return maker

    @property
    def make_player(self) -> MakePlayer:
        """Its player's maker; ValueError if it does not play."""
        if self.player is None:
            raise ValueError(f"method '{self.name}' does not play: it has no player")
        maker: MakePlayer = load(self.player)
        return maker

    @property
    def make_probe(self) -> Probe:
        """What looks; ValueError if it does not look inside."""
        if self.probe is None:
            raise ValueError(f"method '{self.name}' does not look inside: it has no probe")
        probe: Probe = load(self.probe)
        return probe

    @property
    def glossary(self) -> dict[str, str]:
        """Every metric that its lines may have, and what it means."""
        return {**LOOP, **self.metrics}

    def explain(self, metric: str) -> str | None:
        """The sentence of a metric, None if it is not declared."""
        return explained(metric, self.glossary)
