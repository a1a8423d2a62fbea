"""Training of language policies: examples by seed and step, losses that look where they should, answers by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from videorlvr.cli.main import main
from videorlvr.judge.door import judge
from videorlvr.methods.text.mlm_u.math import hidden, masked_loss, regions
from videorlvr.methods.text.sft.config import TextSFTConfig
from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.players.language import LanguagePlayer
from videorlvr.players.writing import Writing, letters_needed
from videorlvr.training.config import Task
from videorlvr.training.language.examples import Examples, tell
from videorlvr.training.language.imitation import learning_rate, next_token_loss
from videorlvr.worlds import WORLDS, world_of
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.passages import answer_of

FORM = LanguageConfig(width=32, depth=1, heads=2, context=256, worlds=["maze"])


@pytest.fixture(scope="module")
def policy() -> LanguagePolicy:
    return LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu"))


def examples(policy: LanguagePolicy, **changes) -> Examples:
    from functools import partial

    told = partial(tell, form="cells", trace=changes.pop("trace", "none"), times=1)
    values = {"seed": 0, "start": 16, "grow": 4.0, "size": 32, "workers": None, "num_workers": 0, **changes}
    return Examples(Task(world="maze", level="micro"), policy, told, **values)


def test_a_batch_is_a_function_of_seed_and_step(policy: LanguagePolicy) -> None:
    one, other = examples(policy), examples(policy)
    other.batch(3, 4)  # what was asked before leaves no trace
    assert torch.equal(one.batch(2, 8).ids, other.batch(2, 8).ids)
    assert not torch.equal(one.batch(2, 8).ids, examples(policy, seed=1).batch(2, 8).ids)


def test_what_is_learnt_from_are_the_answer_and_its_end(policy: LanguagePolicy) -> None:
    batch = examples(policy).batch(0, 8)
    for ids, weights in zip(batch.ids, batch.weights, strict=True):
        learnt = policy.tokens.decode(ids[weights > 0].tolist())
        assert learnt == answer_of(policy.tokens.decode(ids.tolist())) + "<end>"
    thinking = examples(policy, trace="compress").batch(0, 2)
    assert "<step>" in policy.tokens.decode(thinking.ids[0][thinking.weights[0] > 0].tolist())


def test_the_loss_sees_the_tokens_that_count_and_no_others() -> None:
    torch.manual_seed(0)
    logits, ids = torch.randn(2, 5, 7), torch.randint(7, (2, 5))
    weights = torch.tensor([[0, 0, 1, 1, 0], [0, 1, 0, 0, 0.0]])
    law = torch.log_softmax(logits, -1)
    by_hand = -(law[0, 1, ids[0, 2]] + law[0, 2, ids[0, 3]] + law[1, 0, ids[1, 1]]) / 3
    torch.testing.assert_close(next_token_loss(logits, ids, weights), by_hand)
    logits[0, 3:], logits[1, 1:] = 99.0, -99.0
    torch.testing.assert_close(next_token_loss(logits, ids, weights), by_hand)


def test_mlm_u_masks_at_a_rate_of_each_passage() -> None:
    uniform = np.random.default_rng(0)
    rate, chance = (torch.from_numpy(uniform.random(shape)) for shape in ((400,), (400, 50)))
    answer = torch.zeros(400, 50, dtype=torch.bool)
    answer[:, 10:40] = True
    masked = hidden(rate, chance, answer, "uniform", 0.0)
    assert not (masked & ~answer).any()
    shares = masked[:, 10:40].double().mean(1)
    assert (shares - (1 - rate)).abs().mean() < 0.08, "each token is masked with probability 1 - r"
    assert abs(float(shares.mean()) - 0.5) < 0.05
    fixed = hidden(rate, chance, answer, "fixed", 0.15)[:, 10:40].double().mean()
    assert abs(float(fixed) - 0.15) < 0.02
    suffix = hidden(rate, chance, answer, "suffix", 0.0)
    assert (suffix[:, 10:39] <= suffix[:, 11:40]).all(), "all behind a place"
    assert suffix[:, 39].all(), "at least the last token"
    assert not suffix[:, 40:].any()


def test_what_mlm_u_shows_does_not_tell_how_long_the_answer_is() -> None:
    weights = torch.zeros(2, 20)
    weights[0, 4:7], weights[1, 4:12] = 1.0, 1.0
    region, answer = regions(weights, 10)
    assert region.sum(1).tolist() == [10, 10]
    assert answer.sum(1).tolist() == [3, 8]
    logits, ids = torch.randn(2, 20, 5), torch.randint(5, (2, 20))
    nothing = torch.zeros(2, 20, dtype=torch.bool)
    one = nothing.clone()
    one[1, 5] = True
    expected = -torch.log_softmax(logits, -1)[1, 5, ids[1, 5]]
    torch.testing.assert_close(masked_loss(logits, ids, one), expected)
    assert masked_loss(logits, ids, nothing) == 0


def test_an_answer_depends_on_address_and_sample_alone(policy: LanguagePolicy) -> None:
    world = world_of("maze")
    problems = [make_problem(world, "micro", "test", index) for index in range(5)]
    player = LanguagePlayer(policy, Writing(temperature=1.0), batch_size=2)
    together = player(world, problems, 1)
    assert [answer.moves for answer in together] == [player(world, [each], 1)[0].moves for each in problems]
    assert together != player(world, problems, 2)
    assert all(
        judge(world, p, a.moves, "exact").reason for p, a in zip(problems, together, strict=True) if a.moves
    )


@pytest.mark.parametrize("name", WORLDS)
def test_the_room_for_an_answer_holds_every_solution(name: str) -> None:
    world = WORLDS[name]
    for level in ("micro", "small"):
        room = letters_needed(name, level)
        longest = max(len(make_problem(world, level, "test", index).solution) for index in range(60))
        assert longest < room < 6 * longest


def test_the_learning_rate_rises_and_falls() -> None:
    told = [learning_rate(i, peak=1.0, num_steps=100, warmup=10, final=0.1) for i in range(100)]
    assert told[9] == 1.0
    assert told[:10] == sorted(told[:10])
    assert told[10:] == sorted(told[10:], reverse=True)
    assert told[-1] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"model": None}, "give one of the two"),
        ({"model": FORM, "init": "there"}, "give one of the two"),
        ({"model": FORM.model_copy(update={"family": "masked"})}, "predicts no next token"),
    ],
)
def test_impossible_runs_say_why(values: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TextSFTConfig(tasks=["maze:micro"], num_steps=1, **values)


def test_a_model_has_words_for_the_worlds_of_its_tasks() -> None:
    config = TextSFTConfig(tasks=["sokoban:micro"], num_steps=1, model=LanguageConfig())
    assert config.model is not None
    assert config.model.worlds == ["sokoban"]


def test_a_users_model_with_lora_goes_through_the_same_recipes(tmp_path: Path) -> None:
    """A causal LM as transformers saves it, a recipe from the command line, an evaluation of what came of it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    words = [*sorted(pre_tokenizers.ByteLevel.alphabet()), "<|endoftext|>"]
    core = Tokenizer(models.BPE({word: number for number, word in enumerate(words)}, []))
    core.pre_tokenizer, core.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|endoftext|>").save_pretrained(
        tmp_path / "theirs"
    )
    ends = {"bos_token_id": 256, "eos_token_id": 256}
    GPT2LMHeadModel(GPT2Config(vocab_size=257, n_embd=32, n_layer=1, n_head=2, **ends)).save_pretrained(
        tmp_path / "theirs"
    )
    own = {"family": "pretrained", "path": str(tmp_path / "theirs"), "board": "drawn", "lora_rank": "2"}
    common = ["--num_workers", "0", "--batch", "4", "--num_steps", "2", "--validate_every", "0"]
    sft = ["train", "text-micro-sft", *common, "--pool_start", "8", "--pool_grow", "0", "--pool_size", "8"]
    form = [word for key, value in own.items() for word in (f"--model.{key}", value)]
    assert main([*sft, *form, "--out", str(tmp_path / "sft")]) == 0
    assert (tmp_path / "sft" / "policy" / "adapter_model.safetensors").exists()
    assert not (tmp_path / "sft" / "policy" / "model.safetensors").exists(), "the base stays where it was"
    grpo = ["train", "text-micro-grpo", *common, "--problems", "2", "--group", "2"]
    init = str(tmp_path / "sft" / "policy")
    assert main([*grpo, "--init", init, "--writing.max_tokens", "4", "--out", str(tmp_path / "rl")]) == 0
    assert main(["evaluate", str(tmp_path / "rl"), "--suite", "maze:micro:2"]) == 0


def test_boards_in_words_have_no_frames() -> None:
    task = {"world": "maze", "level": "micro", "frames": 9}
    with pytest.raises(ValueError, match="nothing has frames"):
        TextSFTConfig.model_validate({"tasks": [task], "model": {"width": 32}, "num_steps": 1})
