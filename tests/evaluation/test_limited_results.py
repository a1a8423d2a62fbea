"""docs/results.md is what its command makes of the records."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def module():
    spec = importlib.util.spec_from_file_location(
        "limited_results", ROOT / "benchmarks" / "limited_results.py"
    )
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_the_page_is_made_of_its_records(module):
    assert (ROOT / "docs" / "results.md").read_text() == module.page()


def test_a_difference_is_of_the_arm_and_not_of_its_control(module):
    """By hand: of four problems the arm alone solves two, the control alone one."""
    gained, lost, p, (low, high) = module.paired(module.bits("1100"), module.bits("0010"))
    assert (gained, lost, p) == (2, 1, 1.0)
    assert low < 0.25 < high


def test_thirds_are_by_length(module):
    found = {"test": "110100", "moves": [1, 2, 3, 4, 9, 9], "steps": 10, "samples": 640, "seconds": 7.4}
    row = module.hour({"worlds": {"maze": found}}).splitlines()[-1]
    assert "| maze | 50.0 [" in row
    assert "| 100.0, 50.0, 0.0 |" in row
    assert row.endswith("| 10, 640 | 7 |")
