"""Coverage-guided fuzzing of the readers: `python tests/fuzz/run_fuzzer.py mp4 --seconds 60`.

Needs atheris (`pip install atheris`), which is no dependency of the package. What it finds lies in --out as
`crash-*`, `timeout-*` or `oom-*`; a small file of it belongs into `tests/fuzz/corpus/TARGET`, where
`test_readers.py` reads it for ever. What is written in C (FFmpeg, Pillow) gives no coverage: there the search
goes by what it makes Python do.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["videorlvr", "PIL", "zipfile", "numpy.lib"], enable_loader_override=False
):
    from fuzz_targets import CORPUS, CUT, MAX_MB, MAX_S, TARGETS
    from mutate import mutated


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--out", type=Path, default=Path("runs/fuzz"))
    args = parser.parse_args()
    target, out = TARGETS[args.target], args.out / args.target
    grown = out / "corpus"
    grown.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="fuzz-"))
    for index, seed in enumerate(target.seeds(scratch)):
        (grown / f"seed-{index}").write_bytes(seed)

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < 0.3:
            return atheris.Mutate(data, max_size)  # type: ignore[no-any-return]
        return mutated(data, rng, CUT)[:max_size]

    options = [
        f"-max_total_time={args.seconds}",
        f"-timeout={MAX_S}",
        f"-rss_limit_mb={MAX_MB}",
        f"-artifact_prefix={out}/",
        "-max_len=262144",
        "-print_final_stats=1",
        str(grown),
        *map(str, CORPUS.glob(args.target)),
    ]
    atheris.Setup([sys.argv[0], *options], lambda data: target.feed(data, scratch), custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
