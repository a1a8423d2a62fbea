"""`benchmarks/changed_manifests.py` in small: no changed line raises, and what passes is judged a success."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from videorlvr.evaluation.export import export
from videorlvr.worlds import WORLDS

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "changed_manifests.py"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("changed_manifests", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["changed_manifests"] = module
    spec.loader.exec_module(module)
    return module


def test_changed_lines_are_refused_or_judged(benchmark: ModuleType, tmp_path: Path) -> None:
    for world in WORLDS.values():
        export(world, "micro", "test", 2, tmp_path / world.name)
    seen = set()
    for chunk in range(12):
        outcomes, faults, slowest, _ = benchmark.attack((str(tmp_path), chunk))
        assert not faults, faults[0]
        assert slowest < 5
        seen |= set(outcomes)
    assert {name for name in seen if name.startswith("judged")} == {"judged: success"}
    assert len(seen) > 12, "the changes reach too few checks"


def test_a_check_that_is_missing_would_be_found(
    benchmark: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A manifest that is believed, as it was: some lines raise, or are judged and are no problems."""
    export(WORLDS["maze"], "micro", "test", 2, tmp_path / "maze")
    monkeypatch.setattr("videorlvr.evaluation.manifest.check_sound", lambda *_: None)
    monkeypatch.setattr(benchmark, "difference", lambda _: "")
    found = [benchmark.attack((str(tmp_path), chunk)) for chunk in range(6)]
    wrong = {name for outcomes, *_ in found for name in outcomes if name.startswith("judged")} - {
        "judged: success"
    }
    assert wrong or any(faults for _, faults, *_ in found)
