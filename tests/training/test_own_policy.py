"""A policy of one's own goes through SFT, RL and evaluation by the protocol alone."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from videorlvr.base.records import read_jsonl
from videorlvr.evaluation.runner import evaluate
from videorlvr.evaluation.suites import Part, Suite
from videorlvr.methods import method_of
from videorlvr.models.module import ModulePolicy
from videorlvr.models.pixels import condition_pixels, decode_pixels, encode_pixels
from videorlvr.players.policy import PolicyPlayer
from videorlvr.training.loop import Interrupted
from videorlvr.training.run import train
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem

PROMPTS = {
    make_problem(WORLDS[world], "micro", split, index).prompt
    for world, split in (("sokoban", "train"), ("sokoban", "val"), ("maze", "val"))
    for index in range(40)
}
"""Whatever the worlds below ask for at `micro`."""


class Blend(torch.nn.Module):
    """Believes in some of the first frame, some of what it sees, and a little of what a convolution makes of
    both: a picture that stands still, and of which the judge cannot always explain every pixel, so that rollouts
    earn unlike rewards."""

    def __init__(self):
        super().__init__()
        self.convolution = torch.nn.Conv3d(6, 3, 3, padding=1)
        self.share = torch.nn.Parameter(torch.tensor(0.23))
        self.frozen = torch.nn.Parameter(torch.ones(3), requires_grad=False)

    def forward(self, x, sigma, first):
        both = torch.cat([x, first.expand_as(x)], dim=1)
        believed = (1 - self.share) * first + self.share * x + 0.001 * self.convolution(both)
        return (x - believed) / sigma.clamp_min(0.05)[:, None, None, None, None]


class BlendPolicy(ModulePolicy):
    """Nothing of the built-in policy: the methods of `Policy`, files of its own."""

    def __init__(self, module=None):
        super().__init__(module or Blend())

    def condition(self, first, prompts, num_frames):
        assert len(prompts) == len(first), "every first frame has its prompt"
        assert set(prompts) <= PROMPTS, "a prompt is that of its world"
        return condition_pixels(first, num_frames)

    def encode(self, video):
        return encode_pixels(video)

    def decode(self, x):
        return decode_pixels(x)

    def velocity(self, x, at, condition):
        return self.module(x, at.sigma, condition.clean[:, :, :1])

    def save(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "policy.json").write_text(json.dumps({"kind": "blend"}))
        save_file(self.module.state_dict(), folder / "blend.safetensors")


def saved(folder):
    assert json.loads((folder / "policy.json").read_text()) == {"kind": "blend"}
    assert not (folder / "policy.safetensors").exists()
    return load_file(folder / "blend.safetensors")


def policy_of(folder=None):
    torch.manual_seed(0)
    policy = BlendPolicy()
    if folder:
        policy.module.load_state_dict(saved(folder))
    return policy


@pytest.fixture(scope="module")
def taught(sft_config, tmp_path_factory):
    config = sft_config(tasks=["sokoban:micro"], num_steps=2, warmup=0, validate_every=2, num_val=2)
    return train(method_of("sft"), config, policy_of(), tmp_path_factory.mktemp("own") / "sft")


def moved(before, after):
    return {name for name in before if not torch.equal(before[name], after[name])}


def test_sft_trains_it(taught):
    assert moved(policy_of().module.state_dict(), saved(taught)) == {
        "convolution.weight",
        "convolution.bias",
        "share",
    }
    lines = read_jsonl(taught.parent / "metrics.jsonl")
    assert [line["step"] for line in lines] == [1, 2]
    assert "val/success" in lines[-1]


def test_rl_trains_it_and_goes_on_where_it_stopped(rl_config, taught, tmp_path):
    """With the KL to what it was at first, also after an interruption."""
    config = rl_config(tasks=["sokoban:micro"], init=str(taught), num_steps=2, kl_weight=1.0)
    whole = train(method_of("sde-grpo"), config, policy_of(taught), tmp_path / "whole")
    with pytest.raises(Interrupted):
        train(
            method_of("sde-grpo"),
            config.model_copy(update={"max_s": 1e-9}),
            policy_of(taught),
            tmp_path / "stopped",
        )
    again = train(method_of("sde-grpo"), config, policy_of(taught), tmp_path / "stopped")
    assert not moved(saved(whole), saved(again))
    assert "share" in moved(saved(taught), saved(whole))
    assert [line["kl"] > 0 for line in read_jsonl(tmp_path / "stopped" / "metrics.jsonl")] == [False, True]


def test_it_is_evaluated(rl_config, taught, tmp_path):
    suite = Suite("own", (Part("maze", "micro", "val", 3),))
    player = PolicyPlayer(policy_of(taught), rl_config().sampling)
    assert evaluate(player, suite, name="own", out=tmp_path)["results"]["worlds"]["maze"]["n"] == 3
