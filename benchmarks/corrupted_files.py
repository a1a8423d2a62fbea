"""What becomes of damaged files: is the file blamed for its damage, or the model that made the video?

    python benchmarks/corrupted_files.py FOLDER [--count 20000] [--seed 0] [--workers 2]

Right solutions of one puzzle are written in every kind of file that is read, damaged at random (bits, bytes, blocks
lost, doubled, zeroed or exchanged, ends cut off) and scored by `videorlvr.evaluation.score` as anyone's videos are.
FOLDER/records.jsonl gets a line a file; the same command goes on where it was stopped. Printed is, for each kind,
the share of files that are refused for the file (`unreadable_video`, `undecidable`, ...), accepted, and refused for
what they show: the last are blamed on the model. `seen` counts accepted files in which damage can be seen.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from videorlvr.base.media.read import read_video
from videorlvr.base.media.video import Video
from videorlvr.base.media.write import animated_webp
from videorlvr.base.seeding import rng
from videorlvr.evaluation.export import export
from videorlvr.evaluation.score import score
from videorlvr.worlds import WORLDS

BATCH = 500
OF_THE_FILE = {
    "unreadable_video", "undecidable", "unsupported_format", "missing_file", "too_large", "too_many_frames",
    "judge_crashed", "took_too_long",
}  # fmt: skip
LOST = {"judge_crashed", "took_too_long"}
VISIBLE = 48
"""Mean difference of a block of 4 x 4 pixels, in grey levels, that a person sees."""


@dataclass(frozen=True)
class Kind:
    """How a file is written. options: of the codec; container: of the container."""

    suffix: str
    form: str
    codec: str
    pix_fmt: str
    options: dict[str, str] = field(default_factory=dict)
    container: dict[str, str] = field(default_factory=dict)


FRAGMENTS = {"movflags": "frag_keyframe+empty_moov", "frag_duration": "200000"}
KINDS = {
    "mp4 lossless": Kind("mp4", "mp4", "libx264rgb", "rgb24", {"qp": "0"}),
    "mp4 h264": Kind("mp4", "mp4", "libx264", "yuv420p", {"crf": "18"}),
    "mp4 h264 faststart": Kind("mp4", "mp4", "libx264", "yuv420p", {"crf": "18"}, {"movflags": "faststart"}),
    "mp4 h264 fragments": Kind("mp4", "mp4", "libx264", "yuv420p", {"crf": "18", "g": "4"}, FRAGMENTS),
    "mp4 hevc": Kind("mp4", "mp4", "libx265", "yuv420p", {"crf": "18", "x265-params": "log-level=none"}),
    "mov prores": Kind("mov", "mov", "prores_ks", "yuv422p10le"),
    "m4v mpeg4": Kind("m4v", "mp4", "mpeg4", "yuv420p", {"q:v": "3"}),
    "mkv h264": Kind("mkv", "matroska", "libx264", "yuv420p", {"crf": "18"}),
    "mkv ffv1": Kind("mkv", "matroska", "ffv1", "bgr0", {"level": "3", "slicecrc": "1"}),
    "webm vp9": Kind("webm", "webm", "libvpx-vp9", "yuv420p", {"crf": "20", "b": "0", "cpu-used": "8"}),
    "webm av1": Kind("webm", "webm", "libsvtav1", "yuv420p", {"crf": "20", "preset": "12"}),
    "avi mpeg4": Kind("avi", "avi", "mpeg4", "yuv420p", {"q:v": "3"}),
    "avi mjpeg": Kind("avi", "avi", "mjpeg", "yuvj420p", {"q:v": "3"}),
    "ts h264": Kind("ts", "mpegts", "libx264", "yuv420p", {"crf": "18"}),
    "mpg mpeg2": Kind("mpg", "mpeg", "mpeg2video", "yuv420p", {"q:v": "3"}),
    "wmv": Kind("wmv", "asf", "wmv2", "yuv420p", {"q:v": "3"}),
    "ogv vp8": Kind("ogv", "ogg", "libvpx", "yuv420p", {"crf": "8", "b": "2000000"}),
    "flv": Kind("flv", "flv", "flv", "yuv420p", {"q:v": "3"}),
    "gif": Kind("gif", "GIF", "", ""),
    "webp": Kind("webp", "WEBP", "", ""),
    "apng": Kind("apng", "PNG", "", ""),
    "avif": Kind("avif", "AVIF", "", ""),
}


def written(kind: Kind, video: Video, fps: int, path: Path) -> bytes:
    """A file of this kind, and its bytes."""
    write(kind, video, fps, path)
    return path.read_bytes()


def write(kind: Kind, video: Video, fps: int, path: Path) -> None:
    if kind.form == "WEBP":
        path.write_bytes(animated_webp(video, fps=fps))
        return
    if not kind.codec:
        frames = [Image.fromarray(picture) for picture in video]
        rest = {"save_all": True, "append_images": frames[1:], "duration": 1000 // fps}
        frames[0].save(path, kind.form, **rest)
        return
    with av.open(str(path), "w", format=kind.form, options=kind.container) as container:
        stream: Any = container.add_stream(kind.codec, rate=24, options=kind.options)
        stream.height, stream.width = video.shape[1:3]
        stream.pix_fmt = kind.pix_fmt
        for picture in video:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def damaged(data: bytes, chance: np.random.Generator) -> tuple[str, bytes]:
    """One file, damaged in one way; its name and the bytes."""
    at = int(chance.integers(len(data)))
    length = int(min(len(data) - at, 2 ** chance.integers(1, 10)))
    other = int(chance.integers(len(data) - length + 1))
    low, high = sorted((at, other))
    way = str(chance.choice(["bit", "bits", "bytes", "zeros", "lost", "doubled", "swapped", "cut"]))
    out = bytearray(data)
    match way:
        case "bit":
            out[at] ^= 1 << int(chance.integers(8))
        case "bits":
            for place in chance.integers(len(data), size=int(chance.integers(2, 33))):
                out[place] ^= 1 << int(chance.integers(8))
        case "bytes":
            out[at : at + length] = chance.bytes(length)
        case "zeros":
            out[at : at + length] = bytes(length)
        case "lost":
            del out[at : at + length]
        case "doubled":
            out[at:at] = out[at : at + length]
        case "swapped" if high - low >= length:
            out[low : low + length], out[high : high + length] = (
                data[high : high + length],
                data[low : low + length],
            )
        case _:
            return "cut", data[:at]
    return way, bytes(out)


def visible(path: Path, right: Video) -> bool:
    """Whether a person would see the damage: a block of pixels far from that of the undamaged file."""
    seen, _ = read_video(path, size=right.shape[1:3])
    if len(seen) != len(right):
        return False
    apart = np.abs(seen.astype(np.int16) - right).mean(axis=-1)
    blocks = apart.reshape(len(apart), apart.shape[1] // 4, 4, apart.shape[2] // 4, 4).mean(axis=(2, 4))
    return bool(blocks.max() > VISIBLE)


def run_batch(
    number: int,
    folder: Path,
    line: dict[str, Any],
    files: dict[str, tuple[Video, bytes]],
    args: argparse.Namespace,
) -> list[dict[str, Any]]:
    """Damage, score and look at `BATCH` files."""
    place = folder / "batch"
    shutil.rmtree(place, ignore_errors=True)
    (place / "videos").mkdir(parents=True)
    made, names = [], list(files)
    for index in range(number * BATCH, min((number + 1) * BATCH, args.count)):
        chance = rng("corrupted_files", str(args.seed), index)
        kind = names[index % len(names)]
        way, data = damaged(files[kind][1], chance)
        name = f"c{index:06d}"
        path = place / "videos" / f"{name}.{KINDS[kind].suffix}"
        path.write_bytes(data)
        made.append((name, kind, way, path, data == files[kind][1]))
    (place / "manifest.jsonl").write_text(
        "".join(json.dumps(line | {"id": name}) + "\n" for name, *_ in made)
    )
    records = score(place / "manifest.jsonl", place / "videos", workers=args.workers)["records"]
    out = []
    for (name, kind, way, path, same), record in zip(made, records, strict=True):
        keys = {key: record[key] for key in ("success", "reason", "why", "frame")}
        seen = bool(record["success"]) and visible(path, files[kind][0])
        out.append({"id": name, "kind": kind, "way": way, "same": same, "seen": seen} | keys)
    return out


def table(records: list[dict[str, Any]]) -> str:
    """Shares a kind of file, and of all."""
    head = f"{'':20}{'files':>8}{'of file':>9}{'accepted':>9}{'seen':>6}{'blamed':>8}{'lost':>6}  blamed for"
    rows = [head]
    for kind in [*KINDS, "all"]:
        own = [r for r in records if kind in (r["kind"], "all") and not r["same"]]
        if not own:
            continue
        blamed = [r["reason"] for r in own if not r["success"] and r["reason"] not in OF_THE_FILE]
        counts = Counter(blamed).most_common(4)
        rows.append(
            f"{kind:20}{len(own):8}{sum(r['reason'] in OF_THE_FILE for r in own) / len(own):9.1%}"
            f"{sum(r['success'] for r in own) / len(own):9.1%}{sum(r['seen'] for r in own):6}"
            f"{len(blamed) / len(own):8.2%}{sum(r['reason'] in LOST for r in own):6}"
            f"  {', '.join(f'{name} {count}' for name, count in counts)}"
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    manifest = export(WORLDS["maze"], "small", "test", 1, args.folder / "problem", size=(64, 64))
    line = json.loads(manifest.read_text())
    right, _ = read_video(args.folder / "problem" / line["video"])
    files = {}
    for name, kind in KINDS.items():
        files[name] = (right, written(kind, right, 8, args.folder / f"whole.{kind.suffix}"))
    lines = args.folder / "records.jsonl"
    records = [json.loads(text) for text in lines.read_text().splitlines()] if lines.exists() else []
    records = records[: len(records) // BATCH * BATCH]  # a batch that was stopped is made again
    lines.write_text("".join(json.dumps(record) + "\n" for record in records))
    for number in range(len(records) // BATCH, -(-args.count // BATCH)):
        batch = run_batch(number, args.folder, line, files, args)
        with open(lines, "a") as file:
            file.writelines(json.dumps(record) + "\n" for record in batch)
        records += batch
        print(f"{len(records)} of {args.count}", flush=True)
    print(table(records))


if __name__ == "__main__":
    main()
