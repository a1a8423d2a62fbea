"""What the fuzzer and the tests feed to each reader of files from strangers.

Law: a reader returns a value or raises the error that it documents, whatever the bytes; never another error, and
within `MAX_S` seconds and `MAX_MB` of memory.

A target takes the bytes and a scratch folder. Targets of several files take them joined by `CUT`.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from media_files import animate, encode, shades
from videorlvr.base.files import write_bytes_atomic
from videorlvr.base.media.png import png, read_png
from videorlvr.base.media.read import read_video
from videorlvr.base.media.video import VideoError
from videorlvr.base.media.write import animated_webp, write_mp4
from videorlvr.base.records import read_json, read_jsonl
from videorlvr.evaluation.clips import read_clips, write_clips
from videorlvr.evaluation.compare import compare_evaluations
from videorlvr.evaluation.export import export
from videorlvr.evaluation.folders import load_evaluation, suites_in
from videorlvr.evaluation.manifest import parse_entry, read_manifest
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import GivenBoard, World
from videorlvr.worlds.given import json_boards
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.sokoban.xsb import XsbLevel, read_xsb, write_xsb

MAX_S, MAX_MB = 10, 2048
CUT = b"\n--CUT--\n"
CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Target:
    """A reader. errors: what it may raise. seeds: well-formed inputs, made in a folder."""

    read: Callable[[bytes, Path], object]
    errors: tuple[type[Exception], ...]
    seeds: Callable[[Path], list[bytes]]

    def feed(self, data: bytes, folder: Path) -> str:
        """Read `data`; the name of the documented error, or "" where it was read."""
        try:
            self.read(data, folder)
        except self.errors as error:
            return type(error).__name__
        return ""


def _file(name: str, read: Callable[[Path], object]) -> Callable[[bytes, Path], object]:
    def run(data: bytes, folder: Path) -> object:
        (folder / name).write_bytes(data)
        return read(folder / name)

    return run


def _line(data: bytes, folder: Path) -> object:
    return parse_entry(data.decode("utf-8", "replace"))


def _xsb(data: bytes, folder: Path) -> object:
    return read_xsb(data.decode("utf-8", "replace"))


def _frames(data: bytes, folder: Path) -> object:
    (folder / "frames").mkdir(exist_ok=True)
    for index, part in enumerate([*data.split(CUT), b""][:2]):
        (folder / "frames" / f"{index}.png").write_bytes(part)
    return read_video(folder / "frames")


def _evaluation(data: bytes, folder: Path) -> object:
    """summary.json, records.jsonl and clips.npz of one run, as `report` and `compare` read them."""
    parts = [*data.split(CUT), b"", b""][:3]
    place = folder / "evaluations" / "smoke-v1"
    for name, part in zip(("summary.json", "records.jsonl", "clips.npz"), parts, strict=True):
        write_bytes_atomic(place / name, part)
    for suite in suites_in(folder):
        found = load_evaluation(folder, suite)
        found.clips()
        compare_evaluations(found, found, label_a="a", label_b="b")
    return None


def _policy(data: bytes, folder: Path) -> object:
    import torch

    from videorlvr.models.load import load_policy

    config, _, weights = data.partition(CUT)
    write_bytes_atomic(folder / "policy.json", config)
    write_bytes_atomic(folder / "policy.safetensors", weights)
    return load_policy(folder, device=torch.device("cpu"))


def _manifest_lines(folder: Path) -> list[bytes]:
    return [
        export(world, "micro", "test", 1, folder / world.name).read_bytes().strip()
        for world in WORLDS.values()
    ]


def _small_video() -> np.ndarray:
    steps = np.arange(3 * 16 * 16 * 3).reshape(3, 16, 16, 3)
    return (steps // 48 % 256).astype(np.uint8)


def _mp4s(folder: Path) -> list[bytes]:
    out = []
    for lossless in (True, False):
        write_mp4(folder / "seed.mp4", _small_video(), fps=8, lossless=lossless)
        out.append((folder / "seed.mp4").read_bytes())
    return out


def _webms(folder: Path) -> list[bytes]:
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=8)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"  # type: ignore[union-attr]
        for pixels in _small_video():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))  # type: ignore[union-attr,call-overload]
        container.mux(stream.encode(None))  # type: ignore[union-attr]
    return [buffer.getvalue()]


def _gifs(folder: Path) -> list[bytes]:
    from PIL import Image

    frames = [Image.fromarray(pixels) for pixels in _small_video()]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=120)
    return [buffer.getvalue()]


def _webps(folder: Path) -> list[bytes]:
    return [animated_webp(_small_video(), fps=8), animated_webp(_small_video(), fps=8, quality=50)]


def _written(suffix: str, codec: str, pix_fmt: str) -> Callable[[Path], list[bytes]]:
    """Files of another kind, as other people's programs write them."""

    def seeds(folder: Path) -> list[bytes]:
        video = shades(6, 16, 16)
        if codec:
            return [encode(folder / f"seed{suffix}", video, codec, pix_fmt).read_bytes()]
        pictures = [Image.fromarray(picture) for picture in video]
        return [animate(folder / f"seed{suffix}", pictures).read_bytes()]

    return seeds


def _pngs(folder: Path) -> list[bytes]:
    return [CUT.join(png(pixels) for pixels in _small_video()[:2])]


def _clips(folder: Path) -> list[bytes]:
    write_clips(folder / "clips.npz", {"maze-v1/micro/test/0": _small_video()})
    return [(folder / "clips.npz").read_bytes()]


def _boards(data: bytes, folder: Path) -> object:
    """By every world in turn. One of them reads a good file whole."""
    text, whole = data.decode("utf-8", "replace"), False
    for world in WORLDS.values():
        for read in (world.read_boards, lambda text, world=world: json_boards(text, world)):
            with contextlib.suppress(ValueError):
                boards = list(read(text))
                whole |= all(_is_board(world, board) for board in boards)
    if not whole:
        raise ValueError("no world reads all of this")
    return None


def _is_board(world: World, board: GivenBoard) -> bool:
    assert (board.grid is None) == bool(board.refusal)
    if board.grid is not None:
        with contextlib.suppress(ValueError):
            return bool(world.game(board.grid))
    return False


def _board_texts(folder: Path) -> list[bytes]:
    problems = [make_problem(world, "micro", "test", 0) for world in WORLDS.values()]
    games = [world.game(problem.grid) for world, problem in zip(WORLDS.values(), problems, strict=True)]
    drawn = "+--+--+\n|S    |\n+--+  +\n|G    |\n+--+--+"
    texts = [
        f"; one\n{text}\n\nTitle: two\n{text}\n"
        for text in (drawn, *(game.text(game.start()) for game in games))
    ]
    return [text.encode() for text in (*texts, *(json.dumps([problem.to_json()]) for problem in problems))]


def _evaluations(folder: Path) -> list[bytes]:
    from videorlvr.evaluation import runner, suites
    from videorlvr.players.baselines import random_legal

    suite = suites.Suite("smoke-v1", (suites.Part("maze", "micro", "test", 3),))
    out = folder / "evaluations" / "smoke-v1"
    runner.evaluate(random_legal, suite, name="random", out=out, samples=2)
    names = ("summary.json", "records.jsonl", "clips.npz")
    return [CUT.join((out / name).read_bytes() for name in names)]


def _policies(folder: Path) -> list[bytes]:
    import torch

    from videorlvr.models.config import DiTConfig
    from videorlvr.models.pixels import BuiltinPolicy

    config = DiTConfig(width=32, depth=1, heads=2, patch_px=1, mlp_ratio=1)
    BuiltinPolicy.new(config, seed=0, device=torch.device("cpu")).save(folder)
    return [CUT.join((folder / name).read_bytes() for name in ("policy.json", "policy.safetensors"))]


def _xsbs(folder: Path) -> list[bytes]:
    world = WORLDS["sokoban"]
    level = XsbLevel("One", ("by hand",), make_problem(world, "micro", "test", 0).grid)
    return [write_xsb([level, level]).encode()]


OTHER_KINDS = {
    "avi": ("mpeg4", "yuv420p"),
    "mkv": ("ffv1", "bgr0"),
    "ts": ("libx264", "yuv420p"),
    "mpg": ("mpeg2video", "yuv420p"),
    "wmv": ("wmv2", "yuv420p"),
    "ogv": ("libvpx", "yuv420p"),
    "flv": ("flv", "yuv420p"),
    "apng": ("", ""),
    "avif": ("", ""),
}
TARGETS = {
    "line": Target(_line, (ValueError,), _manifest_lines),
    "manifest": Target(
        _file("m.jsonl", read_manifest), (ValueError,), lambda f: [b"\n".join(_manifest_lines(f))]
    ),
    "xsb": Target(_xsb, (ValueError,), _xsbs),
    "boards": Target(_boards, (ValueError,), _board_texts),
    "jsonl": Target(
        _file("a.jsonl", read_jsonl), (ValueError,), lambda f: [b'{"a": 1.5}\n{"b": [null]}\n{"c']
    ),
    "json": Target(_file("a.json", read_json), (ValueError,), lambda f: [b'{"a": [1, 2.5e3, "x", null]}']),
    "mp4": Target(_file("a.mp4", read_video), (VideoError,), _mp4s),
    "webm": Target(_file("a.webm", read_video), (VideoError,), _webms),
    "gif": Target(_file("a.gif", read_video), (VideoError,), _gifs),
    "webp": Target(_file("a.webp", read_video), (VideoError,), _webps),
    **{
        kind: Target(_file(f"a.{kind}", read_video), (VideoError,), _written(f".{kind}", *how))
        for kind, how in OTHER_KINDS.items()
    },
    "frames": Target(_frames, (VideoError,), _pngs),
    "png": Target(_file("a.png", read_png), (ValueError,), lambda f: [png(_small_video()[0])]),
    "clips": Target(_file("clips.npz", read_clips), (ValueError,), _clips),
    "evaluation": Target(_evaluation, (ValueError,), _evaluations),
    "policy": Target(_policy, (ValueError,), _policies),
}
