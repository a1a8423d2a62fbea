"""Where a run's policy comes from, so that a continuation begins with the one that the run began with.

Law: `about.json` has the hash of `init`'s weights, and of every other policy that the run reads, such as a teacher's; a
run is not continued with others. Where the checkpoint is all that a run needs, `init` may be gone.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from videorlvr.base import runs
from videorlvr.base.records import read_json_object
from videorlvr.models.api import CONFIG
from videorlvr.models.load import empty_policy, form_of, load_policy, new_policy, weights_hash
from videorlvr.training.device import device_of
from videorlvr.training.folder import RunFolder

LOG = logging.getLogger("videorlvr")
BESIDE = "policies_beside"
"""In `about.json`: key -> hash of the weights of policies that are read besides `init`."""


def origin_of(config: Any) -> dict[str, Any]:
    """What `about.json` says of the policy of `init`: its weights' hash, its form, whether its run was finished; and of
    those beside it their hashes.

    Raises:
        ValueError: If there is no policy there.
    """
    beside = {key: _hash_of(key, place) for key, place in config.policies_beside.items()}
    said: dict[str, Any] = {BESIDE: beside} if beside else {}
    if config.init is None:
        return said
    folder = Path(config.init)
    run = folder.resolve().parent
    finished = (run / runs.DONE).is_file() if (run / runs.CONFIG).is_file() else None
    if finished is False:
        LOG.warning("init '%s' is of an unfinished run: what that has learnt so far is begun with", folder)
    form = form_of(folder)
    return {"init": {"weights": weights_hash(folder), "form": form, "finished": finished}, **said}


def _hash_of(key: str, place: str) -> str:
    if not (Path(place) / CONFIG).is_file():
        raise ValueError(f"{key} '{place}' holds no policy: name the policy folder of a run, or put it back")
    return weights_hash(Path(place))


def check_beside(config: Any, folder: RunFolder) -> None:
    """The policies that the run reads besides `init` are those that it began with.

    Raises:
        ValueError: If one is gone or another, naming its key.
    """
    stored = _about(folder).get(BESIDE)
    for key, place in config.policies_beside.items():
        now = _hash_of(key, place)
        began = stored.get(key) if isinstance(stored, dict) else None
        if began is not None and began != now:
            raise ValueError(_others(f"{key} '{place}'", now, folder, began))


def first_policy(config: Any, folder: RunFolder) -> Any:
    """The policy that the run in `folder` begins with: that of `init`, or a new one of the form `model`.

    Raises:
        ValueError: If `init` holds no policy, or another one than the run began with.
    """
    device = device_of(config.device)
    if config.init is None:
        return new_policy(config.model, seed=config.seed, device=device)
    init, stored = Path(config.init), _stored(folder)
    if stored and not (init / CONFIG).is_file() and folder.checkpoint.is_dir() and not config.needs_init:
        LOG.warning("init '%s' is gone; the run in '%s' goes on from its checkpoint", init, folder.path)
        return empty_policy(stored["form"], device=device)
    policy = load_policy(init, device=device)
    if stored and stored["weights"] != weights_hash(init):
        raise ValueError(_others(f"init '{init}'", weights_hash(init), folder, stored["weights"]))
    return policy


def _others(who: str, now: str, folder: RunFolder, began: str) -> str:
    return (
        f"{who} holds other weights ({now}) than those that the run in '{folder.path}' began with ({began}): put those "
        "back, or choose another --out"
    )


def _about(folder: RunFolder) -> dict[str, Any]:
    about = folder.path / runs.ABOUT
    return read_json_object(about) if about.is_file() else {}


def _stored(folder: RunFolder) -> dict[str, Any]:
    found = _about(folder).get("init")
    return found if isinstance(found, dict) and {"weights", "form"} <= found.keys() else {}
