"""Where a run's policy comes from, so that a continuation begins with the one that the run began with.

Law: `about.json` has the hash of `init`'s weights; a run is not continued from others. Where the checkpoint is all
that a run needs, `init` may be gone.
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


def origin_of(config: Any) -> dict[str, Any]:
    """What `about.json` says of the policy of `init`: its weights' hash, its form, whether its run was finished.

    Raises:
        ValueError: If there is no policy there.
    """
    if config.init is None:
        return {}
    folder = Path(config.init)
    run = folder.resolve().parent
    finished = (run / runs.DONE).is_file() if (run / runs.CONFIG).is_file() else None
    if finished is False:
        LOG.warning("init '%s' is of an unfinished run: what that has learnt so far is begun with", folder)
    form = form_of(folder)
    return {"init": {"weights": weights_hash(folder), "form": form, "finished": finished}}


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
        raise ValueError(
            f"init '{init}' holds other weights ({weights_hash(init)}) than those that the run in '{folder.path}' "
            f"began with ({stored['weights']}): put those back, or choose another --out"
        )
    return policy


def _stored(folder: RunFolder) -> dict[str, Any]:
    about = folder.path / runs.ABOUT
    found = read_json_object(about).get("init") if about.is_file() else None
    return found if isinstance(found, dict) and {"weights", "form"} <= found.keys() else {}
