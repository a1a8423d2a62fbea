"""Are bugs that nobody noticed once noticed today?

    python benchmarks/planted_bugs.py [ID...] [--workers 2] [--json FILE]

Each bug of `plans/planted_bugs.yaml` is put into a copy of the package, and the tests that should notice it are asked.
The copy is elsewhere, so no bug is ever here. First the tests are asked without a bug: what fails then says nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
PLAN = Path(__file__).with_name("plans") / "planted_bugs.yaml"
LIMIT_S = 600
FAILED = 1
"""Pytest's exit code where a test failed; others mean that none was asked."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ids", nargs="*", help="bugs to plant; all by default")
    parser.add_argument("--workers", type=int, default=2, help="bugs at a time")
    parser.add_argument("--json", type=Path, help="results, kept as they come")
    args = parser.parse_args()
    plants = [plant for plant in yaml.safe_load(PLAN.read_text()) if not args.ids or plant["id"] in args.ids]
    clean = {
        "id": "none",
        "what": "no bug",
        "edits": [],
        "tests": sorted({t for p in plants for t in p["tests"]}),
    }
    found: list[dict[str, Any]] = []
    with ThreadPoolExecutor(args.workers) as pool:
        for result in pool.map(asked, [clean, *plants]):
            found.append(result)
            print(
                f"{result['id']:>4}  {result['said']:<9}{result['seconds']:6.1f} s  {result['what']}",
                flush=True,
            )
            if result["by"]:
                print(f"                       {result['by']}", flush=True)
            if args.json:
                args.json.write_text(json.dumps(found, indent=1) + "\n")
    left = [result["id"] for result in found[1:] if result["said"] != "noticed"]
    print(
        f"{len(found) - 1 - len(left)} of {len(found) - 1} noticed"
        + (f"; not: {', '.join(left)}" if left else "")
    )
    sys.exit(bool(left) or found[0]["said"] != "unnoticed")


def asked(plant: dict[str, Any]) -> dict[str, Any]:
    """What the tests say of a bug, the first that fails named; with no bug they have to say nothing."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
        for edit in plant["edits"]:
            path = source / "videorlvr" / edit["file"]
            text = path.read_text()
            if text.count(edit["old"]) != 1:
                return _told(
                    plant, "misplaced", began, f"{edit['file']} has this {text.count(edit['old'])} times"
                )
            path.write_text(text.replace(edit["old"], edit["new"]))
        ini = ["-o", "addopts=--strict-markers", "-p", "no:cacheprovider"]  # no second process
        environment = os.environ | {"PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
        try:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-x", *ini, *(f"tests/{name}" for name in plant["tests"])],
                cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return _told(plant, "endless", began, "")
    failed = next((line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))), "")
    said = {0: "unnoticed", FAILED: "noticed"}.get(done.returncode, "not asked")
    return _told(plant, said, began, failed.removeprefix("FAILED tests/").partition(" - ")[0])


def _told(plant: dict[str, Any], said: str, began: float, by: str) -> dict[str, Any]:
    seconds = round(time.monotonic() - began, 1)
    return {"id": plant["id"], "what": plant["what"], "said": said, "seconds": seconds, "by": by}


if __name__ == "__main__":
    main()
