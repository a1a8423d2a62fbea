"""Text to tokens and back, with a tokenizer of the `tokenizers` library that is saved with its model.

Ours has a word for each cell of its worlds, for each tag, and for each printable character. Law: `decode(encode(text))`
is the text; what it has no word for is an error, and never an unknown token.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from videorlvr.worlds import world_of
from videorlvr.worlds.written.boards import cell_words
from videorlvr.worlds.written.passages import END

TAGS = (
    *("<pad>", "<unk>", "<begin>", END, "<mask>"),
    *("<board>", "<ask>", "<tag>", "<plan>", "<think>", "<answer>"),
    *("<step>", "<ways>", "<choice>", "<forced>", "<state>", "<wrong>", "<again>"),
)
PATTERN = r"\[\d{1,3}\.\d{1,3}\]|<[a-z]+>|[\s\S]"


def new_tokenizer(worlds: Sequence[str]) -> Any:
    """The tokenizer for these worlds: tags, characters, cells, in this order."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    characters = ["\n", *(c for c in string.printable if c.isprintable())]
    words = [*TAGS, *characters, *(word for name in worlds for word in cell_words(world_of(name)))]
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(words))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(PATTERN), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    names = {
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "bos_token": "<begin>",
        "eos_token": END,
        "mask_token": "<mask>",
    }
    make: Any = PreTrainedTokenizerFast  # its signature has no types
    return make(tokenizer_object=tokenizer, **names, clean_up_tokenization_spaces=False)


class Tokens:
    """A tokenizer, ours or that of somebody's model, as the host uses it."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.end: int = tokenizer.eos_token_id
        self.pad: int = self.end if tokenizer.pad_token_id is None else tokenizer.pad_token_id
        self.mask: int | None = tokenizer.mask_token_id
        self.begin: list[int] = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
        self.unknown: int | None = tokenizer.unk_token_id
        self.is_ours = tokenizer.eos_token == END

    def __len__(self) -> int:
        return len(self.tokenizer)

    def check_same(self, other: object, whose: str) -> None:
        """Two models that write or learn together read the same tokens.

        Raises:
            ValueError: If `other` are not these, or none, naming `whose` they are.
        """
        if not isinstance(other, Tokens) or other.tokenizer.get_vocab() != self.tokenizer.get_vocab():
            raise ValueError(
                f"{whose} reads other tokens than this model: take a policy that was made for the same worlds "
                "(model.worlds)"
            )

    def encode(self, text: str) -> list[int]:
        """The tokens of a piece of text; nothing is put before or behind, and `<end>` is the model's own end.

        Raises:
            ValueError: For what the tokenizer has no word for.
        """
        parts = [text] if self.is_ours else text.split(END)
        out: list[int] = []
        for number, part in enumerate(parts):
            out += [self.end] * (number > 0)
            out += self.tokenizer(part, add_special_tokens=False)["input_ids"] if part else []
        if self.unknown is not None and self.unknown in out and self.is_ours:
            known = self.tokenizer.get_vocab()
            words = self.tokenizer.backend_tokenizer.pre_tokenizer.pre_tokenize_str(text)
            odd = next((word for word, _ in words if word not in known), self.tokenizer.unk_token)
            raise ValueError(
                f"this model's tokenizer has no word for '{odd}': it knows other worlds; train a new one on this"
            )
        return out

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """`encode` of each, many times as fast where the tokenizer is ours."""
        if not self.is_ours:
            return [self.encode(text) for text in texts]
        found = self.tokenizer.backend_tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [
            self.encode(t) if self.unknown in each.ids else each.ids
            for t, each in zip(texts, found, strict=True)
        ]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens, the model's end written as `<end>`."""
        parts: list[list[int]] = [[]]
        for token in ids:
            if token == self.end:
                parts.append([])
            elif token != self.pad:
                parts[-1].append(int(token))
        return END.join(self.tokenizer.decode(part) if part else "" for part in parts)

    def upto(self, ids: Sequence[int], mark: str) -> int:
        """How many of these tokens there are up to and with a mark; all of them where it is not written. Text that a
        model wrote need not be text that can be read: it is counted in tokens."""
        if self.is_ours:
            token = self.tokenizer.convert_tokens_to_ids(mark)
            return ids.index(token) + 1 if token in ids else len(ids)
        return next((n for n in range(1, len(ids) + 1) if mark in self.decode(ids[:n])), len(ids))

    def save(self, folder: Path) -> None:
        self.tokenizer.save_pretrained(folder)

    @staticmethod
    def load(folder: str | Path) -> Tokens:
        """
        Raises:
            ValueError: If there is no tokenizer.
        """
        from transformers import AutoTokenizer

        try:
            return Tokens(AutoTokenizer.from_pretrained(folder))
        except (OSError, ValueError) as error:
            raise ValueError(f"no tokenizer in '{folder}': {str(error).splitlines()[0]}") from None
