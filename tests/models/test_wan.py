"""Wan pipelines as policies: complete random ones of the real classes, against the library's own forward."""

import dataclasses
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("diffusers")
pytest.importorskip("peft")

from diffusers import FlowMatchEulerDiscreteScheduler, WanImageToVideoPipeline, WanTransformer3DModel
from PIL import Image

from tiny_wan import write_image_to_video, write_pipeline
from videorlvr.flow.at import At
from videorlvr.flow.matching import point_on_path, velocity_error
from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.methods.video.awm import METHOD as AWM
from videorlvr.methods.video.sde_grpo.config import GRPOConfig
from videorlvr.methods.video.sde_grpo.run import GRPO
from videorlvr.methods.video.sft import METHOD as SFT
from videorlvr.models.load import load_policy, new_policy, weights_hash
from videorlvr.models.wan.config import WanConfig
from videorlvr.models.wan.texts import as_context
from videorlvr.players.policy import PolicyPlayer, condition_of, roll
from videorlvr.players.sampling import Sampling
from videorlvr.training.learner import Bench
from videorlvr.training.problems import make_run
from videorlvr.training.run import run
from videorlvr.training.task import Task
from videorlvr.worlds import world_of
from videorlvr.worlds.render import oracle_video

EXAMPLE = Path(__file__).parents[2] / "examples" / "wan" / "post_train.py"
CPU = torch.device("cpu")
TASK = Task.model_validate("maze:micro@64x96x9")
COMMON = {"tasks": [TASK], "num_workers": 0, "device": "cpu", "sampling": {"steps": 3, "shift": 5.0}}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return write_pipeline(tmp_path_factory.mktemp("wan") / "base")


@pytest.fixture(scope="module")
def sft(base, tmp_path_factory):
    """The policy of two steps of SFT on an adapter."""
    config = SFT.config_type(
        model=WanConfig(path=str(base), rank=2, alpha=4), optimizer="adamw", lr=1e-2, warmup=0, num_steps=2,
        batch=2, pool_start=4, pool_size=4, pool_grow=0, ema=0.5, **COMMON,
    )  # fmt: skip
    return run(SFT, config, tmp_path_factory.mktemp("runs") / "sft")


def policy_of(base, **form):
    return new_policy(WanConfig(path=str(base), rank=2, **form), seed=0, device=CPU)


@pytest.fixture(scope="module")
def fresh(base):
    return policy_of(base)


def looked_at(policy, count=2):
    condition = condition_of(policy, make_run(TASK, 0, count))
    generator = torch.Generator().manual_seed(1)
    return (
        condition,
        torch.randn(condition.clean.shape, generator=generator),
        At(torch.tensor([0.9, 0.3])[:count]),
    )


def library_velocity(network, policy, condition, x, at):
    """As the pipelines call it: a timestep a token, 0 in the clean first frame."""
    state = torch.where(condition.free, x, condition.clean)
    timestep = (at.sigma * 1000)[:, None, None, None] * torch.ones(
        1, *(n // d for n, d in zip(x.shape[2:], (1, 2, 2), strict=True))
    )
    timestep[:, 0] = 0
    with torch.no_grad():
        return network(state, timestep.flatten(1), as_context(condition.extra["text"]), return_dict=False)[0]


@pytest.mark.parametrize("two_levels", [True, False])
def test_the_velocity_is_the_librarys_own_bit_for_bit(base, two_levels):
    policy = policy_of(base, two_levels=two_levels)
    network = WanTransformer3DModel.from_pretrained(base, subfolder="transformer").eval()
    found = policy.velocity(*(part := looked_at(policy))[1:], part[0])
    assert torch.equal(found, library_velocity(network, policy, *part))
    assert found.dtype is torch.float32


def test_what_is_saved_is_what_diffusers_loads(base, sft):
    """An adapter of alpha over rank 2, so that a scale that was lost would show."""
    policy = load_policy(sft, device=CPU)
    pipeline = WanImageToVideoPipeline.from_pretrained(base)
    plain = library_velocity(pipeline.transformer, policy, *(part := looked_at(policy)))
    pipeline.load_lora_weights(sft)
    adapted = library_velocity(pipeline.transformer, policy, *part)
    with torch.no_grad():
        ours = policy.velocity(*part[1:], part[0])
    assert torch.equal(ours, adapted)
    assert not torch.equal(adapted, plain)


def test_the_example_trains_and_plain_diffusers_makes_a_video_that_is_scored(base, tmp_path):
    spec = importlib.util.spec_from_file_location("post_train", EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    tiny = {"sampling": {"steps": 2}, "num_workers": 0, "device": "cpu", "seed": 1}
    sft = {"num_steps": 1, "batch": 1, "pool_start": 1, "pool_size": 1}
    rl = {"num_steps": 1, "problems": 1, "group": 2, "batch": 2, "num_trained": 1}
    adapter = example.train(str(base), tmp_path, size="64x64x13", sft=sft, rl=rl, **tiny)
    example.FRAMES = 13
    code = example.score(tmp_path, size="64x64", count=1, pipeline=str(base), adapter=adapter, steps=2)
    told = (tmp_path / "score.json").read_text()
    assert code == 0
    assert "maze-v1-small-test-000000" in told
    assert "wrong_start" in told  # a random VAE shows another board: read, and refused for what it is


def test_the_first_latent_frame_is_given_and_counts_nowhere(fresh):
    condition, x, at = looked_at(fresh)
    other = x.clone()
    other[:, :, 0] += 1
    assert torch.equal(fresh.velocity(x, at, condition), fresh.velocity(other, at, condition))
    video = torch.from_numpy(np.stack([oracle_video(world_of("maze"), p) for p in make_run(TASK, 0, 2)]))
    x0 = fresh.encode(video)
    assert torch.allclose(condition.clean[:, :, :1], x0[:, :, :1], atol=1e-5)  # a causal VAE: it stands alone
    point = point_on_path(x0, at.sigma, x, free=condition.free, clean=condition.clean)
    error = velocity_error(fresh.velocity(point.x, at, condition), point.target, condition.free)
    moved = point.target.clone()
    moved[:, :, 0] += 5
    assert torch.equal(error, velocity_error(fresh.velocity(point.x, at, condition), moved, condition.free))
    assert condition.num_free == x[0, :, 1:].numel()


def test_latents_are_the_mode_of_the_vaes_law_at_unit_scale_and_decode_undoes_it(fresh):
    video = torch.from_numpy(np.stack([oracle_video(world_of("maze"), p) for p in make_run(TASK, 0, 2)]))
    vae, pixels = fresh.codec.vae, video.permute(0, 4, 1, 2, 3) / 127.5 - 1
    mean, std = (
        torch.tensor(values).view(1, -1, 1, 1, 1)
        for values in (vae.config.latents_mean, vae.config.latents_std)
    )
    with torch.no_grad():
        law = vae.encode(pixels).latent_dist
        x0 = fresh.encode(video)
        assert torch.allclose(x0, (law.mode() - mean) / std, atol=1e-5)
        shown = ((vae.decode(law.mode(), return_dict=False)[0] + 1) * 127.5).round().clamp(0, 255)
    assert (fresh.decode(x0).permute(0, 4, 1, 2, 3).float() - shown).abs().max() <= 1
    assert shown.std() > 1


def test_items_do_not_feel_their_neighbours(fresh):
    condition, x, at = looked_at(fresh)
    alone = fresh.velocity(x[1:], At(at.sigma[1:]), condition.pick(torch.tensor([1])))
    assert torch.allclose(alone, fresh.velocity(x, at, condition)[1:], atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "nearest"),
    [((48, 96, 9), "64x96x9"), ((64, 96, 10), "64x96x9"), ((480, 840, 80), "480x832x81")],
)
def test_sizes_that_the_library_would_shrink_are_refused(fresh, shape, nearest):
    with pytest.raises(ValueError, match=nearest):
        fresh.check_video(*shape)
    fresh.check_video(480, 832, 81)


def test_texts_and_first_frames_are_computed_once(base):
    policy = policy_of(base)
    asked = []
    encode = policy.texts.encode
    policy.texts.encode = lambda prompts: asked.extend(prompts) or encode(prompts)
    first, again = (condition_of(policy, make_run(TASK, 0, 3)) for _ in range(2))
    assert torch.equal(first.clean, again.clean)
    assert torch.equal(first.extra["text"], again.extra["text"])
    assert len(asked) == len(set(asked)) == len({p.prompt for p in make_run(TASK, 0, 3)})
    policy.codec.vae = None
    condition_of(policy, make_run(TASK, 0, 3))  # neither of the two is looked for again


def test_a_prompt_longer_than_what_is_kept_is_refused(base):
    policy = policy_of(base, prompt_tokens=4)
    with pytest.raises(ValueError, match="prompt_tokens is 4"):
        condition_of(policy, make_run(TASK, 0, 1))


def test_an_adapter_is_what_is_trained_stored_and_averaged(sft, base):
    policy = load_policy(sft, device=CPU)
    trained = {name for name, value in policy.module.named_parameters() if value.requires_grad}
    assert trained == set(policy.trainable_state())
    assert all(".lora_" in name for name in trained)
    assert len(trained) == 2 * 2 * 10  # A and B, two blocks, q k v o of two attentions and two layers
    checkpoint = sft.parent / "checkpoints"
    assert sum(file.stat().st_size for file in checkpoint.rglob("*.safetensors")) < 300_000
    with pytest.raises(ValueError, match="no layer is called to_w"):
        policy_of(base, targets=["to_w"])


def test_the_reference_is_the_start_whether_the_adapter_is_new_or_trained(base, sft):
    for policy in (policy_of(base), load_policy(sft, device=CPU)):
        part = looked_at(policy)
        with torch.no_grad():
            start = policy.velocity(*part[1:], part[0])
        reference = policy.reference()
        with torch.no_grad():
            for name, value in policy.module.named_parameters():
                if ".lora_B." in name:
                    value.add_(0.1)
        with reference as held, torch.no_grad():
            assert torch.equal(held.velocity(*part[1:], part[0]), start)
            shared = held.module.blocks[0].attn1.to_q.base_layer.weight
            assert shared is policy.module.blocks[0].attn1.to_q.base_layer.weight
        with torch.no_grad():
            assert not torch.equal(policy.velocity(*part[1:], part[0]), start)


class Paid(GRPO):
    """The learner with advantages that are not zero: videos of random weights earn nothing."""

    def turns(self, judged):
        signs = torch.tensor([1.0, -1.0])
        return super().turns(
            [
                dataclasses.replace(part, advantages=signs.repeat(len(part.live) // 2), live=part.live | True)
                for part in judged
            ]
        )


@pytest.mark.parametrize("rank", [2, 0])
def test_sde_grpo_moves_what_is_trained_from_a_ratio_of_exactly_one(base, rank):
    policy = new_policy(WanConfig(path=str(base), rank=rank, vae_batch=4), seed=0, device=CPU)
    before = {name: value.detach().clone() for name, value in policy.module.named_parameters()}
    config = GRPOConfig(
        init="-", problems=1, group=4, batch=4, micro_batch=2, num_steps=2, lr=1e-4, num_trained=1, kl_weight=1.0,
        max_kl=None, **COMMON,
    )  # fmt: skip
    with Judge(EXACT) as judge:
        learner = Paid(config, policy, Bench(judge))
        lines = [learner.step(0), learner.step(1)]
        learner.close()
    assert lines[0]["ratio_gap"] == lines[1]["ratio_gap"] == 0
    assert lines[0]["grad_norm"] > 0
    assert lines[0]["kl"] == 0 < lines[1]["kl"]
    moved = {name for name, value in policy.module.named_parameters() if not torch.equal(value, before[name])}
    assert moved
    assert all((".lora_" in name) == (rank > 0) for name in moved)


def test_awm_goes_on_from_sft_and_its_video_is_played(sft, tmp_path):
    config = AWM.config_type(
        init=str(sft), problems=1, group=2, batch=2, num_steps=2, lr=1e-3, warm_moments=0, updates=1, kl_weight=0.1,
        demonstrations=2, **COMMON,
    )  # fmt: skip
    folder = run(AWM, config, tmp_path / "awm")
    line = json.loads((tmp_path / "awm" / "metrics.jsonl").read_text().splitlines()[-1])
    assert line["grad_norm"] > 0
    assert weights_hash(folder) != weights_hash(sft)
    problems = make_run(TASK, 0, 1)
    video = PolicyPlayer(load_policy(folder, device=CPU), Sampling(steps=2), batch_size=1)(
        world_of("maze"), problems, 0
    )
    assert video.shape == (1, 9, 64, 96, 3)


def test_credit_by_frame_is_refused_where_latent_frames_are_not_frames(sft, tmp_path):
    config = AWM.config_type(
        init=str(sft), problems=1, group=2, batch=2, num_steps=1, credit="frame", **COMMON
    )
    with pytest.raises(ValueError, match="3 latent frames stand for 9 frames"):
        run(AWM, config, tmp_path / "awm")


def test_a_policy_of_all_weights_is_saved_as_a_pipeline(base, tmp_path):
    policy = new_policy(WanConfig(path=str(base), rank=0), seed=0, device=CPU)
    with torch.no_grad():
        policy.module.proj_out.bias += 1
    policy.save(tmp_path / "policy")
    pipeline = WanImageToVideoPipeline.from_pretrained(tmp_path / "policy")
    again = load_policy(tmp_path / "policy", device=CPU)
    part = looked_at(policy)
    with torch.no_grad():
        ours = policy.velocity(*part[1:], part[0])
        assert torch.equal(again.velocity(*part[1:], part[0]), ours)
    assert torch.equal(library_velocity(pipeline.transformer, policy, *part), ours)


def test_a_folder_that_is_no_wan_pipeline_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"holds no model_index\.json"):
        policy_of(tmp_path)
    (tmp_path / "model_index.json").write_text('{"_class_name": "LTXPipeline"}')
    with pytest.raises(ValueError, match="holds a LTXPipeline"):
        policy_of(tmp_path)
    (tmp_path / "model_index.json").write_text(
        '{"_class_name": "WanPipeline", "transformer_2": ["diffusers", "WanTransformer3DModel"]}'
    )
    with pytest.raises(ValueError, match="two transformers"):
        policy_of(tmp_path)


def test_rollouts_are_videos_of_the_size_that_was_asked_for(fresh):
    condition, x, _ = looked_at(fresh)
    video = fresh.decode(roll(fresh, condition, x, Sampling(steps=2)))
    assert video.shape == (2, 9, 64, 96, 3)
    assert video.dtype is torch.uint8


def test_an_image_to_video_model_is_told_of_the_picture_as_its_pipeline_tells_it(tmp_path):
    """Our path from noise to latents, against the library's own with an Euler scheduler on our noise levels."""
    folder = write_image_to_video(tmp_path / "i2v")
    policy, problems = policy_of(folder), make_run(Task.model_validate("maze:micro@32x48x9"), 0, 1)
    condition = condition_of(policy, problems)
    noise = torch.randn(condition.clean.shape, generator=torch.Generator().manual_seed(0))
    ours = roll(policy, condition, noise, Sampling(steps=3, shift=1.0))
    pipeline = WanImageToVideoPipeline.from_pretrained(folder)
    pipeline.scheduler = FlowMatchEulerDiscreteScheduler(shift_terminal=None)
    pipeline.scheduler.set_timesteps = lambda count, device: FlowMatchEulerDiscreteScheduler.set_timesteps(
        pipeline.scheduler, sigmas=np.linspace(1, 0, count + 1)[:-1], device=device
    )
    pipeline.set_progress_bar_config(disable=True)
    first = Image.fromarray(oracle_video(world_of("maze"), problems[0])[0])
    theirs = pipeline(
        first, problems[0].prompt, height=32, width=48, num_frames=9, num_inference_steps=3, guidance_scale=1.0,
        latents=noise, output_type="latent",
    ).frames  # fmt: skip
    assert condition.free.all()
    assert torch.allclose(ours, theirs, atol=1e-4)
    assert (ours - noise).abs().max() > 0.1
