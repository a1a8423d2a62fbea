"""The shape of the package: imports run downwards, the judge does not share code with the hand, and
making, rendering and scoring puzzles needs no torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import videorlvr

ROOT = Path(videorlvr.__file__).parent
LINES = (
    {"base"},
    {"worlds"},
    {"judge", "flow"},
    {"models"},
    {"players"},
    {"training", "evaluation", "bridges"},
    {"methods", "audit"},
    {"recipes"},
    {"studies"},
    {"reports"},
    {"cli"},
)
"""Rooms, bottom to top; rooms on one line do not see each other."""
HEIGHT = {name: height for height, line in enumerate(LINES) for name in line}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}
LAYERED = [name for name in FILES if name.count(".") >= 1]


@cache
def imports(name: str) -> frozenset[str]:
    """Every module that `name` imports, inside functions too; `from package import module` is the module."""
    package = name if FILES[name].name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(FILES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")
            above = above[: len(above) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {f"{base}.{a.name}" if f"{base}.{a.name}" in FILES else base for a in node.names}
    return frozenset(found)


def reachable(*starts: str) -> set[str]:
    """Modules that `starts` import, directly or through one another; packages above them are not counted."""
    seen, stack = set(), list(starts)
    while stack:
        name = stack.pop()
        if name in FILES and name not in seen:
            seen.add(name)
            stack += imports(name)
    return seen


def test_every_folder_has_its_line():
    assert {name.split(".")[1] for name in LAYERED} <= set(HEIGHT)


@pytest.mark.parametrize("name", LAYERED)
def test_imports_run_downwards(name):
    own = name.split(".")[1]
    for other in imports(name):
        if other.startswith("videorlvr."):
            layer = other.split(".")[1]
            assert layer == own or HEIGHT[layer] < HEIGHT[own], f"{name} imports {other}"


def test_no_import_cycles():
    for name in FILES:
        assert name not in reachable(*(imports(name) - {name})), f"{name} imports itself through others"


def test_imports_name_modules_that_exist():
    for name in FILES:
        for other in imports(name):
            assert not other.startswith("videorlvr") or other in FILES, f"{name} imports {other}"


JUDGES = [name for name in FILES if name.split(".")[1:2] == ["judge"]]
WORLD_PACKAGES = [
    module_name(path)
    for path in FILES.values()
    if path.match("worlds/*/__init__.py") and "cheats" not in path.parts
]


@pytest.mark.parametrize("name", [*JUDGES, *WORLD_PACKAGES])
def test_neither_judge_nor_world_reaches_the_hand(name):
    """No module of the judge's room, and nothing that a world is made of, reaches drawing code by any chain."""
    assert len(reachable("videorlvr.judge.door")) > 10, "this law looks at nothing"
    hand = {other for other in FILES if "videorlvr.worlds.draw" in reachable(other)}
    assert not reachable(name) & hand, f"{name} reaches {reachable(name) & hand}"


def loaded_by(script: str) -> set[str]:
    """The modules of this package that a fresh interpreter has loaded after a script."""
    script += "\nimport sys; print(*(name for name in sys.modules if name.startswith('videorlvr')))"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, timeout=60, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_judging_loads_no_hand():
    """What the imports above say, as it comes out at run time: names in strings are no imports."""
    script = f"""
import importlib, numpy as np
for name in {JUDGES}:
    importlib.import_module(name)
from videorlvr.judge.door import judge
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
for world in WORLDS.values():
    problem = make_problem(world, "micro", "test", 0)
    shape = (problem.num_frames, problem.layout.height_px, problem.layout.width_px, 3)
    assert judge(world, problem, np.zeros(shape, np.uint8), "exact").reason
"""
    loaded = loaded_by(script)
    assert set(JUDGES) <= loaded
    assert not {name for name in loaded if "videorlvr.worlds.draw" in reachable(name)}


def test_a_maze_loads_neither_other_worlds_nor_cheats():
    script = "from videorlvr.worlds import world_of\nfrom videorlvr.worlds.problems import make_problem\n"
    loaded = loaded_by(script + "make_problem(world_of('maze'), 'micro', 'train', 0)")
    assert "videorlvr.worlds.maze.rules" in loaded
    assert not {name for name in loaded if "cheats" in name or "variants" in name}
    others = {name for name in WORLD_PACKAGES if name != "videorlvr.worlds.maze"}
    assert others
    assert not others & loaded


def test_the_second_opinion_shares_nothing_with_the_judge():
    """It sees the data types alone, and no world or judge asks it."""
    own = "videorlvr.audit.second"
    seconds = {name for name in FILES if name.startswith(own)}
    assert {f"{own}.maze", f"{own}.flowfree", f"{own}.sokoban"} <= seconds
    for name in seconds:
        seen = {other for other in imports(name) if other.startswith("videorlvr.")} - seconds
        assert all(other == "videorlvr.worlds.api" or other.startswith("videorlvr.base") for other in seen), (
            name
        )
    for name in set(FILES) - seconds:
        if name.startswith("videorlvr.worlds"):
            assert not reachable(name) & seconds, f"{name} reaches the second opinion"


def test_worlds_do_not_see_each_other():
    packages = {name.split(".")[-1] for name in WORLD_PACKAGES}
    assert {"maze", "flowfree"} <= packages
    for name in FILES:
        parts = name.split(".")
        if len(parts) >= 3 and parts[1] == "worlds" and parts[2] in packages:
            for other in imports(name):
                seen = other.split(".")
                assert (
                    seen[:2] != ["videorlvr", "worlds"]
                    or seen[2:3] == [parts[2]]
                    or not (set(seen[2:3]) & packages)
                ), f"{name} imports {other}"


@pytest.mark.parametrize(
    ("library", "places"),
    [
        ("torch", ("flow", "models", "players", "training", "methods", "cli")),
        ("safetensors", ("models", "training")),
        ("matplotlib", ("reports",)),
        ("diffusers", ("models.wan",)),
        ("transformers", ("models.language", "models.wan")),
        ("tokenizers", ("models.language",)),
        ("peft", ("models.language", "models.wan")),
    ],
)
def test_heavy_libraries_stay_in_their_place(library, places):
    for name in FILES:
        if any(other.split(".")[0] == library for other in imports(name)):
            assert name.startswith(tuple(f"videorlvr.{place}" for place in places)), (
                f"{name} imports {library}"
            )


def test_making_scoring_and_reporting_puzzles_needs_no_torch():
    light = [
        name
        for name in FILES
        if name.startswith(("videorlvr.base", "videorlvr.worlds", "videorlvr.reports"))
        or name in ("videorlvr.cli.main", "videorlvr.evaluation.score", "videorlvr.evaluation.runner")
        or is_record_or_setting_of_a_method(name)
    ]
    assert len(light) > 20
    script = "import importlib, sys\nfor name in sys.argv[1:]:\n    importlib.import_module(name)\n"
    script += "    assert 'torch' not in sys.modules, name\n"
    subprocess.run([sys.executable, "-c", script, *light], check=True, timeout=60)


def is_record_or_setting_of_a_method(name: str) -> bool:
    """What listing methods and reading their settings loads: records, configurations, recipes."""
    is_record = FILES[name].name == "__init__.py"
    return name.startswith("videorlvr.methods") and (
        is_record or name.rpartition(".")[2] in ("config", "recipes", "study")
    )


def test_methods_do_not_see_each_other():
    """What two of them need moves down."""
    folders = {name for name in FILES if name.startswith("videorlvr.methods.") and name.count(".") == 3}
    assert {"videorlvr.methods.video.sft", "videorlvr.methods.video.sde_grpo"} <= folders
    for name in FILES:
        own = ".".join(name.split(".")[:4])
        if own in folders:
            for other in imports(name):
                seen = ".".join(other.split(".")[:4])
                assert seen == own or seen not in folders, f"{name} imports {other}"


def test_starting_is_light():
    """Worlds and the command line load neither torch nor matplotlib."""
    script = "import sys, videorlvr.worlds, videorlvr.cli.main\n"
    script += "assert not {'torch', 'matplotlib', 'diffusers'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_files_are_short_and_named_for_what_they_do():
    for name, path in FILES.items():
        assert len(path.read_text().splitlines()) <= 400, name
        assert not set(name.split(".")) & {"utils", "helpers", "common", "manager"}, name
