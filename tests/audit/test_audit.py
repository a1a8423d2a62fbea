"""The audit finds what is wrong with a judge: bugs are planted, and it must name them."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from videorlvr.audit.distortions import DISTORTIONS, UNCHANGED
from videorlvr.audit.result import AuditResult
from videorlvr.audit.run import CHEATS_A_DISTORTION, audit
from videorlvr.audit.tolerance import declared, strongest_survived
from videorlvr.base import progress
from videorlvr.cli.main import main
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import DECLARED
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Cheat, Variant, Verdict
from videorlvr.worlds.declared import LARGE, MAX_FALSE_REFUSALS, SMALL
from videorlvr.worlds.maze.rules import GOAL
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.render import oracle_video

MAZE = WORLDS["maze"]
FEW = tuple(
    cheat for cheat in MAZE.cheats if cheat.name in {"frozen-first-frame", "paint-everything", "black"}
)


def planted(**changes):
    """Maze with few cheats, and a bug."""
    return dataclasses.replace(MAZE, **{"cheats": FEW, "variants": (), **changes})


def tally(part, name):
    return next(found for found in part if found.name == name)


def test_a_right_judge_passes():
    result = audit(planted(), "micro", count=4, distorted=0)
    assert result.failures() == []
    assert [(found.name, found.videos, found.accepted) for found in result.valid] == [("oracle", 4, 4)]
    assert {found.name: (found.videos, found.accepted) for found in result.cheats} == {
        cheat.name: (4, 0) for cheat in FEW
    }


def test_a_gullible_judge_is_caught_with_the_name_of_the_cheat():
    result = audit(planted(verify=lambda problem, trace: Verdict(True, "")), "micro", count=3, distorted=0)
    for cheat in FEW:
        assert tally(result.cheats, cheat.name).accepted == 3
        assert any(
            f"'{cheat.name}' accepted, as maze-v1/micro/test/0" in line
            for line in map(str, result.failures())
        )


def test_a_judge_that_misses_one_cheat_is_caught_by_that_one_alone():
    def blind_to_paint(problem, trace):
        verdict = MAZE.verify(problem, trace)
        return Verdict(True, "") if verdict.reason == "trail_unwalked" else verdict

    (failure,) = audit(planted(verify=blind_to_paint), "micro", count=2, distorted=0).failures()
    assert "2 of 2 cheats 'paint-everything' accepted" in failure.sentence


def test_a_judge_that_refuses_honest_videos_is_caught_with_its_reason():
    def always_unreadable(problem, trace):
        return Verdict(False, "unreadable", 0)

    result = audit(planted(verify=always_unreadable), "micro", count=3, distorted=0)
    assert any(
        "'oracle' refused for unreadable, as maze-v1/micro/test/0" in line
        for line in map(str, result.failures())
    )


def test_a_refused_variant_is_named():
    def frozen(world, problem, rng):
        return FEW[0].make(world, problem, rng)

    def never(world, problem, rng):
        return None

    result = audit(
        planted(variants=(Variant("lazy", frozen), Variant("rare", never))), "micro", count=2, distorted=0
    )
    (failure,) = result.failures()
    assert "2 of 2 videos 'lazy' refused for not_at_goal" in failure.sentence
    assert (tally(result.valid, "rare").videos, tally(result.valid, "rare").absent) == (0, 2)


def test_a_reason_that_is_not_the_cheats_own_is_counted():
    mistaken = tuple(dataclasses.replace(cheat, reasons=("no_head",)) for cheat in FEW)
    result = audit(planted(cheats=mistaken), "micro", count=2, distorted=0)
    assert [found.refused_wrongly for found in result.cheats] == [2, 2, 2]
    assert result.failures() == []
    painted = next(found for found in result.mistaken() if "paint-everything" in found.sentence)
    assert "2 of 2 cheats 'paint-everything' refused for trail_unwalked" in painted.sentence
    assert painted.address == "maze-v1/micro/test/0"


def test_code_that_raises_is_a_finding():
    def broken(world, problem, rng):
        raise KeyError("head")

    result = audit(planted(cheats=(Cheat("broken", broken, ("jump",)), *FEW)), "micro", count=2, distorted=0)
    assert dict(tally(result.cheats, "broken").reasons) == {"raised KeyError": 2}
    assert any(
        "2 of 2 cheats 'broken' raised KeyError, as maze-v1/micro/test/0" in failure
        for failure in map(str, result.failures())
    )
    assert tally(result.cheats, "black").videos == 2


def test_a_judge_that_sees_only_the_last_frame_is_gullible_under_distortion_too():
    def only_the_end(problem, trace):
        head = trace.figure[-1] == problem.grid.figure.max()
        return Verdict(bool((problem.grid.ground[head] // 16 == GOAL).any()), "not_at_goal")

    result = audit(planted(verify=only_the_end), "micro", count=1, distorted=1)
    assert tally(result.distorted_cheats, UNCHANGED).accepted > 0
    assert any(f"accepted under {UNCHANGED}" in failure for failure in map(str, result.failures()))


@pytest.fixture(scope="module")
def tried() -> AuditResult:
    return audit(planted(), "micro", count=2, distorted=1, at_declared=2)


def test_a_declaration_that_is_not_kept_is_a_failure(tried):
    result = tried
    (blurred, *_) = [found for found in result.tolerance if found.name == "blur" and not found.accepted]
    assert result.failures() == []
    boast = dataclasses.replace(result, declared={**result.declared, "blur": blurred.strength})
    assert any(f"declared blur {blurred.strength:g}" in failure for failure in map(str, boast.failures()))


def test_the_declared_strength_is_tried_on_more_problems_than_the_curves(tried):
    result = tried
    strengths = declared(MAZE, 8)
    for found in result.tolerance:
        at_declared = strengths.get(found.name) == found.strength
        assert found.videos == (2 if at_declared else 1)
        assert (found in result.at_declared_strength) == at_declared
    assert {found.name for found in result.at_declared_strength} == set(strengths)
    cheats = sum(found.videos + found.absent for found in result.distorted_cheats)
    assert cheats == 2 * CHEATS_A_DISTORTION * len(result.distorted_cheats)


def test_the_same_result_on_any_number_of_processes(monkeypatch):
    monkeypatch.setattr(progress, "POOL_FROM", 2)
    one, two = (audit(MAZE, "micro", count=6, distorted=0, workers=workers) for workers in (1, 2))
    assert one.to_json() == two.to_json()


def test_a_result_survives_json():
    mistaken = tuple(dataclasses.replace(cheat, reasons=("no_head",)) for cheat in FEW)
    found = audit(planted(cheats=mistaken[:1]), "micro", count=1, distorted=1)
    result = dataclasses.replace(found, size=(480, 832))
    assert AuditResult.from_json(json.loads(json.dumps(result.to_json()))) == result
    with pytest.raises(ValueError, match="not the result of an audit"):
        AuditResult.from_json({"world": "maze-v1"})


@pytest.mark.parametrize(
    ("count", "distorted", "at_declared"), [(0, None, None), (2, 3, 3), (3, 2, 1), (2, 1, 3)]
)
def test_impossible_counts_are_refused(count, distorted, at_declared):
    with pytest.raises(ValueError, match="expected 0 <= distorted <= at_declared <= count"):
        audit(MAZE, "micro", count=count, distorted=distorted, at_declared=at_declared)


def test_the_declared_strength_is_the_last_before_the_first_failure():
    assert strongest_survived([(1, 0.0), (2, MAX_FALSE_REFUSALS), (4, 0.2), (8, 0.0)]) == 2
    assert strongest_survived([(1, 0.01), (2, 0.0)]) is None


def test_declarations_name_strengths_that_the_audit_tries():
    for world in WORLDS.values():
        assert set(world.declared) == {SMALL, LARGE}
        for strengths in world.declared.values():
            for name, strength in strengths.items():
                assert strength in DISTORTIONS[name].strengths


@pytest.mark.parametrize("world", WORLDS.values(), ids=list(WORLDS))
@pytest.mark.parametrize(
    ("level", "size"),
    [("micro", None), ("small", None), ("micro", (120, 160))],
)
def test_declared_tolerances_are_kept(world, level, size):
    """Oracle videos of test problems; the tolerances were found on validation problems."""
    from videorlvr.worlds.problems import shown_as

    problem = shown_as(world, make_problem(world, level, "test", 3), size=size)
    strengths = declared(world, problem.layout.cell_px)
    assert len(strengths) > 1
    for name, strength in strengths.items():
        rng = np.random.default_rng(3)
        video = DISTORTIONS[name].make(world, problem, oracle_video(world, problem), strength, rng)
        verdict = judge(world, problem, video, DECLARED)
        assert verdict.success, f"{name} {strength:g}: {verdict.reason} at frame {verdict.frame}"


def test_the_command_prints_nothing_but_json_on_demand(capsys):
    code = main(["audit", "maze", "--level", "micro", "--count", "2", "--distorted", "0", "--json", "-"])
    printed = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [found["level"] for found in printed["audits"]] == ["micro"]
    assert printed["command"] == "videorlvr audit maze --count 2 --split test --level micro --distorted 0"


def test_the_command_fails_with_the_cheat_and_how_to_look_at_it(monkeypatch, capsys):
    gullible = planted(verify=lambda problem, trace: Verdict(True, ""))
    monkeypatch.setitem(WORLDS, "maze", gullible)
    code = main(["audit", "maze", "--level", "micro,small", "--count", "2", "--distorted", "0"])
    out = capsys.readouterr().out
    assert code == 1
    assert "FAIL  maze-v1/micro" in out
    assert "FAIL  maze-v1/small" in out
    assert "2 of 2 cheats 'paint-everything' accepted, as maze-v1/micro/test/0" in out
    assert "videorlvr worlds show maze --level micro --split test --index 0" in out


def test_an_unknown_level_is_one_sentence(capsys):
    assert main(["audit", "maze", "--level", "micro,smal"]) == 2
    assert "did you mean 'small'" in capsys.readouterr().err
