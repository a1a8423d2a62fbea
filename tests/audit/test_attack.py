"""The attacker: it breaks a judge that does not ask for explanations, and its numbers are those of the judge."""

from __future__ import annotations

import numpy as np
import pytest

from videorlvr.audit import second
from videorlvr.audit.attack.campaign import attack
from videorlvr.audit.attack.scene import scenes
from videorlvr.audit.attack.search import evolve
from videorlvr.audit.attack.target import Target
from videorlvr.audit.attack.twin import loss_and_slope, zones_of
from videorlvr.base import seeding
from videorlvr.cli.main import main
from videorlvr.judge.frames import verdict_on
from videorlvr.judge.tolerance import DECLARED, EXACT, TOLERANCES
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem

WEAK = Target(
    EXACT,
    verdict=lambda world, problem, video, _: verdict_on(world, problem, video, DECLARED),
    explained=False,
)
"""A judge that reads, and explains nothing: as judge 2 was."""


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_it_breaks_a_judge_that_explains_nothing(world):
    done = attack(world, "micro", target=WEAK, tries=250)
    assert done.accepted
    for broken in done.accepted:
        assert broken.scene.is_seen(broken.video)
        assert WEAK.accepts(broken.scene, broken.video)
        assert not second.legal(broken.scene.problem, broken.scene.illegal).success


@pytest.mark.parametrize("tolerance", TOLERANCES)
def test_this_judge_holds_for_a_moment(tolerance):
    done = attack(WORLDS["maze"], "micro", target=Target(tolerance), tries=150)
    assert not done.accepted
    assert done.best is not None


def test_the_same_seed_and_tries_give_the_same_result():
    runs = [attack(WORLDS["sokoban"], "micro", target=Target(EXACT), tries=60, seed=3) for _ in range(2)]
    first, again = (run.to_json() | {"seconds": 0} for run in runs)
    assert first == again
    other = attack(WORLDS["sokoban"], "micro", target=Target(EXACT), tries=60, seed=4)
    assert other.to_json()["scenes"] != first["scenes"]


def test_scenes_differ_by_figures_after_the_first_frame_and_people_see_them():
    for world in WORLDS.values():
        found = list(scenes(world, make_problem(world, "micro", "val", 0)))
        assert len(found) >= 4
        for scene in found:
            assert scene.is_seen(scene.wrong)
            assert not scene.is_seen(scene.right)
            assert (scene.places[:, 0] > 0).all()
            assert Target(EXACT).accepts(scene, scene.right)
            assert Target(EXACT).excess(scene, scene.right) <= 1 < Target(EXACT).excess(scene, scene.wrong)


def test_evolution_gets_nearer():
    scene = next(iter(scenes(WORLDS["maze"], make_problem(WORLDS["maze"], "micro", "val", 0))))
    source = evolve(scene, Target(EXACT), seeding.rng("evolution"))
    found = [excess for excess, video in (next(source) for _ in range(120)) if video is not None]
    assert min(found) < 0.8 * found[0]


def test_the_slope_is_the_derivative_of_the_loss():
    rng = seeding.rng("slope")
    right, cells = rng.uniform(0, 255, (2, 3, 8, 8, 3))
    loss, slope = loss_and_slope(cells, right, zones_of(8))
    assert slope.max() <= 1
    for _ in range(5):
        place = tuple(rng.integers(0, cells.shape))
        nudged = cells.copy()
        nudged[place] += 1e-4
        rise = (loss_and_slope(nudged, right, zones_of(8))[0] - loss) / 1e-4
        other = tuple(rng.integers(0, cells.shape))
        nudged = cells.copy()
        nudged[other] += 1e-4
        rise_other = (loss_and_slope(nudged, right, zones_of(8))[0] - loss) / 1e-4
        assert rise * slope[other] == pytest.approx(rise_other * slope[place], rel=1e-2, abs=1e-6)


def test_no_budget_is_said():
    with pytest.raises(ValueError, match="no budget"):
        attack(WORLDS["maze"], "micro", target=Target(EXACT))


def test_the_command_says_what_it_found_and_keeps_the_picture(tmp_path, capsys):
    words = ["audit", "--attack", "maze", "--level", "micro", "--tries", "40", "--out", str(tmp_path)]
    assert main([*words, "--json", str(tmp_path / "a.json")]) == 0
    assert "PASS  maze/micro" in capsys.readouterr().out
    video = np.load(tmp_path / "maze-micro-exact-0.npz")["video"]
    assert video.dtype == np.uint8
    assert (tmp_path / "maze-micro-exact-0.png").is_file()
