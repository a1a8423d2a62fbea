"""Language policies: real transformers classes, a tokenizer that says what it read, sampling that a neighbour does not
change, and a user's own model with LoRA."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.language.flops import forward_flops, matrix_weights
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.language.sampling import drawn, log_probs_of, write
from videorlvr.models.language.tokens import Tokens
from videorlvr.models.load import load_policy
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.passages import solved
from videorlvr.worlds.written.traces import write_trace

CPU = torch.device("cpu")
FAMILIES = ["llama", "gpt2", "masked"]


def tiny(family: str = "llama", **form) -> LanguagePolicy:
    config = LanguageConfig(
        family=family, width=32, depth=1, heads=2, context=256, worlds=list(WORLDS), **form
    )
    return LanguagePolicy.new(config, seed=0, device=CPU)


@pytest.fixture(scope="module")
def llama() -> LanguagePolicy:
    return tiny()


def test_text_to_tokens_and_back(llama: LanguagePolicy) -> None:
    for world in WORLDS.values():
        problem = make_problem(world, "micro", "train", 1)
        for verbosity in ("compress", "expand", "restate"):
            text = solved(world, problem, think=write_trace(world, problem, verbosity)).text
            assert llama.tokens.decode(llama.tokens.encode(text)) == text
            assert llama.tokens.encode_many([text]) == [llama.tokens.encode(text)]
        cells = problem.grid.figure.size
        assert len(llama.tokens.encode(solved(world, problem).text)) < 2 * cells + 60, "a cell is one token"


def test_a_cell_of_another_world_is_an_error_and_no_unknown_token(llama: LanguagePolicy) -> None:
    with pytest.raises(ValueError, match=r"no word for '\[250\.7\]'"):
        llama.tokens.encode("<board>[250.7]")


@pytest.mark.parametrize("family", FAMILIES)
def test_saved_and_loaded_it_is_the_same(family: str, tmp_path: Path) -> None:
    policy = tiny(family)
    policy.save(tmp_path)
    again = load_policy(tmp_path, device=CPU)
    ids = torch.tensor([policy.tokens.encode("<board>[14.0]\n<answer>UR")])
    assert torch.equal(policy.logits(ids), again.logits(ids))
    assert again.form == policy.form
    assert again.tokens.encode("<answer>U") == policy.tokens.encode("<answer>U")


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_the_cache_and_the_padding_change_nothing(family: str) -> None:
    """What is written with a cache, beside a longer prompt, has the log-probabilities of a pass over the whole row."""
    policy = tiny(family)
    prompts = [policy.tokens.encode(text) for text in ("<board>[14.0]\n<answer>", "<answer>")]
    uniform = torch.from_numpy(np.random.default_rng(0).random((2, 12)))
    both = write(policy, prompts, max_tokens=12, uniform_BN=uniform)
    for row, prompt in enumerate(prompts):
        alone = write(policy, [prompt], max_tokens=12, uniform_BN=uniform[row : row + 1])
        assert alone.ids[0] == both.ids[row]
        whole = torch.tensor([[*prompt, *both.ids[row]]])
        log_probs = log_probs_of(policy, whole)[0, len(prompt) - 1 :]
        torch.testing.assert_close(log_probs, torch.tensor(both.log_probs[row]), atol=1e-5, rtol=1e-4)


def test_draws_follow_the_law() -> None:
    logits = torch.log(torch.tensor([0.5, 0.3, 0.2]))
    uniform = (torch.arange(1000) + 0.5) / 1000
    tokens, log_probs = drawn(logits.expand(1000, 3), uniform, 1.0)
    assert torch.bincount(tokens, minlength=3).tolist() == [500, 300, 200]
    torch.testing.assert_close(log_probs.exp(), torch.tensor([0.5, 0.3, 0.2])[tokens])
    assert drawn(logits[None], torch.tensor([0.99]), 0.0)[0].item() == 0


def test_writing_ends_at_a_stop_and_says_where(llama: LanguagePolicy) -> None:
    prompt = llama.tokens.encode("<answer>")
    uniform = torch.from_numpy(np.random.default_rng(1).random((1, 40)))
    free = write(llama, [prompt], max_tokens=40, uniform_BN=uniform)
    stop = free.ids[0][5]
    cut = write(llama, [prompt], max_tokens=40, uniform_BN=uniform, stops=[stop])
    assert cut.ids[0] == free.ids[0][: free.ids[0].index(stop) + 1]
    assert cut.stopped == [True]
    short = write(llama, [prompt], max_tokens=3, uniform_BN=uniform)
    assert len(short.ids[0]) == 3
    assert short.stopped == [False] or short.ids[0][-1] == llama.tokens.end


def test_a_masked_model_reads_both_ways_and_a_causal_one_does_not() -> None:
    for family, sees in (("llama", False), ("masked", True)):
        policy = tiny(family)
        one = torch.tensor([policy.tokens.encode("<board>[14.0]U")])
        other = torch.tensor([policy.tokens.encode("<board>[14.0]R")])
        same = torch.equal(policy.logits(one)[:, :-1], policy.logits(other)[:, :-1])
        assert same != sees, family


def test_flops_count_two_operations_a_weight(llama: LanguagePolicy) -> None:
    weights = matrix_weights(llama.module)
    everything = sum(value.numel() for value in llama.module.parameters())
    assert weights == everything, "the tied head is multiplied with, the embedding only looked up"
    assert forward_flops(llama.module, 10, 0, width=32, depth=1) == 20 * weights


@pytest.fixture(scope="module")
def their_model(tmp_path_factory) -> Path:
    """Somebody's causal LM: a tiny random GPT-2 with a byte-level BPE tokenizer, as transformers saves it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("theirs")
    words = [*sorted(pre_tokenizers.ByteLevel.alphabet()), "<|endoftext|>"]
    core = Tokenizer(models.BPE({word: number for number, word in enumerate(words)}, []))
    core.pre_tokenizer, core.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|endoftext|>").save_pretrained(folder)
    torch.manual_seed(0)
    ends = {"bos_token_id": 256, "eos_token_id": 256}
    config = GPT2Config(vocab_size=len(words), n_embd=32, n_layer=1, n_head=2, **ends)
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder


def test_any_causal_model_is_adapted_with_lora(their_model: Path, tmp_path: Path) -> None:
    form = LanguageConfig(family="pretrained", path=str(their_model), lora_rank=2, board="drawn")
    policy = LanguagePolicy.new(form, seed=0, device=CPU)
    assert all("lora" in name for name in policy.trainable_state())
    problem = make_problem(WORLDS["maze"], "micro", "train", 0)
    text = solved(WORLDS["maze"], problem, form="drawn").text
    ids = policy.tokens.encode(text)
    assert ids[-1] == policy.tokens.end
    assert policy.tokens.decode(ids) == text
    before = policy.logits(torch.tensor([ids]))
    optimizer = torch.optim.SGD(
        [value for value in policy.module.parameters() if value.requires_grad], lr=1.0
    )
    for _ in range(2):  # the first step moves B alone, which begins at zero
        (-log_probs_of(policy, torch.tensor([ids])).mean()).backward()
        optimizer.step()
    after = policy.logits(torch.tensor([ids]))
    assert not torch.equal(before, after)
    with policy.reference() as start:
        torch.testing.assert_close(start.logits(torch.tensor([ids])), before)
    policy.save(tmp_path)
    assert torch.equal(load_policy(tmp_path, device=CPU).logits(torch.tensor([ids])), after)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"family": "pretrained"}, "pretrained needs a path"),
        ({"lora_rank": 4}, "only pretrained"),
        ({"width": 30, "heads": 4}, "even number"),
    ],
)
def test_impossible_forms_say_why(form: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        LanguageConfig(**form)


def test_no_model_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no tokenizer in"):
        Tokens.load(tmp_path)
    form = LanguageConfig(family="pretrained", path=str(tmp_path))
    with pytest.raises(ValueError, match="no tokenizer in"):
        LanguagePolicy.new(form, seed=0, device=CPU)
