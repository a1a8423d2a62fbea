"""One judge: the same answer gets the same verdict under the same tolerance, whoever asks."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest

import videorlvr
from videorlvr.base import seeding
from videorlvr.base.choices import ChoiceError
from videorlvr.base.media.png import write_png
from videorlvr.base.media.write import write_mp4
from videorlvr.evaluation.export import export
from videorlvr.evaluation.runner import evaluate
from videorlvr.evaluation.score import score
from videorlvr.evaluation.suites import Part, Suite, problems
from videorlvr.judge.door import inspect, judge, judge_batch
from videorlvr.judge.fingerprint import Fingerprint, differences
from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import DECLARED, EXACT, TOLERANCES
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Verdict
from videorlvr.worlds.problems import make_problem, oracle_trace, shown_as
from videorlvr.worlds.render import oracle_video
from videorlvr.worlds.verify import MAX_FRAMES

MAZE, FLOWFREE = WORLDS["maze"], WORLDS["flowfree"]


def darker(video):
    return np.clip(video.astype(int) - 40, 0, 255).astype(np.uint8)


def answers(world, problem):
    """Right ones, a tinted one, cheats of all kinds."""
    oracle = oracle_video(world, problem)
    cheats = [cheat.make(world, problem, seeding.rng("test-door", cheat.name)) for cheat in world.cheats[::7]]
    return [
        oracle,
        darker(oracle),
        *(made for made in cheats if made is not None and made.shape == oracle.shape),
    ]


def as_lossless(folder: Path, name: str, video) -> Path:
    (folder / name).mkdir(parents=True)
    for number, frame in enumerate(video):
        write_png(folder / name / f"{number}.png", frame)
    return folder / name


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("tolerance", TOLERANCES)
def test_array_file_batch_and_pool_agree(world, tolerance, tmp_path):
    problem = make_problem(world, "micro", "val", 1)
    videos = answers(world, problem)
    alone = [judge(world, problem, video, tolerance) for video in videos]
    batch = [problem] * len(videos)
    assert judge_batch(batch, np.stack(videos), tolerance) == alone
    with Judge(tolerance) as pool:
        assert pool(batch, np.stack(videos)) == alone
    for number, video in enumerate(videos[:5]):
        file = as_lossless(tmp_path, str(number), video)
        assert (
            judge(world, problem, file, tolerance)
            == judge(world, problem, [file], tolerance)
            == alone[number]
        )
    assert alone[0].success
    assert len({verdict.reason for verdict in alone}) > 3


def test_a_darker_oracle_is_judged_alike_by_reward_evaluation_and_score(tmp_path):
    """It was `wrong_start` to the reward and a success to `score`, and nobody could say which tolerance that was."""
    suite = Suite("tiny", (Part("flowfree", "micro", "val", 2),))
    listed = problems(suite)

    def player(world, asked, sample):
        return np.stack([darker(oracle_video(world, problem)) for problem in asked])

    for tolerance in TOLERANCES:
        evaluate(player, suite, name="darker", out=tmp_path / tolerance, tolerance=tolerance)
        lines = (tmp_path / tolerance / "records.jsonl").read_text().splitlines()
        records = [json.loads(line) for line in lines]
        with Judge(tolerance) as reward:
            verdicts = reward(listed, player(FLOWFREE, listed, 0))
        found = [(record["success"], record["reason"], record["tolerance"]) for record in records]
        assert found == [(verdict.success, verdict.reason, tolerance) for verdict in verdicts]
        assert {verdict.reason for verdict in verdicts} == {"wrong_start" if tolerance == EXACT else ""}

    export(FLOWFREE, "micro", "val", 2, tmp_path)
    for problem in (make_problem(FLOWFREE, "micro", "val", index) for index in range(2)):
        file = tmp_path / "videos" / f"{problem.address.file_id}.mp4"
        write_mp4(file, darker(oracle_video(FLOWFREE, problem)), fps=8)
    scored = score(tmp_path / "manifest.jsonl", tmp_path / "videos", workers=1)
    assert [(r["success"], r["tolerance"]) for r in scored["records"]] == [(True, DECLARED)] * 2
    assert scored["summary"]["fingerprint"]["tolerance"] == DECLARED


def test_a_batch_may_mix_worlds_and_each_gets_its_own_rules():
    worlds = (MAZE, FLOWFREE, MAZE)
    mixed = [shown_as(world, make_problem(world, "small", "val", 0), size=(48, 48)) for world in worlds]
    shown = [oracle_video(world, problem) for world, problem in zip(worlds, mixed, strict=True)]
    videos = np.stack([video[np.minimum(np.arange(12), len(video) - 1)] for video in shown])
    assert [verdict.success for verdict in judge_batch(mixed, videos, EXACT)] == [True] * 3


def test_arrays_that_are_no_videos_are_verdicts_under_any_tolerance():
    problem = make_problem(MAZE, "micro", "val", 0)
    oracle = oracle_video(MAZE, problem)
    strange = {
        "wrong_size": (oracle[..., :1], oracle[0], np.zeros((8, 0, 0, 3), np.uint8)),
        "wrong_values": (np.where(oracle > 9, np.nan, oracle.astype(float)), oracle.astype(np.int16) - 300),
        "too_few_frames": (oracle[:0], oracle[:1]),
        "too_many_frames": (oracle[np.zeros(MAX_FRAMES + 1, int)],),
    }
    for reason, videos in strange.items():
        for video in videos:
            assert [judge(MAZE, problem, video, each).reason for each in TOLERANCES] == [reason] * 2
    assert judge(MAZE, problem, oracle.astype(np.float32) + 0.3, DECLARED).success


def test_states_are_an_answer_and_a_world_of_its_own_needs_no_list():
    problem = make_problem(MAZE, "micro", "val", 0)
    trace = oracle_trace(MAZE, problem)
    assert [judge(MAZE, problem, trace, each) for each in TOLERANCES] == [MAZE.verify(problem, trace)] * 2
    stranger = dataclasses.replace(
        MAZE, name="stranger", verify=lambda problem, trace: Verdict(False, "mine")
    )
    for tolerance in TOLERANCES:
        assert judge(stranger, problem, oracle_video(MAZE, problem), tolerance).reason == "mine"


def test_what_is_no_answer_or_tolerance_is_said():
    problem = make_problem(MAZE, "micro", "val", 0)
    with pytest.raises(TypeError, match="a int is no answer"):
        judge(MAZE, problem, 3, EXACT)
    with pytest.raises(ChoiceError, match="did you mean 'exact'"):
        judge(MAZE, problem, [], "exakt")
    assert inspect(MAZE, problem, [], DECLARED).verdict.reason == "missing_file"


def test_the_tolerance_is_part_of_the_fingerprint_and_older_ones_are_still_read():
    parts = {"judge": 2, "worlds": {"maze": 1}, "rewards": {}, "suite": "s", "suite_hash": "0"}
    old, exact, declared = (
        Fingerprint(**parts, **more) for more in ({}, {"tolerance": EXACT}, {"tolerance": DECLARED})
    )
    assert len({old.digest, exact.digest, declared.digest}) == 3
    assert differences(old, exact) == ["the tolerance (unsaid, exact)"]
    assert differences(exact, declared) == ["the tolerance (exact, declared)"]
    assert "tolerance" not in old.to_json()
    for one in (old, exact, declared):
        assert Fingerprint.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_nobody_goes_round_the_door():
    """Outside the judge and the worlds themselves no code asks the rules or the parts of the judge for verdicts."""
    root = Path(videorlvr.__file__).parent
    others = [
        file for file in root.rglob("*.py") if file.relative_to(root).parts[0] not in ("judge", "worlds")
    ]
    assert len(others) > 80
    inner = re.compile(r"\.verify\(|judge\.frames|import .*\b(examine|verdict_on)")
    assert [file.name for file in others if inner.search(file.read_text())] == []
