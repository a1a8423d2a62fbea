"""The methods: a folder each below the host it is a method of. `METHODS` is the one list.

A method of another package comes by an entry point in the group `videorlvr.methods` that refers to its record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from videorlvr.base.choices import unknown
from videorlvr.base.found import Found
from videorlvr.training.config import MethodConfig, RunConfig
from videorlvr.training.method import Method, Recipe
from videorlvr.training.settings import overridden


def _accept(name: str, value: Any) -> Method:
    if not isinstance(value, Method) or value.name != name:
        found = f"the method '{value.name}'" if isinstance(value, Method) else type(value).__name__
        raise ValueError(f"expected a Method named '{name}', found {found}")
    return value


METHODS: Found[Method] = Found(
    "method",
    {
        "sft": "videorlvr.methods.video.sft:METHOD",
        "sde-grpo": "videorlvr.methods.video.sde_grpo:METHOD",
        "awm": "videorlvr.methods.video.awm:METHOD",
        "nft": "videorlvr.methods.video.nft:METHOD",
        "rejection-sft": "videorlvr.methods.video.rejection_sft:METHOD",
        "preference": "videorlvr.methods.video.preference:METHOD",
        "text-sft": "videorlvr.methods.text.sft:METHOD",
        "text-grpo": "videorlvr.methods.text.grpo:METHOD",
        "text-dpo": "videorlvr.methods.text.dpo:METHOD",
        "let": "videorlvr.methods.text.let:METHOD",
        "step-reflect": "videorlvr.methods.text.step_reflect:METHOD",
        "injected-error": "videorlvr.methods.text.step_reflect:INJECTED",
        "step-length": "videorlvr.methods.text.step_length:METHOD",
        "plantain": "videorlvr.methods.text.plantain:METHOD",
        "plantain-rewind": "videorlvr.methods.text.plantain:REWIND",
        "text-rankme": "videorlvr.methods.text.rankme:METHOD",
        "text-early-rejection": "videorlvr.methods.text.early_rejection:METHOD",
        "glimp-router": "videorlvr.methods.text.glimp_router:METHOD",
        "specs": "videorlvr.methods.text.specs:METHOD",
        "kat": "videorlvr.methods.text.kat:METHOD",
        "kat-start": "videorlvr.methods.text.kat:START",
        "auto-think": "videorlvr.methods.text.kat:PLAYER",
        "flare": "videorlvr.methods.text.flare:METHOD",
        "flare-value": "videorlvr.methods.text.flare:VALUE",
        "leaf": "videorlvr.methods.text.leaf:METHOD",
        "leaf-tags": "videorlvr.methods.text.leaf:PLAYER",
        "mlm-u": "videorlvr.methods.text.mlm_u:METHOD",
        "early-rejection": "videorlvr.methods.video.early_rejection:METHOD",
        "rankme": "videorlvr.methods.video.rankme:METHOD",
        "sparsed": "videorlvr.methods.video.sparsed:METHOD",
        "let-video": "videorlvr.methods.video.let:METHOD",
        "ras": "videorlvr.methods.video.ras:METHOD",
        "mmhm": "videorlvr.methods.video.mmhm:METHOD",
        "disback": "videorlvr.methods.video.disback:METHOD",
    },
    _accept,
)


def method_of(name: str) -> Method:
    """The method of that name.

    Raises:
        ChoiceError: naming the nearest method.
    """
    return METHODS.of(name)


def recipes() -> dict[str, Recipe]:
    """Name -> recipe of all methods that train, ours first.

    Raises:
        ValueError: If two methods have a recipe of one name.
    """
    return _recipes_of([method for method in METHODS.values() if method.learner is not None])


def ways_to_play() -> dict[str, Recipe]:
    """Name -> recipe of all methods that play."""
    return _recipes_of([method for method in METHODS.values() if method.player is not None])


def probes() -> dict[str, Recipe]:
    """Name -> recipe of all methods that look inside."""
    return _recipes_of([method for method in METHODS.values() if method.probe is not None])


def way_of(kind: str, text: str, found: Mapping[str, Recipe]) -> MethodConfig:
    """The configuration that `NAME` or `NAME:key=value,key=value` names among the recipes `found`.

    Raises:
        ValueError: For an unknown name or setting, naming the nearest.
    """
    name, _, rest = text.partition(":")
    if name not in found:
        raise unknown(kind, name, found)
    pairs = [pair.partition("=") for pair in rest.split(",") if pair]
    for key, equals, _ in pairs:
        if not equals:
            raise ValueError(f"{kind} {text}: '{key}' is no setting; expected {name}:key=value,key=value")
    return overridden(found[name](), {key: value for key, _, value in pairs})


def _recipes_of(methods: Sequence[Method]) -> dict[str, Recipe]:
    out: dict[str, Recipe] = {}
    for method in methods:
        for name, recipe in method.recipe_list.items():
            if name in out:
                raise ValueError(f"two recipes are called '{name}', one of them of method '{method.name}'")
            out[name] = recipe
    return out


def recipe_of(name: str) -> RunConfig:
    """The configuration of a recipe.

    Raises:
        ChoiceError: naming the nearest recipe.
    """
    found = recipes()
    if name not in found:
        raise unknown("recipe", name, found)
    config = found[name]()
    assert isinstance(config, RunConfig)  # what trains has one
    return config


SERIES: Mapping[str, tuple[str, ...]] = {
    "paper-h200": (
        "paper-h200-maze",
        "paper-h200-flowfree",
        "paper-h200-sokoban-small",
        "paper-h200-sokoban",
    ),
}
"""Recipes that are trained one after the other under one name, each in a folder of its own."""


def parts_of(name: str) -> tuple[str, ...]:
    """The recipes of a series; a recipe is a series of one."""
    return SERIES.get(name, (name,))


def run(config: RunConfig, out: Path) -> Path:
    """Train, or continue training, what `config` says in the run folder `out`; returns the policy's folder.

    Raises:
        ValueError: If `out` holds another run, or the configuration's `init` no policy.
        Interrupted: If stopped; the same call continues.
    """
    from videorlvr.training.ranks import joined
    from videorlvr.training.run import run as run_method

    with joined():
        return run_method(method_of(config.method), config, out)
