"""The one loop of all methods: steps, metrics, checkpoints, validation, interruption.

It is blind to what a step does. Ctrl-C, SIGTERM or SIGUSR1 finishes the step in hand, saves, and says how to go on.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from videorlvr.base.progress import progress
from videorlvr.base.signals import STOP, handled
from videorlvr.models.shards import whole
from videorlvr.training.config import RunConfig
from videorlvr.training.folder import RunFolder
from videorlvr.training.learner import Learner
from videorlvr.training.ranks import ALONE, Ranks
from videorlvr.training.state import TrainState
from videorlvr.training.track import Metrics, tracking

EVALUATIONS = "network_evaluations"


class Interrupted(KeyboardInterrupt):
    """Stopped by the user or by `max_s`, everything saved."""


@contextmanager
def _stop_signal() -> Iterator[Callable[[], bool]]:
    """Ctrl-C, or a scheduler's signal, asks to stop after the step in hand; a second Ctrl-C stops at once."""
    asked = False

    def ask(number: int, _: object) -> None:
        nonlocal asked
        if asked and number == signal.SIGINT:  # schedulers send theirs more than once and mean no more by it
            raise KeyboardInterrupt
        asked = True

    with handled(STOP, ask):
        yield lambda: asked


def recall_counts(learner: Learner, state: TrainState) -> None:
    """What a learner counts goes on from where its checkpoint left it."""
    counts = getattr(learner, "counts", {})
    counts |= {name: state.counts[name] for name in counts if name in state.counts}


@contextmanager
def _silent() -> Iterator[Callable[[int, str], None]]:
    """What stands for a progress bar on a rank that tells nothing."""
    yield lambda done, text: None


def run_steps(
    learner: Learner,
    state: TrainState,
    folder: RunFolder,
    config: RunConfig,
    *,
    validate_every: int,
    validate: Callable[[], Metrics],
    label: str,
    shown: tuple[str, ...],
    ranks: Ranks = ALONE,
) -> None:
    """Run steps `state.step` .. `config.num_steps` - 1.

    `shown` are the metrics that the progress bar shows. The learner's result is saved at the end, and as far as it
    has come where the run is interrupted; a run that fails leaves none.

    Of several ranks the first writes and tells, and all stop after the same step.

    Raises:
        Interrupted: After Ctrl-C, SIGTERM, SIGUSR1 or `max_s` seconds; the checkpoint holds all finished steps.
    """
    began = saved = time.monotonic()
    with (
        _stop_signal() as stop_asked,
        progress(label, total=config.num_steps, done=state.step) if ranks.leads else _silent() as update,
        tracking(config.tracker if ranks.leads else "none", folder.path, step=state.step) as track,
    ):
        latest: dict[str, str] = {}
        last, every = config.num_steps, validate_every
        while state.step < last:
            line = learner.step(state.step)
            state.step += 1
            state.update_averages()
            state.counts |= {EVALUATIONS: learner.network_evaluations, **getattr(learner, "counts", {})}
            if every and (state.step % every == 0 or state.step == last):
                line |= validate() if ranks.leads or state.is_spread else {}
            if line and ranks.leads:
                elapsed = round(time.monotonic() - began, 3)
                line = {"step": state.step, **line, **state.counts, "elapsed_s": elapsed}
                folder.log(line)
                track(line)
                latest |= {name: f"{name} {line[name]:.3g}" for name in shown if name in line}
            update(state.step, "  ".join(latest.values()))
            now = time.monotonic()
            stop = stop_asked() or (config.max_s is not None and now - began > config.max_s)
            told = ranks.everyones_values((stop, now - saved > config.save_every_s))
            stop = any(asked for asked, _ in told)
            if told[0][1] or stop or state.step == last:  # by the first one's clock
                if ranks.leads or state.is_spread:
                    state.save(folder.checkpoint, fingerprint=folder.fingerprint, ranks=ranks)
                saved = now
            if stop and state.step < last:
                _save_policy(learner, folder, ranks)
                ranks.wait()
                raise Interrupted(
                    f"stopped at step {state.step} of {last}; the same command continues '{folder.path}'"
                )
    _save_policy(learner, folder, ranks)


def _save_policy(learner: Learner, folder: RunFolder, ranks: Ranks) -> None:
    """All ranks must call it: weights that are spread are brought together first."""
    policy = whole(learner.result)
    if ranks.leads:
        policy.save(folder.policy)
