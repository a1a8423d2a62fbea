"""Two steps of TRL's GRPO on maze boards, rewarded by the judge, with a tiny random model made here."""

import tempfile

from datasets import Dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

from videorlvr.bridges.scoring import solves, solves_nearly
from videorlvr.bridges.tables import rows


def tiny() -> tuple[GPT2LMHeadModel, PreTrainedTokenizerFast]:
    """A byte-level model of a few thousand weights; take any causal LM in its place."""
    words = [*sorted(pre_tokenizers.ByteLevel.alphabet()), "<end>"]
    core = Tokenizer(models.BPE({word: number for number, word in enumerate(words)}, []))
    core.pre_tokenizer, core.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<end>", pad_token="<end>")
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
    ends = {"bos_token_id": 256, "eos_token_id": 256, "pad_token_id": 256}
    config = GPT2Config(vocab_size=len(words), n_positions=4096, n_embd=16, n_layer=1, n_head=1, **ends)
    return GPT2LMHeadModel(config), tokenizer


if __name__ == "__main__":
    model, tokenizer = tiny()
    data = Dataset.from_list(list(rows("maze", "micro", "train", 4, "trl", shots=0)))
    with tempfile.TemporaryDirectory() as folder:
        config = GRPOConfig(
            output_dir=folder,
            max_steps=2,
            per_device_train_batch_size=2,
            num_generations=2,
            max_completion_length=8,
            logging_steps=1,
            report_to=[],
            use_cpu=True,
            save_strategy="no",
        )
        trainer = GRPOTrainer(model, [solves, solves_nearly], config, data, processing_class=tokenizer)
        trainer.train()
        print(
            "rewards",
            [
                line["rewards/solves/mean"]
                for line in trainer.state.log_history
                if "rewards/solves/mean" in line
            ],
        )
