"""A run says by what it was judged, and is not continued by another judge."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from videorlvr.base.records import read_json, write_json
from videorlvr.cli.main import main
from videorlvr.judge.fingerprint import Fingerprint
from videorlvr.training.folder import RunFolder, fingerprint_of_run
from videorlvr.worlds.verify import JUDGE_VERSION

TINY = (
    "--num_steps 2 --pool_start 16 --pool_grow 0 --pool_size 16 --model.width 32 --model.depth 1 "
    "--model.heads 2 --batch 8 --num_workers 0 --device cpu"
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("runs") / "sft"
    assert main(["train", "micro-maze-sft", "--out", str(folder), *TINY.split()]) == 0
    return folder


def test_run_checkpoint_and_result_bear_one_fingerprint(run: Path) -> None:
    places = ("about.json", "done.json", "checkpoints/last/state.json")
    found = [Fingerprint.from_json(read_json(run / place)["fingerprint"]) for place in places]
    assert len({fingerprint.digest for fingerprint in found}) == 1
    assert found[0].worlds == {"maze": 1}
    assert found[0].rewards == {"maze": {}}, "SFT has no reward"


def test_the_reward_of_rl_is_part_of_its_fingerprint() -> None:
    from videorlvr.methods import recipe_of

    configs = [recipe_of("micro-maze-rl").changed(reward=name) for name in ("dense-v1", "sparse")]
    dense, sparse = map(fingerprint_of_run, configs)
    assert dense.digest != sparse.digest
    assert dense.rewards["maze"]["dense-v1"]["weights"]["success"] == 0.5


def test_another_judge_does_not_continue_it(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("videorlvr.judge.fingerprint.JUDGE_VERSION", 999)
    assert main(["train", "micro-maze-sft", "--out", str(run), *TINY.split()]) == 2
    said = capsys.readouterr().err
    assert (
        "judged otherwise than this one would be, in the judge's version "
        f"({JUDGE_VERSION}, 999): choose another --out" in said
    )
    about = read_json(run / "about.json")
    write_json(run / "about.json", {key: value for key, value in about.items() if key != "fingerprint"})
    assert RunFolder(run).is_done
    assert main(["train", "micro-maze-sft", "--out", str(run), *TINY.split()]) == 0
    write_json(run / "about.json", about)
