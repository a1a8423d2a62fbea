"""Numbers that are not finite end a run, a step late where the host is not to wait for the device."""

from __future__ import annotations

import pytest
import torch

from videorlvr.training.finite import Watched

FINE, BAD = torch.tensor(1.0), torch.tensor(float("nan"))


def test_on_a_cpu_nothing_is_late():
    with pytest.raises(FloatingPointError, match="step 3: loss nan"):
        Watched(late=False).look("step 3", loss=BAD, norm=FINE)


def test_what_is_late_is_told_at_the_next_look_and_names_its_own_step():
    watched = Watched(late=True)
    watched.look("step 2", loss=FINE, norm=FINE)
    watched.look("step 3", loss=FINE, norm=BAD)
    with pytest.raises(FloatingPointError, match="step 3: norm nan"):
        watched.look("step 4", loss=FINE, norm=FINE)


def test_the_last_step_is_settled_and_only_once():
    watched = Watched(late=True)
    watched.settle()
    watched.look("step 9", loss=BAD, norm=FINE)
    with pytest.raises(FloatingPointError, match="step 9"):
        watched.settle()
    watched.settle()


def test_values_are_those_of_the_time_of_the_look():
    """The device writes into the same tensors at the next step."""
    watched, loss = Watched(late=True), FINE.clone()
    watched.look("step 1", loss=loss)
    loss.fill_(float("nan"))
    watched.settle()
