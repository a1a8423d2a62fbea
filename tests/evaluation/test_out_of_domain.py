"""Out of domain: every axis can be solved and judged, its controls stand beside it, and doing nothing beats nothing."""

from __future__ import annotations

import numpy as np
import pytest

from videorlvr.evaluation.out_of_domain import axes_of, measure, solved, table
from videorlvr.players.baselines import frozen_frame, oracle, random_legal


@pytest.fixture(scope="module")
def axes():
    return axes_of([("maze", "micro"), ("sokoban", "micro")], others=[("flowfree", "micro")], count=12)


def test_axes_leave_what_was_trained_on(axes):
    named = {(axis.name, axis.world): axis.problems for axis in axes}
    assert [axis.name for axis in axes if axis.world == "maze"] == [
        "in domain",
        "size",
        "theme night",
        "rendering 40x40",
    ]
    assert ("world", "flowfree") in named
    own = named["in domain", "maze"]
    assert {len(problems) for problems in named.values()} == {12}
    larger = named["size", "maze"]
    assert min(p.grid.shape[0] for p in larger) > max(p.grid.shape[0] for p in own)
    night, shown = named["theme night", "maze"], named["rendering 40x40", "maze"]
    assert [p.grid for p in night] == [p.grid for p in own] or all(
        np.array_equal(a.grid.ground, b.grid.ground) for a, b in zip(night, own, strict=True)
    )
    assert {p.theme for p in night} == {"night"}
    assert {(p.layout.height_px, p.layout.width_px) for p in shown} == {(40, 40)}
    assert shown[0].layout.cell_px != own[0].layout.cell_px


def test_the_oracle_solves_every_axis_and_beats_its_controls(axes):
    rows = measure(oracle, axes)
    assert all(row.success == 1 for row in rows)
    assert all(row.beats_controls for row in rows)
    assert all(row.controls["frozen-frame"][0] == 0 for row in rows)


def test_a_player_that_is_its_own_control_beats_nothing(axes):
    for player in (frozen_frame, random_legal):
        assert not any(row.beats_controls for row in measure(player, axes[:2]))
    head, first, *_ = table(measure(frozen_frame, axes[:1]))
    assert first[head.index("beats both")] == "no"


def test_answers_keep_the_problems_order(axes):
    [axis] = [axis for axis in axes if (axis.name, axis.world) == ("size", "sokoban")]

    def every_other(world, problems, sample):
        out = frozen_frame(world, problems, sample)
        for place, problem in enumerate(problems):
            if problem.address in chosen:
                out[place] = oracle(world, [problem], sample)[0]
        return out

    chosen = {problem.address for problem in axis.problems[::2]}
    assert solved(every_other, axis.problems, batch_size=5).tolist() == [True, False] * 6


def test_a_trained_world_is_no_other():
    with pytest.raises(ValueError, match="maze among the worlds never trained on"):
        axes_of([("maze", "micro")], others=[("maze", "small")], count=2)
