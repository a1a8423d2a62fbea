"""A model behind an OpenAI-compatible server as a player: any that somebody serves, here or far away.

Replies are streamed, so many at a time, and each is written to a journal as soon as it is whole: an evaluation that is
stopped asks nothing twice. What a server refuses for the moment is asked again, later and later; what it refuses for
good ends the evaluation with a sentence.

Law: an answer is a function of the reply; strict is what is judged.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from videorlvr.base import seeding
from videorlvr.base.records import append_jsonl, read_jsonl
from videorlvr.players.answers import Answer
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.written.asking import VERSION, Explain, lenient_moves, messages, strict_moves
from videorlvr.worlds.written.rationales import Content, rationale

PREFIX = "openai:"
KEY = "OPENAI_API_KEY"
MAX_WAIT_S = 60.0


class Asking(BaseModel):
    """How a server is asked."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    model: str = Field(min_length=1, description="the model's name, as the server knows it")
    base_url: str | None = Field(default=None, description="address of the server; null: that of OpenAI")
    temperature: float = Field(default=0.0, ge=0, le=2, description="of sampling")
    max_tokens: int = Field(default=4096, ge=1, description="tokens of a reply at most, thoughts among them")
    shots: int = Field(default=1, ge=0, le=8, description="solved examples that are shown")
    restatements: int | None = Field(
        default=None,
        ge=0,
        le=16,
        description="examples are solved in steps, the board said so often behind each; null: moves alone",
    )
    content: Content = Field(
        default="exact",
        description="what is said there: exact boards; filler of the same length; corrupted, one board false",
    )
    concurrency: int = Field(default=8, ge=1, le=256, description="requests at a time")
    attempts: int = Field(default=6, ge=1, le=20, description="times that a request is made at most")
    wait_s: float = Field(default=1.0, ge=0, description="seconds before the second; doubled each time")
    timeout_s: float = Field(
        default=600.0, gt=0, description="seconds without a word after which a request has failed"
    )
    price_in: float = Field(default=0.0, ge=0, description="what a million tokens that are read cost")
    price_out: float = Field(default=0.0, ge=0, description="what a million tokens that are written cost")

    @property
    def wording(self) -> dict[str, Any]:
        """What a reply depends on."""
        named = self.model_dump(include={"model", "base_url", "temperature", "max_tokens", "shots"})
        steps = {} if self.restatements is None else {"steps": [self.restatements, self.content]}
        return {**named, "wording": VERSION, **steps}

    @model_validator(mode="after")
    def _has_examples_to_solve(self) -> Self:
        if self.restatements is None and self.content != "exact":
            raise ValueError(
                f"content '{self.content}' is that of examples in steps: say how many restatements"
            )
        if self.restatements is not None and not self.shots:
            raise ValueError("restatements are told in solved examples: take one shot or more")
        if self.restatements == 0 and self.content == "corrupted":
            raise ValueError("content 'corrupted' with restatements 0: there is no board to make false")
        return self

    @property
    def explain(self) -> Explain | None:
        """What stands in an example between its board and its moves; None where nothing does."""
        if self.restatements is None:
            return None
        return partial(_explained, restatements=self.restatements, content=self.content)


@dataclass(frozen=True)
class Reply:
    """text: what the server wrote. thought: what it marked as thinking. tokens: None where it does not count them."""

    text: str
    thought: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    first_s: float = 0.0
    seconds: float = 0.0
    cut: bool = False
    attempts: int = 1


class ServerPlayer:
    """(world, problems, sample number) -> answers. journal: where replies are kept; None keeps none."""

    def __init__(self, asking: Asking, *, journal: Path | None = None, client: Any = None) -> None:
        self.asking, self.journal = asking, journal
        self.client = client or _client(asking)
        self.lock = threading.Lock()
        self.known: dict[str, Reply] = {}
        if journal is not None and journal.is_file():
            self.known = {line["key"]: Reply(**line["reply"]) for line in read_jsonl(journal)}

    @property
    def identity(self) -> dict[str, Any]:
        return {"asking": self.asking.wording}

    def __call__(self, world: World, problems: list[Problem], sample: int) -> list[Answer]:
        pool = ThreadPoolExecutor(self.asking.concurrency)
        try:
            replies = list(pool.map(lambda problem: self.reply(world, problem, sample), problems))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return [self._answer(world, problem, reply) for problem, reply in zip(problems, replies, strict=True)]

    def reply(self, world: World, problem: Problem, sample: int) -> Reply:
        """The reply on a problem: that of the journal, or a new one, which is put there."""
        told = messages(world, problem, shots=self.asking.shots, explain=self.asking.explain)
        key = _key(self.asking, told, sample)
        if key not in self.known:
            reply = self._asked(told, sample)
            with self.lock:
                self.known[key] = reply
                if self.journal is not None:
                    append_jsonl(
                        self.journal, {"key": key, "id": str(problem.address), "reply": reply.__dict__}
                    )
        return self.known[key]

    def _asked(self, told: list[dict[str, str]], sample: int) -> Reply:
        """One reply, asked for again where the server is busy or a stream breaks off.

        Raises:
            ValueError: Where the server refuses for good, or as often as it may.
        """
        import openai

        for attempt in range(1, self.asking.attempts + 1):
            try:
                return self._streamed(told, sample, attempt)
            except (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError) as error:
                last: Exception = error
            except openai.APIStatusError as error:
                raise ValueError(_refused(self.asking, error)) from None
            except openai.APIError as error:  # a stream that says in its midst that something went wrong
                last = error
            if attempt < self.asking.attempts:
                time.sleep(self._wait(attempt, last))
        where = self.asking.base_url or "OpenAI"
        raise ValueError(
            f"{where} gave no reply in {self.asking.attempts} attempts ({type(last).__name__}: {last}): is it up, and "
            "is --base-url right? The same command goes on where this one stopped"
        )

    def _wait(self, attempt: int, error: Exception) -> float:
        """As long as the server asks for, else twice as long as before, and not all at once."""
        response = getattr(error, "response", None)
        asked = response.headers.get("retry-after", "") if response is not None else ""
        wait = (
            float(asked) if asked.replace(".", "", 1).isdigit() else self.asking.wait_s * 2 ** (attempt - 1)
        )
        return min(MAX_WAIT_S, wait) * random.uniform(1.0, 1.25)

    def _streamed(self, told: list[dict[str, str]], sample: int, attempt: int) -> Reply:
        import openai

        began, first, text, thought = time.monotonic(), 0.0, list[str](), list[str]()
        usage, reason = None, None
        stream = self.client.chat.completions.create(
            model=self.asking.model,
            messages=told,
            temperature=self.asking.temperature,
            max_tokens=self.asking.max_tokens,
            seed=sample,
            stream=True,
            stream_options={"include_usage": True},
        )
        for chunk in stream:
            usage = getattr(chunk, "usage", None) or usage
            for choice in chunk.choices[:1]:
                first = first or time.monotonic() - began
                text.append(choice.delta.content or "")
                thought.append(getattr(choice.delta, "reasoning_content", None) or "")
                reason = choice.finish_reason or reason
        if reason is None:
            raise openai.APIConnectionError(message="the stream broke off", request=stream.response.request)
        return Reply(
            text="".join(text),
            thought="".join(thought),
            tokens_in=getattr(usage, "prompt_tokens", None),
            tokens_out=getattr(usage, "completion_tokens", None),
            first_s=round(first, 3),
            seconds=round(time.monotonic() - began, 3),
            cut=reason == "length",
            attempts=attempt,
        )

    def _answer(self, world: World, problem: Problem, reply: Reply) -> Answer:
        strict = strict_moves(reply.text)
        counts: dict[str, float] = {
            "cut": float(reply.cut),
            "attempts": reply.attempts,
            "seconds": reply.seconds,
        }
        counts["first_s"] = reply.first_s
        if reply.tokens_in is not None and reply.tokens_out is not None:
            counts |= {"tokens_in": reply.tokens_in, "tokens": reply.tokens_out}
            paid = reply.tokens_in * self.asking.price_in + reply.tokens_out * self.asking.price_out
            counts["cost"] = paid / 1e6
        lenient = lenient_moves(world, problem, reply.text)
        return Answer(strict or "", reply.text, lenient or "", counts)


def _explained(world: World, example: Problem, *, restatements: int, content: Content) -> str:
    """The false board of a corrupted example is a function of its address."""
    rng = seeding.rng("rationale", str(example.address))
    return rationale(world, example, restatements=restatements, content=content, rng=rng)


def _key(asking: Asking, told: list[dict[str, str]], sample: int) -> str:
    """What a reply is kept under."""
    return hashlib.sha256(json.dumps([asking.wording, told, sample]).encode()).hexdigest()[:24]


def _client(asking: Asking) -> Any:
    try:
        import openai
    except ImportError:
        raise ValueError(
            "a server is asked through the package openai: pip install 'videorlvr[text]'"
        ) from None
    key = os.environ.get(KEY)
    if key is None and asking.base_url is None:
        raise ValueError(
            f"OpenAI's own server wants a key: set {KEY}, or name another server with --base-url"
        )
    # Attempts are counted and spaced here, where a stream that breaks off is one of them.
    return openai.OpenAI(
        base_url=asking.base_url, api_key=key or "none", max_retries=0, timeout=asking.timeout_s
    )


def _refused(asking: Asking, error: Any) -> str:
    where = asking.base_url or "OpenAI"
    said = " ".join(str(error.message).split())[:200]
    match error.status_code:
        case 401 | 403:
            return f"{where} refuses the key ({said}): set {KEY}"
        case 404:
            return f"{where} has no model '{asking.model}' or no chat here ({said}): an address ends with /v1"
    return f"{where} refuses the request with status {error.status_code} ({said})"
