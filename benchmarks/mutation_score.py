"""Which changes to the code does no test notice?

    pip install mutmut "pytest<9.2"                               # mutmut 3.8 does not know pytest 9.2 yet
    python benchmarks/mutation_score.py FOLDER [--workers 1]      # may be stopped, and goes on when started again
    python benchmarks/mutation_score.py FOLDER --again            # survivors, too: after tests were written for them
    cd FOLDER/rules && python -m mutmut results                         # survivors; `mutmut show NAME`

Works on a copy of the tree in FOLDER, so that no mutated line is ever here, and prints a table. The copy's
caches (`lru_cache`) are taken off, since mutmut leaves decorated functions alone. What it leaves alone still,
constants of modules and properties, is listed in docs/mutation.md with what was tried by hand.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SRC = "src/videorlvr"
WORLDS, JUDGE = f"{SRC}/worlds", f"{SRC}/judge"


@dataclass(frozen=True)
class Group:
    """Files that are mutated together, and the tests that reach them.

    slow: tests, by parts of their names, that cost more time than the mutants they kill.
    packages: what `make types` checks of these files' mutants.
    """

    name: str
    files: tuple[str, ...]
    tests: tuple[str, ...]
    slow: str
    packages: tuple[str, ...] = ("worlds", "judge")


ALONE = (
    "reader_that_leaves or does_not_import or need_no_torch or outside_ascii or "
    "kill or stopped or resume or hostile"
)
"""Tests that start the program in a process of its own, where no mutant is."""


def _all_of(room: str) -> tuple[str, ...]:
    files = sorted(path for path in (ROOT / SRC / room).glob("*.py") if path.name != "__init__.py")
    return tuple(str(path.relative_to(ROOT)) for path in files)


GROUPS = (
    Group(
        "rules",
        (
            f"{JUDGE}/read.py",
            f"{JUDGE}/frames.py",
            *(f"{WORLDS}/{name}.py" for name in ("verify", "problems", "render", "game")),
            *(f"{WORLDS}/maze/{name}.py" for name in ("rules", "verify")),
            *(f"{WORLDS}/flowfree/{name}.py" for name in ("rules", "play", "verify", "growth")),
            *(f"{WORLDS}/sokoban/{name}.py" for name in ("rules", "verify", "transitions")),
        ),
        (
            *(f"audit/test_{name}.py" for name in ("second_opinion", "laws")),
            *(f"judge/test_{name}.py" for name in ("search_bounds", "read")),
            *(f"worlds/test_{name}.py" for name in ("verdict_parts", "rules_exact", "problems")),
            *(f"worlds/test_{name}.py" for name in ("maze", "flowfree", "sokoban")),
        ),
        slow="hard or paper or wilson or solution or solver or splits or mp4 or subsampling or hostile or pruning",
    ),
    Group(
        "boards",
        (*(f"{JUDGE}/{name}.py" for name in ("rectify", "locate", "palette", "follow", "files")),),
        (
            *(
                f"judge/test_{name}.py"
                for name in (
                    *("rectify", "locate", "locate_parts", "locate_search", "palette"),
                    *("files", "files_parts", "files_bounds", "follow"),
                )
            ),
            "evaluation/test_undecidable.py",
        ),
        slow="cheat or busy or 24 or pillarbox or cut or turned or certain or another_start or "
        "looked_through or nothing_is_found or paper or cannot_be_read or smear_is_a or drifts or board_outside or "
        "(passes and not maze)",
        packages=("worlds", "judge"),
    ),
    Group(
        "drawing",
        (f"{WORLDS}/draw.py",),
        ("worlds/test_draw.py", "judge/test_read.py"),
        slow="mp4 or subsampling",
    ),
    Group(
        "times",
        (f"{SRC}/base/media/frame_times.py",),
        tuple(f"base/test_{name}.py" for name in ("frame_times", "frame_grid", "video_read")),
        slow="honest or bomb",
        packages=("base",),
    ),
    Group(
        "files",
        tuple(
            f"{SRC}/base/media/{name}.py"
            for name in ("boxes", "chunks", "ebml", "packets", "formats", "display", "colours", "stack")
        ),
        tuple(f"base/test_{name}.py" for name in ("whole", "shown")),
        slow="hardly_any",
        packages=("base",),
    ),
    Group(
        "statistics",
        tuple(f"{SRC}/base/{name}.py" for name in ("stats", "paired", "clusters")),
        tuple(f"base/test_{name}.py" for name in ("stats", "clusters")),
        slow="hold_the_truth or are_drawn",
        packages=("base",),
    ),
    Group(
        "evaluation",
        (
            f"{SRC}/reports/cost.py",
            *(
                f"{SRC}/evaluation/{name}.py"
                for name in ("summary", "pairs", "compare", "kept", "runner", "folders", "clips")
            ),
        ),
        tuple(f"evaluation/test_{name}.py" for name in ("compare", "runner", "folders")),
        slow="baselines_score",
        packages=("evaluation", "reports"),
    ),
    Group("flow", _all_of("flow"), ("flow",), slow="nothing", packages=()),
    Group(
        "players",
        _all_of("players"),
        (
            "players",
            "evaluation/test_answers.py",
            "evaluation/test_runner.py",
            "methods/test_sde_grpo_updates.py",
        ),
        slow="nothing",
        packages=(),
    ),
    Group(
        "training",
        _all_of("training"),
        (
            "training",
            "methods/test_settings_act.py",
            "methods/test_sde_grpo_updates.py",
            "methods/test_own_videos.py",
        ),
        slow="nothing",
        packages=(),
    ),
    Group(
        "methods",
        tuple(
            f"{SRC}/methods/video/{method}/{part}.py"
            for method in ("sft", "sde_grpo", "awm", "nft", "preference", "rejection_sft")
            for part in ("math", "run")
        ),
        ("methods", "training/test_sft.py"),
        slow="contract or found_and_keeps",
        packages=(),
    ),
    Group(
        "scoring",
        tuple(
            f"{SRC}/evaluation/{name}.py"
            for name in (
                "manifest",
                "score",
                "journal",
                "soundness",
                "suites",
                "measures",
                "verdict",
                "candidates",
            )
        ),
        ("evaluation", "studies/test_verdict.py"),
        slow=ALONE,
        packages=(),
    ),
    Group(
        "cli",
        _all_of("cli"),
        tuple(
            f"cli/test_{name}.py"
            for name in ("cli_runs", "cli_worlds", "cli_methods", "places", "score_help", "quickstart")
        ),
        slow=ALONE,
        packages=(),
    ),
)
JUDGING = ("oracle_trace", "oracle_video", "render_trace", "first_frame", "theme_of", "pace")
"""The functions of `problems` that are mutated; the others make problems."""
QUICK_FIRST = """
import json, pathlib
from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
pytest_plugins = ["tiny_runs"]

def pytest_collection_modifyitems(items):
    stats = pathlib.Path("mutmut-stats.json")
    seconds = json.loads(stats.read_text())["duration_by_test"] if stats.exists() else {}
    items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))
"""
"""The copy's conftest: a mutant ends at the first test that fails, so quick tests are asked first."""
MESSAGES = r"^ *raise \w+\("
TYPES = ("--output", "json", "--disable-error-code", "no-redef")
"""`make types` notices mutants, too: what is a type error is not run."""
MAX_BYTES = 24 << 30
"""Of memory: some mutants never end and fill it."""
TIMEOUT_FACTOR = 12.0
"""The tests of a mutant may take so many times as long as without it: on busy cores a survivor must not run out
of time and count as noticed. What does not end is stopped by `TEST_TIMEOUT_S`, long before that."""
TEST_TIMEOUT_S = 25
BESIDE = ("docs", "examples", "benchmarks")
"""What tests read besides the code."""
NOTICED = {"killed", "timeout", "segfault"}


def make_copy(group: Group, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("README.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, folder / name)
    for part in ("src", "tests", *BESIDE):
        shutil.copytree(
            ROOT / part, folder / part, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    (folder / "tests" / "conftest.py").write_text(QUICK_FIRST)
    for name in group.files:
        path = folder / name
        path.write_text(re.sub(r"^@lru_cache.*\n", "", path.read_text(), flags=re.M))
    packages = [part for name in group.packages for part in ("-p", f"videorlvr.{name}")]
    config = {
        "source_paths": ["src"],
        "also_copy": [*BESIDE, "README.md", "CONTRIBUTING.md"],
        "only_mutate": list(group.files),
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-n", "0", "-k", f"not ({group.slow})"],
        "pytest_add_cli_args_test_selection": [f"tests/{name}" for name in group.tests],
        "do_not_mutate_patterns": [MESSAGES],
        **({"type_check_command": [sys.executable, "-m", "mypy", *TYPES, *packages]} if packages else {}),
        "timeout_multiplier": TIMEOUT_FACTOR,
        "use_git_change_detection": False,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in config.items()]
    text = (ROOT / "pyproject.toml").read_text()
    # What mutmut puts around a function has no types; the project's own settings would blame the mutants for it.
    text = re.sub(r"^(strict|warn_unused_ignores) = true", r"\1 = false", text, flags=re.MULTILINE)
    (folder / "pyproject.toml").write_text(text + "\n[tool.mutmut]\n" + "\n".join(lines) + "\n")


def wanted(name: str) -> list[str]:
    """Names of a file's mutants, as patterns."""
    module = name.removeprefix("src/").removesuffix(".py").replace("/", ".")
    if module.endswith(".problems"):
        return [f"{module}.x_{judging}__mutmut_*" for judging in JUDGING]
    return [f"{module}.*"]


def statuses(folder: Path, name: str) -> dict[str, str]:
    """Mutant -> what is known of it, of a file that was mutated before."""
    from mutmut.stats import status_by_exit_code

    path = folder / "mutants" / f"{name}.meta"
    found = json.loads(path.read_text())["exit_code_by_key"] if path.exists() else {}
    return {
        mutant: status_by_exit_code[code]
        for mutant, code in found.items()
        if any(fnmatch(mutant, pattern) for pattern in wanted(name))
    }


def still_to_run(folder: Path, files: Iterable[str], *, again: bool) -> list[str]:
    """Names or patterns: mutmut would run again all that it is given, known or not."""
    settled = NOTICED | {"caught by type check"} | (set() if again else {"survived", "no tests"})
    todo = []
    for name in files:
        known = statuses(folder, name)
        left = [mutant for mutant, status in known.items() if status not in settled]
        todo += left if known else wanted(name)
    return todo


def print_table(folder: Path, groups: Iterable[Group]) -> None:
    columns = ("mutants", "type errors", "failed tests", "survived", "not run")
    print(f"{'file':26}" + "".join(f"{column:>14}" for column in columns))
    for group in groups:
        for name in group.files:
            counts = Counter(statuses(folder / group.name, name).values())
            types, left = counts["caught by type check"], counts["not checked"]
            tests = sum(counts[status] for status in NOTICED)
            numbers = (counts.total(), types, tests, counts.total() - types - tests - left, left)
            short = name.removeprefix(f"{WORLDS}/").removeprefix(f"{SRC}/")
            print(f"{short:26}" + "".join(f"{number:14}" for number in numbers))


def run_group(
    group: Group, folder: Path, todo: list[str], *, workers: int, again: bool, sample: int | None
) -> None:
    make_copy(group, folder)
    if sample is not None:
        todo = drawn(group, folder, sample, again=again)
    if again:  # tests may be new: they are collected anew, and what is known of mutants is kept
        (folder / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    mutmut(folder, "run", "--max-children", str(workers), *todo)


def drawn(group: Group, folder: Path, count: int, *, again: bool) -> list[str]:
    """As many of a group's mutants, the same ones whenever they are drawn, less those that are settled."""
    if not any((folder / "mutants" / f"{name}.meta").exists() for name in group.files):
        mutmut(folder, "run", "no mutant has this name")  # makes all of them, and runs none
    names = sorted(mutant for name in group.files for mutant in statuses(folder, name))
    kept = set(random.Random(group.name).sample(names, min(count, len(names))))
    return [mutant for mutant in still_to_run(folder, group.files, again=again) if mutant in kept]


def mutmut(folder: Path, *arguments: str) -> None:
    environment = {**os.environ, "PYTEST_TIMEOUT": str(TEST_TIMEOUT_S)}
    subprocess.run([sys.executable, "-m", "mutmut", *arguments], cwd=folder, env=environment, check=False)


def tell_survivors(folder: Path, groups: Iterable[Group], path: Path) -> None:
    """Writes a line of JSON for each mutant that no test noticed: its name and its change."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    with path.open("w") as out:
        for group in groups:
            for name in group.files:
                for mutant, status in statuses(folder / group.name, name).items():
                    if status in {"survived", "no tests", "suspicious"}:
                        with contextlib.chdir(folder / group.name):  # where mutmut finds its own
                            change = get_diff_for_mutant(mutant, path=name)
                        line = {"group": group.name, "mutant": mutant, "status": status, "change": change}
                        out.write(json.dumps(line) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="outside the tree; the copy, and what was found so far")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--only", default="", help="a part of a file's path: maze, verify, growth ...")
    parser.add_argument("--again", action="store_true", help="run those that survived once more")
    parser.add_argument("--group", default="", help="a group's name; all without it")
    parser.add_argument("--sample", type=int, help="so many mutants a group, drawn once and for all")
    parser.add_argument(
        "--survivors", type=Path, help="a file for a line of JSON for each survivor, at the end"
    )
    parser.add_argument("--table", action="store_true", help="only print what is known so far")
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
    groups = [group for group in GROUPS if args.group in ("", group.name)]
    for group in groups:
        files = [name for name in group.files if args.only in name]
        todo = still_to_run(args.folder / group.name, files, again=args.again)
        if todo and not args.table:
            run_group(
                group,
                args.folder / group.name,
                todo,
                workers=args.workers,
                again=args.again,
                sample=args.sample,
            )
    print_table(args.folder, groups)
    if args.survivors:
        tell_survivors(args.folder, groups, args.survivors)


if __name__ == "__main__":
    main()
