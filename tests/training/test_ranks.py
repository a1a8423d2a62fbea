"""Two processes are one: the same updates, the same figures, stopped together, taken up by another number; with weights
on each of them, and spread over both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.distributed.fsdp import fully_shard

from rank_run import together
from videorlvr.base.records import read_jsonl
from videorlvr.evaluation.runner import evaluate
from videorlvr.evaluation.suites import suite_of
from videorlvr.methods import run
from videorlvr.methods.video.awm.config import AWMConfig
from videorlvr.methods.video.sde_grpo.config import GRPOConfig
from videorlvr.models.config import DiTConfig
from videorlvr.models.load import load_policy, new_policy
from videorlvr.models.shards import is_spread, spread
from videorlvr.models.shipped import shipped_sft
from videorlvr.players.policy import PolicyPlayer
from videorlvr.players.sampling import Sampling
from videorlvr.training.exchange import check_dealt
from videorlvr.training.loop import Interrupted
from videorlvr.training.ranks import ALONE, Ranks
from videorlvr.training.run import spread_weights

LEVEL = 921.05
"""A timestep that bfloat16 has not."""
TRIALS = {
    "tasks": ["flowfree:micro"],
    "init": str(shipped_sft() / "policy"),
    "sampling": {"steps": 2},
    "num_steps": 1,
    "problems": 2,
    "group": 4,
    "batch": 4,
    "micro_batch": 4,
    "lr": 1e-5,
    "kl_weight": 0.1,
    "num_workers": 0,
    "device": "cpu",
}


class Heard(nn.Module):
    """Says what reaches it."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4, 2))

    def forward(self, level_B: torch.Tensor) -> torch.Tensor:
        self.level, self.dtype = level_B.detach().clone(), self.weight.dtype
        return self.weight.float().sum() * level_B.sum()


def weights(out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / "policy" / "policy.safetensors")


def play(out: Path, ranks: Ranks) -> None:
    policy = load_policy(shipped_sft() / "policy", device=torch.device("cpu"))
    player = PolicyPlayer(policy, Sampling(steps=2), batch_size=4)
    evaluate(player, suite_of("flowfree:micro:12"), name="it", out=out, batch_size=4, ranks=ranks)


def heard_levels(ranks: Ranks) -> dict[str, float]:
    """What a timestep is where it arrives: by our way of spreading, and by torch's as it comes."""
    ours, theirs = spread(Heard(), gathered_in=torch.bfloat16), Heard()
    precision = torch.distributed.fsdp.MixedPrecisionPolicy(param_dtype=torch.bfloat16)
    fully_shard(theirs, mp_policy=precision)
    level = torch.tensor([LEVEL]) + ranks.rank
    for module in (ours, theirs):
        module(level).backward()
    assert ours.dtype is torch.bfloat16
    gradient = ours.weight.grad.full_tensor()
    return {
        "ours": float(ours.level) - ranks.rank,
        "as it comes": float(theirs.level) - ranks.rank,
        "gradient": float(gradient[3, 1]),
    }


@pytest.fixture(scope="module")
def runs(sft_config, tmp_path_factory):
    """(configurations, folder of one process' runs, folder of two's)."""
    torch.set_num_threads(1)
    base = tmp_path_factory.mktemp("ranks")
    sft = sft_config(batch=6, num_steps=2, weight_decay=0.1)
    awm = AWMConfig.model_validate(
        TRIALS | {"warm_moments": 0, "demonstrations": 4, "updates": 1, "draws": 1}
    )
    grpo = GRPOConfig.model_validate(TRIALS | {"num_trained": 1, "updates": 2, "lr": 1e-4})
    configs = {"sft": sft, "awm": awm, "grpo": grpo}
    spread_out = {f"{name}-spread": config.changed(shard_weights=True) for name, config in configs.items()}
    stopped = {
        "stopped": sft.changed(max_s=1e-9),
        "stopped-spread": spread_out["sft-spread"].changed(max_s=1e-9),
    }

    def work(ranks: Ranks) -> None:
        for name, config in {**configs, **spread_out}.items():
            run(config, base / "two" / name)
        for name, config in stopped.items():
            with pytest.raises(Interrupted):
                run(config, base / "two" / name)
        play(base / "two" / "evaluation", ranks)
        heard = heard_levels(ranks)
        (base / f"heard-{ranks.rank}.json").write_text(json.dumps(heard))

    assert together(work, base / "said") == ["", ""]
    for name, config in configs.items():
        run(config, base / "one" / name)
    play(base / "one" / "evaluation", ALONE)
    return configs, base / "one", base / "two"


@pytest.mark.parametrize("way", ["", "-spread"])
@pytest.mark.parametrize(("name", "rounding"), [("sft", 2e-5), ("awm", 2e-6), ("grpo", 2e-6)])
def test_two_processes_give_the_update_of_one(runs, name, rounding, way):
    """An orthogonalised step (Muon, of SFT) makes more of a gradient's last bits."""
    _, one, two = runs
    begun = weights(one / name)
    for key, value in weights(two / (name + way)).items():
        torch.testing.assert_close(value, begun[key], atol=rounding, rtol=1e-3, msg=key)
    lines = [read_jsonl(one / name / "metrics.jsonl"), read_jsonl(two / (name + way) / "metrics.jsonl")]
    for alone, both in zip(*lines, strict=True):
        assert alone.keys() == both.keys()
        for key in alone:
            if not key.endswith(("_s", "seconds", "repack_drift", "ratio_gap")):
                assert both[key] == pytest.approx(alone[key], rel=2e-3, abs=1e-5), key


def test_there_was_something_to_learn_from(runs):
    _, one, _ = runs
    for name in ("awm", "grpo"):
        lines = read_jsonl(one / name / "metrics.jsonl")
        assert min(line["groups"] - line["zero_variance_groups"] for line in lines) > 0
        start = load_policy(shipped_sft() / "policy", device=torch.device("cpu")).module.state_dict()
        assert any(not torch.equal(value, start[key]) for key, value in weights(one / name).items())
    assert {"signal", "change", "demonstration_loss"} <= read_jsonl(one / "awm" / "metrics.jsonl")[0].keys()


@pytest.mark.parametrize("way", ["", "-spread"])
def test_two_stop_together_and_one_goes_on(runs, way):
    """Of weights that were spread, too: their checkpoint is of parts, by name."""
    configs, one, two = runs
    folder = two / f"stopped{way}"
    assert not (folder / "done.json").exists()
    assert (folder / "checkpoints" / "last" / "shards").exists() == bool(way)
    assert [line["step"] for line in read_jsonl(folder / "metrics.jsonl")] == [1]
    run(configs["sft"], folder)
    whole = weights(one / "sft")
    for key, value in weights(folder).items():
        torch.testing.assert_close(value, whole[key], atol=2e-5, rtol=1e-3, msg=key)


def test_ranks_evaluate_as_one(runs):
    _, one, two = runs
    for name in ("records.jsonl", "clips.npz"):
        assert (one / "evaluation" / name).read_bytes() == (two / "evaluation" / name).read_bytes()


def test_a_timestep_arrives_as_it_is(runs):
    _, _, two = runs
    for rank in range(2):
        heard = json.loads((two.parent / f"heard-{rank}.json").read_text())
        assert heard["ours"] == pytest.approx(LEVEL, abs=1e-4)
        assert heard["as it comes"] != pytest.approx(LEVEL, abs=1e-1)  # what the test would see
        assert (
            heard["gradient"] == 920 + 924
        )  # each rank's in bfloat16, whose next numbers after 1840 is 1848


def test_work_is_dealt_evenly_where_it_must_be():
    two = Ranks(1, 2)
    assert two.dealt("abc") == [("b", True)]
    assert two.dealt("abc", evenly=True) == [("b", True), ("c", False)]
    assert two.dealt("a", evenly=True) == [("a", False)]
    assert Ranks(0, 2).dealt("abc", evenly=True) == [("a", True), ("c", True)]
    assert two.dealt("", evenly=True) == []


def test_what_cannot_be_shared_is_refused():
    two = Ranks(1, 2)
    assert two.rows(6, "batch") == slice(3, 6)
    with pytest.raises(ValueError, match=r"batch = 5 with 2 ranks.*a multiple of 2"):
        two.rows(5, "batch")
    with pytest.raises(ValueError, match=r"batch 6 with groups of 4 on 2 ranks.*a multiple of 4"):
        check_dealt(4, 6, 4, two)
    with pytest.raises(ValueError, match="3 batches of a world on 2 ranks"):
        check_dealt(3, 8, 4, two)
    check_dealt(3, 6, 4, ALONE)
    assert ALONE.rows(5, "batch") == slice(0, 5)


def test_weights_that_cannot_be_spread_are_refused(sft_config):
    two, policy = Ranks(0, 2), load_policy(shipped_sft() / "policy", device=torch.device("cpu"))
    asked = sft_config(shard_weights=True)
    with pytest.raises(ValueError, match="shard_weights with compile"):
        spread_weights(asked.changed(compile=True), policy, two)
    policy.module.patch_in.weight.requires_grad_(False)
    with pytest.raises(ValueError, match="shard_weights with an adapter"):
        spread_weights(asked, policy, two)
    causal = new_policy(
        DiTConfig(width=32, depth=1, heads=1, chunk_frames=4), seed=0, device=torch.device("cpu")
    )
    with pytest.raises(ValueError, match="shard_weights with a causal policy"):
        spread_weights(asked, causal, two)
    spread_weights(asked, causal, ALONE)  # one process has nothing to spread
    assert not is_spread(causal.module)
