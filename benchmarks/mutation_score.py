"""Which changes to the world and judge code does no test notice?

    pip install mutmut "pytest<9.2"                               # mutmut 3.8 does not know pytest 9.2 yet
    python benchmarks/mutation_score.py FOLDER [--workers 1]      # may be stopped, and goes on when started again
    python benchmarks/mutation_score.py FOLDER --again            # survivors, too: after tests were written for them
    cd FOLDER && python -m mutmut results                         # survivors; `mutmut show NAME` prints one

Works on a copy of the tree in FOLDER, so that no mutated line is ever here, and prints a table. The copy's
caches (`lru_cache`) are taken off, since mutmut leaves decorated functions alone. What it leaves alone still,
constants of modules and properties, is listed in docs/mutation.md with what was tried by hand.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORLDS = "src/videorlvr/worlds"
MUTATED = (
    *(f"{WORLDS}/{name}.py" for name in ("read", "verify", "problems")),
    *(f"{WORLDS}/maze/{name}.py" for name in ("rules", "verify")),
    *(f"{WORLDS}/flowfree/{name}.py" for name in ("rules", "verify", "growth")),
    *(f"{WORLDS}/sokoban/{name}.py" for name in ("rules", "verify", "transitions")),
)
TESTS = ("second_opinion", "verdict_parts", "search_bounds", "rules_exact", "problems", "read")
TESTS += ("maze", "flowfree", "sokoban", "laws")
SLOW = "hard or paper or wilson or solution or solver or splits or mp4 or subsampling or hostile or pruning"
"""Tests, by parts of their names, that cost more time than the mutants they kill."""
JUDGING = ("judge_video", "oracle_trace", "oracle_video", "render_trace", "first_frame", "theme_of", "pace")
"""The functions of `problems` that are mutated; the others make problems."""
QUICK_FIRST = """
import json, pathlib

def pytest_collection_modifyitems(items):
    stats = pathlib.Path("mutmut-stats.json")
    seconds = json.loads(stats.read_text())["duration_by_test"] if stats.exists() else {}
    items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))
"""
"""The copy's conftest: a mutant ends at the first test that fails, so quick tests are asked first."""
MESSAGES = r"^ *raise \w+\("
TYPES = ("--output", "json", "-p", "videorlvr.worlds", "--disable-error-code", "no-redef")
"""`make types` notices mutants, too: what is a type error is not run."""
MAX_BYTES = 4 << 30
"""Of memory: some mutants never end and fill it."""
TIMEOUT_FACTOR = 12.0
"""The tests of a mutant may take so many times as long as without it: on busy cores a survivor must not run out
of time and count as noticed. What does not end is stopped by `TEST_TIMEOUT_S`, long before that."""
TEST_TIMEOUT_S = 25
NOTICED = {"killed", "timeout", "segfault"}


def make_copy(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part in ("src", "tests"):
        shutil.copytree(
            ROOT / part, folder / part, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    (folder / "tests" / "conftest.py").write_text(QUICK_FIRST)
    for name in MUTATED:
        path = folder / name
        path.write_text(re.sub(r"^@lru_cache.*\n", "", path.read_text(), flags=re.M))
    config = {
        "source_paths": ["src"],
        "only_mutate": list(MUTATED),
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-n", "0", "-k", f"not ({SLOW})"],
        "pytest_add_cli_args_test_selection": [f"tests/worlds/test_{name}.py" for name in TESTS],
        "do_not_mutate_patterns": [MESSAGES],
        "type_check_command": [sys.executable, "-m", "mypy", *TYPES],
        "timeout_multiplier": TIMEOUT_FACTOR,
        "use_git_change_detection": False,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in config.items()]
    text = (ROOT / "pyproject.toml").read_text()
    # What mutmut puts around a function has no types; the project's own settings would blame the mutants for it.
    text = re.sub(r"^(strict|warn_unused_ignores) = true", r"\1 = false", text, flags=re.MULTILINE)
    (folder / "pyproject.toml").write_text(text + "\n[tool.mutmut]\n" + "\n".join(lines) + "\n")


def is_wanted(mutant: str) -> bool:
    return any(fnmatch(mutant, pattern) for pattern in wanted())


def wanted(part: str = "") -> list[str]:
    """Names of mutants, as patterns, of the files that have this in their paths."""
    files = [name for name in MUTATED if part in name]
    modules = [name.removeprefix("src/").removesuffix(".py").replace("/", ".") for name in files]
    return [
        pattern
        for module in modules
        for pattern in (
            [f"{module}.x_{name}__mutmut_*" for name in JUDGING]
            if module.endswith(".problems")
            else [f"{module}.*"]
        )
    ]


def statuses(folder: Path, name: str) -> dict[str, str]:
    """Mutant -> what is known of it, of a file that was mutated before."""
    from mutmut.stats import status_by_exit_code

    path = folder / "mutants" / f"{name}.meta"
    found = json.loads(path.read_text())["exit_code_by_key"] if path.exists() else {}
    return {mutant: status_by_exit_code[code] for mutant, code in found.items() if is_wanted(mutant)}


def still_to_run(folder: Path, part: str, *, again: bool) -> list[str]:
    """Names or patterns: mutmut would run again all that it is given, known or not."""
    known = {}
    for name in MUTATED:
        if part in name:
            known |= statuses(folder, name)
    settled = NOTICED | {"caught by type check"} | (set() if again else {"survived", "no tests"})
    return [mutant for mutant, status in known.items() if status not in settled] if known else wanted(part)


def print_table(folder: Path) -> None:
    columns = ("mutants", "type errors", "failed tests", "survived", "not run")
    print(f"{'file':26}" + "".join(f"{column:>14}" for column in columns))
    for name in MUTATED:
        counts = Counter(statuses(folder, name).values())
        types, left = counts["caught by type check"], counts["not checked"]
        tests = sum(counts[status] for status in NOTICED)
        numbers = (counts.total(), types, tests, counts.total() - types - tests - left, left)
        print(f"{name.removeprefix(WORLDS + '/'):26}" + "".join(f"{number:14}" for number in numbers))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="outside the tree; the copy, and what was found so far")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--only", default="", help="a part of a file's path: maze, verify, growth ...")
    parser.add_argument("--again", action="store_true", help="run those that survived once more")
    parser.add_argument("--table", action="store_true", help="only print what is known so far")
    args = parser.parse_args()
    todo = still_to_run(args.folder, args.only, again=args.again)
    if todo and not args.table:
        make_copy(args.folder)
        resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
        command = [
            sys.executable,
            "-m",
            "mutmut",
            "run",
            "--max-children",
            str(args.workers),
            *todo,
        ]
        environment = {**os.environ, "PYTEST_TIMEOUT": str(TEST_TIMEOUT_S)}
        subprocess.run(command, cwd=args.folder, env=environment, check=False)
    print_table(args.folder)


if __name__ == "__main__":
    main()
