"""Which kinds of policy there are, and the policy that a folder holds.

A kind is a class with `kind`, `load(folder, device=)` and `empty(form, device=)`. Ours stand in `KINDS`; a package
of one's own brings one by an entry point in the group `videorlvr.models`, named for the `kind` that its
`policy.json` gives. Where that names no kind it was written before there were kinds, and is a built-in one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch

from videorlvr.base import runs
from videorlvr.base.choices import unknown
from videorlvr.base.found import Found
from videorlvr.base.records import read_json_object
from videorlvr.models.api import CONFIG
from videorlvr.models.config import DiTConfig, LoopedConfig, ModelConfig
from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.wan.config import WanConfig

BUILTIN = "builtin"


class Kind(Protocol):
    """How policies of one kind come into being: a `Policy` of videos, or a language policy."""

    def load(self, folder: Path, *, device: torch.device) -> Any:
        """The policy saved in `folder`; ValueError if it holds none, or a damaged one."""
        ...

    def empty(self, form: Mapping[str, Any], *, device: torch.device) -> Any:
        """A policy of the form that a `policy.json` states, whose trainable weights are yet to be loaded."""
        ...


KINDS: Found[Kind] = Found(
    "model",
    {
        BUILTIN: "videorlvr.models.pixels:BuiltinPolicy",
        "looped": "videorlvr.models.pixels:LoopedPolicy",
        "causal": "videorlvr.models.causal_policy:CausalPolicy",
        "language": "videorlvr.models.language.policy:LanguagePolicy",
        "wan": "videorlvr.models.wan.policy:WanPolicy",
    },
)


def new_policy(config: ModelConfig | LanguageConfig, *, seed: int, device: torch.device) -> Any:
    """A policy that has learnt nothing, its weights drawn from `seed`."""
    from videorlvr.models.causal_policy import CausalPolicy
    from videorlvr.models.language.policy import LanguagePolicy
    from videorlvr.models.pixels import BuiltinPolicy, LoopedPolicy

    match config:
        case DiTConfig(chunk_frames=int()):
            return CausalPolicy.new(config, seed=seed, device=device)
        case DiTConfig():
            return BuiltinPolicy.new(config, seed=seed, device=device)
        case LoopedConfig():
            return LoopedPolicy.new(config, seed=seed, device=device)
        case WanConfig():
            from videorlvr.models.wan.policy import WanPolicy  # diffusers takes seconds to import

            return WanPolicy.new(config, seed=seed, device=device)
        case LanguageConfig():
            return LanguagePolicy.new(config, seed=seed, device=device)


def load_policy(folder: Path, *, device: torch.device) -> Any:
    """The policy saved in `folder`, whatever its kind.

    Raises:
        ValueError: If the folder holds none, a damaged one, or one of a kind that is not known here.
    """
    return _kind(kind_of(form_of(folder)), folder).load(folder, device=device)


def empty_policy(form: Mapping[str, Any], *, device: torch.device) -> Any:
    """A policy of the form that `form_of` gave, for a checkpoint's weights.

    Raises:
        ValueError: For a form that is not known here.
    """
    return _kind(kind_of(form), CONFIG).empty(form, device=device)


def _remedy(folder: Path) -> str:
    """Where a folder is that of a run by the name of its recipe, that recipe is what is missing."""
    match folder.parts:
        case ("runs", name, runs.POLICY):
            return f"; 'videorlvr train {name}' makes it, if that is a recipe, or name another folder"
        case _:
            return ""


def form_of(folder: Path) -> dict[str, Any]:
    """What a folder's `policy.json` says: all of a policy but its weights.

    Raises:
        ValueError: If there is none, or it is damaged.
    """
    if not (folder / CONFIG).is_file():
        raise ValueError(f"no policy in '{folder}': expected {CONFIG} and its weights there{_remedy(folder)}")
    try:
        return read_json_object(folder / CONFIG)
    except ValueError as error:
        raise ValueError(f"the policy in '{folder}' is damaged: {CONFIG}: {error}") from None


def kind_of(form: Mapping[str, Any]) -> str:
    """The kind that a policy's form names."""
    return str(form.get("kind", BUILTIN))


def _kind(name: str, where: object) -> Kind:
    if name not in KINDS:
        raise unknown(f"kind of policy in '{where}'", name, KINDS)
    return KINDS[name]


def weights_hash(folder: Path) -> str:
    """Sixteen hexadecimal digits that stand for a saved policy: all files of its folder and, as in a pipeline of
    diffusers, of the folders in it, with their places."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".part"):
        if path.parent != folder:
            digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        with open(path, "rb") as file:
            while block := file.read(2**22):
                digest.update(block)
    return digest.hexdigest()[:16]
