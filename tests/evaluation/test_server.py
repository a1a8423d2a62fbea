"""A language model behind a server: a real HTTP server that streams, is busy, breaks off, and solves what it reads."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from videorlvr.cli.main import main
from videorlvr.evaluation.runner import evaluate
from videorlvr.evaluation.suites import suite_of
from videorlvr.players.server import Asking, ServerPlayer
from videorlvr.worlds import world_of
from videorlvr.worlds.written.boards import read_board

SUITE = "maze:micro:6"
ROOT = Path(__file__).parents[2]


class Fake(BaseHTTPRequestHandler):
    """Solves the maze that it is sent, in chunks. Of the model `shaky`, the first time: the first board is refused as
    busy, the second breaks off, the third is said to be the server's fault. Every third reply is in a form that strict
    readers refuse. The model `imitates` solves as many boards as the examples restate; `forbidden` wants a key."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server: FakeServer = self.server  # type: ignore[assignment]
        board = asked["messages"][-1]["content"].partition("\n")[2]
        with server.lock:
            server.asked[board] += 1
            number = list(server.asked).index(board)
            server.bodies.append(asked)
            server.running += 1
            server.most = max(server.most, server.running)
        try:
            if asked["model"] == "forbidden":
                return self.refuse(401, "no such key")
            first = server.asked[board] == 1 and asked["model"] == "shaky"
            if first and number in (0, 2):
                return self.refuse(429 if number == 0 else 503, "later")
            server.meet.wait(0.2)
            moves = world_of("maze").solve(read_board(world_of("maze"), board, "drawn"))
            if asked["model"] == "imitates":  # as many boards as it was told steps of
                shown = asked["messages"][0]["content"].count("The board is now:")
                return self.stream(f"MOVES: {moves if number < shown else 'x'}", breaks=False)
            text = f"I think.\nMOVES: {moves}" if number % 3 else f"**Moves**: {', '.join(moves)}"
            self.stream(text, breaks=first and number == 1)
        finally:
            with server.lock:
                server.running -= 1

    def refuse(self, status: int, said: str) -> None:
        body = json.dumps({"error": {"message": said}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", "0.01")
        self.end_headers()
        self.wfile.write(body)

    def stream(self, text: str, *, breaks: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        parts = [text[start : start + 5] for start in range(0, len(text), 5)]
        for part in parts[: 1 if breaks else None]:
            self.chunk({"delta": {"content": part}})
        if breaks:
            return
        self.chunk({"delta": {}, "finish_reason": "stop"})
        self.event(
            {
                **BASE,
                "choices": [],
                "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
            }
        )
        self.wfile.write(b"data: [DONE]\n\n")

    def chunk(self, choice: dict) -> None:
        self.event({**BASE, "choices": [{"index": 0, **choice}]})

    def event(self, value: dict) -> None:
        self.wfile.write(f"data: {json.dumps(value)}\n\n".encode())

    def log_message(self, *args: object) -> None:
        pass


BASE = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "fake"}


class FakeServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Fake)
        self.lock, self.asked, self.bodies = threading.Lock(), Counter(), []
        self.running = self.most = 0
        self.meet = threading.Barrier(2)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


@pytest.fixture
def server():
    with FakeServer() as fake:
        fake.meet = threading.Event()  # type: ignore[assignment]
        fake.meet.set()
        thread = threading.Thread(target=fake.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield fake
        fake.shutdown()


def asking(server: FakeServer, **changes) -> Asking:
    return Asking.model_validate({"model": "steady", "base_url": server.url, "wait_s": 0.01, **changes})


def test_a_suite_is_played_through_a_server_strictly_and_leniently(server, tmp_path) -> None:
    player = ServerPlayer(asking(server, price_in=1.0, price_out=2.0), journal=tmp_path / "replies.jsonl")
    summary = evaluate(player, suite_of(SUITE), name="fake", out=tmp_path)
    words = summary["answers"]["maze"]
    assert words["lenient"] == 1.0
    assert summary["results"]["overall"]["success"] == pytest.approx(4 / 6), (
        "every third is in a form of its own"
    )
    assert (words["tokens_in"], words["tokens"]) == (100, 10)
    assert words["cost"] == pytest.approx(120e-6)
    assert server.bodies[0]["stream"] is True
    assert server.bodies[0]["temperature"] == 0


def test_what_fails_for_the_moment_is_asked_again(server, tmp_path) -> None:
    summary = evaluate(
        ServerPlayer(asking(server, model="shaky", concurrency=1)),
        suite_of(SUITE),
        name="shaky",
        out=tmp_path,
    )
    assert summary["answers"]["maze"]["lenient"] == 1.0
    assert sorted(server.asked.values()) == [1, 1, 1, 2, 2, 2]
    assert summary["answers"]["maze"]["attempts"] == pytest.approx(9 / 6)


def test_requests_run_side_by_side(server, tmp_path) -> None:
    server.meet.clear()  # each waits a little, so that they meet
    evaluate(ServerPlayer(asking(server, concurrency=3)), suite_of(SUITE), name="fake", out=tmp_path)
    assert server.most == 3


def test_a_stopped_evaluation_asks_nothing_twice(server, tmp_path) -> None:
    journal = tmp_path / "replies.jsonl"
    whole = evaluate(
        ServerPlayer(asking(server), journal=journal), suite_of(SUITE), name="fake", out=tmp_path / "a"
    )
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:4]) + lines[4][:20])  # killed while it wrote the fifth
    server.asked.clear()
    again = evaluate(
        ServerPlayer(asking(server), journal=journal), suite_of(SUITE), name="fake", out=tmp_path / "b"
    )
    assert sum(server.asked.values()) == 2
    assert again["answers"]["maze"]["lenient"] == whole["answers"]["maze"]["lenient"] == 1.0
    other = ServerPlayer(asking(server, temperature=0.5), journal=journal)
    evaluate(other, suite_of(SUITE), name="fake", out=tmp_path / "c")
    assert sum(server.asked.values()) == 8, "other settings are other replies"


def test_from_the_command_line(server, tmp_path, capsys) -> None:
    command = ["evaluate", "openai:steady", "--base-url", server.url, "--suite", SUITE, "--concurrency", "2"]
    assert main([*command, "--out", str(tmp_path), "--json", str(tmp_path / "s.json")]) == 0
    shown = capsys.readouterr().out
    assert "read leniently" in shown
    assert json.loads((tmp_path / "s.json").read_text())["settings"]["asking"]["model"] == "steady"
    assert len(list(tmp_path.rglob("replies.jsonl"))) == 1


def test_the_length_of_examples_steps_is_a_protocol(server, tmp_path) -> None:
    """Against a model that gains from what is restated the rule says held, against one that does not undecided; what is
    sent differs in the examples alone."""
    spec = importlib.util.spec_from_file_location("protocol", ROOT / "benchmarks" / "step_length_server.py")
    assert spec is not None
    assert spec.loader is not None
    protocol = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(protocol)
    found = protocol.measured(
        asking(server, model="imitates", concurrency=1, shots=2), "maze:micro:12", tmp_path / "a"
    )
    told = protocol.verdict(found, "maze:micro:12")
    assert told["verdict"] == "held"
    assert told["differences"]["steps-1 - filler-1"][1] > 0
    assert told["differences"]["corrupted-1 - steps-1"][0] == 0
    questions = {json.dumps(body["messages"][1:]) for body in server.bodies}
    prompts = {body["messages"][0]["content"] for body in server.bodies}
    assert (len(questions), len(prompts)) == (12, len(protocol.ARMS))
    assert len({prompt.split("Example:")[0] for prompt in prompts}) == 1
    assert len({prompt.split("MOVES: ")[-2] for prompt in prompts}) == 1
    again = sum(server.asked.values())
    protocol.measured(
        asking(server, model="imitates", concurrency=1, shots=2), "maze:micro:12", tmp_path / "a"
    )
    assert sum(server.asked.values()) == again, "nothing is asked twice"


def test_examples_in_steps_need_examples(server) -> None:
    for changes, said in (
        ({"restatements": 1, "shots": 0}, "take one shot or more"),
        ({"content": "filler"}, "say how many restatements"),
        ({"restatements": 0, "content": "corrupted"}, "no board to make false"),
    ):
        with pytest.raises(ValueError, match=said):
            asking(server, **changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": "forbidden"}, "refuses the key"),
        ({"base_url": "http://127.0.0.1:9/v1", "attempts": 2}, "gave no reply in 2 attempts"),
    ],
)
def test_what_fails_for_good_is_said_in_a_sentence(server, changes, said) -> None:
    player = ServerPlayer(asking(server, **changes))
    problem = suite_problem()
    with pytest.raises(ValueError, match=said):
        player(world_of("maze"), [problem], 0)


def suite_problem():
    from videorlvr.evaluation.suites import problems

    return problems(suite_of("maze:micro:1"), workers=1)[0]


def test_openai_itself_wants_a_key(monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ValueError, match="wants a key"):
        ServerPlayer(Asking(model="any"))


@pytest.mark.skipif(
    "VIDEORLVR_SLOW" not in os.environ, reason="fifteen seconds of a real server: set VIDEORLVR_SLOW=1"
)
def test_a_real_server_of_transformers_is_played(tmp_path) -> None:
    """`transformers serve` with a tiny random model: it answers nonsense, which is judged, counted and kept."""
    pytest.importorskip("uvicorn")
    pytest.importorskip("fastapi")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    words = [*sorted(pre_tokenizers.ByteLevel.alphabet()), "<end>"]
    core = Tokenizer(models.BPE({word: number for number, word in enumerate(words)}, []))
    core.pre_tokenizer, core.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<end>", pad_token="<end>")
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
    model = tmp_path / "model"
    tokenizer.save_pretrained(model)
    ends = {"bos_token_id": 256, "eos_token_id": 256, "pad_token_id": 256}
    GPT2LMHeadModel(
        GPT2Config(vocab_size=257, n_positions=4096, n_embd=16, n_layer=1, n_head=1, **ends)
    ).save_pretrained(model)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [str(Path(sys.executable).with_name("transformers")), "serve", str(model), "--port", str(port)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with subprocess.Popen(
        [*program, "--device", "cpu"], env=environment, stderr=subprocess.DEVNULL
    ) as served:
        try:
            url = f"http://127.0.0.1:{port}/v1"
            ask = Asking(model=str(model), base_url=url, max_tokens=8, shots=0, attempts=20, wait_s=1.0)
            player = ServerPlayer(
                ask.model_copy(update={"concurrency": 1}), journal=tmp_path / "replies.jsonl"
            )
            summary = evaluate(player, suite_of("maze:micro:2"), name="real", out=tmp_path / "out")
        finally:
            served.terminate()
    words_told = summary["answers"]["maze"]
    assert words_told["tokens"] == 8
    assert words_told["cut"] == 1.0
    assert words_told["tokens_in"] > 500
    assert len((tmp_path / "replies.jsonl").read_text().splitlines()) == 2
