"""Which policies there are: the one place that names them. A new kind is its file and a case in each `match`.

A saved policy is a folder with `policy.json` and its weights. `policy.json` says the `kind`; where it does not,
it was written before there were kinds, and is a built-in one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch

from videorlvr.base.choices import unknown
from videorlvr.base.records import read_json_object
from videorlvr.models.api import CONFIG, Policy
from videorlvr.models.dit import DiTConfig
from videorlvr.models.pixels import BuiltinPolicy

ModelConfig = DiTConfig
"""Configurations from which a policy can be made anew: the union of all kinds'."""
KINDS = (BuiltinPolicy.kind,)


def new_policy(config: ModelConfig, *, seed: int, device: torch.device) -> Policy:
    """A policy that has learnt nothing, its weights drawn from `seed`."""
    match config:
        case DiTConfig():
            return BuiltinPolicy.new(config, seed=seed, device=device)


def load_policy(folder: Path, *, device: torch.device) -> Policy:
    """The policy saved in `folder`, whatever its kind.

    Raises:
        ValueError: If the folder holds none, a damaged one, or one of a kind that is not known here.
    """
    match kind_of(folder):
        case BuiltinPolicy.kind:
            return BuiltinPolicy.load(folder, device=device)
        case kind:
            raise unknown(f"kind of policy in '{folder}'", kind, KINDS)


def kind_of(folder: Path) -> str:
    """The kind that a folder's `policy.json` names.

    Raises:
        ValueError: If there is none, or it is damaged.
    """
    if not (folder / CONFIG).is_file():
        raise ValueError(f"no policy in '{folder}': expected {CONFIG} and its weights there")
    try:
        return str(read_json_object(folder / CONFIG).get("kind", BuiltinPolicy.kind))
    except ValueError as error:
        raise ValueError(f"the policy in '{folder}' is damaged: {CONFIG}: {error}") from None


def weights_hash(folder: Path) -> str:
    """Sixteen hexadecimal digits that stand for a saved policy: all files of its folder."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".part"):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
