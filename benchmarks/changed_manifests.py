"""Random changes of a manifest's lines: each is refused by line, or harmless and then judged; nothing raises.

    python benchmarks/changed_manifests.py --count 100000

A line of each world and level is changed one to three times: a value dropped, of another type, another number, huge,
empty, nested, in other letters; a key renamed or there twice; cells, codes and moves exchanged; bytes of the text
flipped or cut. What `score` would do is done in this process: read the line, compare its problem with that of its
address, and, where all that passes, judge the reference solution as this line would have it shown.

Exit code 1 if anything raised, took longer than `--slowest` seconds, or passed and was not judged a success.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from videorlvr.base import seeding
from videorlvr.base.progress import map_in_order
from videorlvr.evaluation.anew import difference
from videorlvr.evaluation.export import export
from videorlvr.evaluation.manifest import parse_entry
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import DECLARED
from videorlvr.worlds import WORLDS, world_of
from videorlvr.worlds.render import oracle_video

CHUNK = 50
WORDS = (
    "",
    "x" * 5000,
    "\u00fc\u4e16\u754c",
    "\ud800",
    "\x00",
    "../../x",
    "maze",
    "sokoban",
    "hard",
    "train",
    "given",
)
NUMBERS = (
    0,
    1,
    -1,
    2,
    3,
    7,
    8,
    9,
    15,
    16,
    17,
    31,
    64,
    255,
    256,
    1023,
    1024,
    1025,
    10**6,
    2**31,
    2**63,
    10**40,
)
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], 0.5, 1e308, -0.0, [1, "a"], {"a": {"b": []}})


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every value of a line is."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*here, key)
        yield from paths(item, (*here, key))


def changed(line: dict[str, Any], other: dict[str, Any], rng: np.random.Generator) -> str:
    """The text of a line after one to three changes. other: a line to take parts from."""
    line = json.loads(json.dumps(line))
    disguised = rng.random() < 0.2
    if disguised:
        disguise(line, other, rng)
    for _ in range(int(rng.integers(2) if disguised else rng.integers(1, 4))):
        near = list(paths(line))
        if rng.integers(2):  # most values are cells of boards
            near = [path for path in near if len(path) <= 3] or near
        if near:
            change(line, near[int(rng.integers(len(near)))], rng)
    text = json.dumps(line, ensure_ascii=bool(rng.integers(2)))
    if rng.random() < 0.1:
        text = torn(text, rng)
    return text


def disguise(line: dict[str, Any], other: dict[str, Any], rng: np.random.Generator) -> None:
    """Changes that hold together: another address for a sound problem, or another problem for an address."""
    address, key = line["problem"]["address"], ("index", "level", "split", "world")[int(rng.integers(4))]
    match int(rng.integers(3)):
        case 0:
            line[key] = address[key] = other[key] if key != "index" else int(rng.integers(100))
        case 1:
            line["problem"] = {**json.loads(json.dumps(other["problem"])), "address": address}
            line["layout"], line["num_frames"] = other["layout"], other["num_frames"]
        case _:
            for name in ("ground", "figure"):
                line["problem"]["grid"][name] = [row[::-1] for row in line["problem"]["grid"][name]][::-1]


def change(line: dict[str, Any], path: tuple[Any, ...], rng: np.random.Generator) -> None:
    """Change one value in its place."""
    holder: Any = line
    for key in path[:-1]:
        holder = holder[key]
    key, value = path[-1], holder[path[-1]]
    match int(rng.integers(9)):
        case 0:
            del holder[key]
        case 1:
            holder[key] = OTHERS[int(rng.integers(len(OTHERS)))]
        case 2:
            holder[key] = NUMBERS[int(rng.integers(len(NUMBERS)))]
        case 3:
            holder[key] = WORDS[int(rng.integers(len(WORDS)))]
        case 4 if isinstance(value, int):
            holder[key] = value + int(rng.integers(-20, 21))
        case 4 if isinstance(value, str) and value:
            place = int(rng.integers(len(value)))
            holder[key] = value[:place] + chr(int(rng.integers(32, 1000))) + value[place + 1 :]
        case 4 if isinstance(value, list) and value:
            holder[key] = [value[int(place)] for place in rng.permutation(len(value))]
        case 5 if isinstance(holder, dict):
            holder[f"{key}_"] = holder.pop(key)
        case 6:
            other = list(paths(line))
            source: Any = line
            for step in other[int(rng.integers(len(other)))]:
                source = source[step]
            holder[key] = json.loads(json.dumps(source))
        case 7 if isinstance(value, list):
            holder[key] = value + value[-1:]
        case _:
            name = ("theme", "prompt", "fps", "first_frame", "note")[int(rng.integers(5))]
            line[name] = line["problem"] if name == "note" and "problem" in line else "night"


def torn(text: str, rng: np.random.Generator) -> str:
    """Bytes changed, or the end cut off."""
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    if rng.integers(2):
        return data[: int(rng.integers(len(data)))].decode("utf-8", "replace")
    for _ in range(int(rng.integers(1, 4))):
        data[int(rng.integers(len(data)))] = int(rng.integers(256))
    return data.decode("utf-8", "replace")


def outcome(text: str) -> str:
    """What `score` would make of this line, in a word or two."""
    try:
        entry = parse_entry(text)
        if difference(entry.problem):
            return "refused: not the problem of its address"
        world = world_of(entry.problem.address.world)
        verdict = judge(world, entry.problem, oracle_video(world, entry.problem), DECLARED)
    except ValueError as error:
        said = str(error)
        assert 0 < len(said) < 2000, "a sentence for people"
        part = re.match(r"key '\w+'( has (the )?\w+)?", said)
        return f"refused: {part[0] if part else 'no line of a manifest'}"
    return "judged: success" if verdict.success else f"judged: {verdict.reason or 'nothing'}"


@lru_cache(maxsize=2)
def lines(folder: str) -> list[dict[str, Any]]:
    """Of the exports in a folder, without their traces, which are not read."""
    texts = [text for path in sorted(Path(folder).glob("*/manifest.jsonl")) for text in path.open()]
    return [{key: value for key, value in json.loads(text).items() if key != "trace"} for text in texts]


def attack(job: tuple[str, int]) -> tuple[Counter[str], list[str], float, float]:
    """(outcomes, tracebacks, seconds of the slowest line, peak memory of this process in MB)."""
    folder, chunk = job
    outcomes: Counter[str] = Counter()
    faults, slowest = [], 0.0
    for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        rng = seeding.rng("changed manifests", number)
        known = lines(folder)
        text = changed(known[number % len(known)], known[int(rng.integers(len(known)))], rng)
        began = time.process_time()
        try:
            outcomes[outcome(text)] += 1
        except Exception:
            outcomes["raised"] += 1
            faults.append(f"line {number}: {traceback.format_exc(limit=-3)}\n{text[:300]}")
        slowest = max(slowest, time.process_time() - began)
    return outcomes, faults, slowest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--start", type=int, default=0, help="number of the first change, a multiple of 50")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--slowest", type=float, default=10.0, help="most seconds that a line may take")
    args = parser.parse_args()
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    slowest = peak = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for world in WORLDS.values():
            for level in world.levels:
                export(world, level, "test", 3, Path(folder) / f"{world.name}-{level}")
        first = args.start // CHUNK
        jobs = [(folder, first + chunk) for chunk in range(-(-args.count // CHUNK))]
        for counts, found, longest, memory in map_in_order(
            attack, jobs, "changed lines", workers=args.workers
        ):
            outcomes += counts
            faults += found
            slowest, peak = max(slowest, longest), max(peak, memory)
    for name, count in sorted(outcomes.items(), key=lambda item: -item[1]):
        print(f"{count:8d}  {name}")
    print(f"{sum(outcomes.values())} lines, the slowest {slowest:.2f} s, at most {peak:.0f} MB a process")
    print("\n".join(faults[:5]))
    wrong = sum(
        count for name, count in outcomes.items() if name.startswith("judged") and "success" not in name
    )
    return 1 if faults or wrong or slowest > args.slowest else 0


if __name__ == "__main__":
    sys.exit(main())
