"""docs/results.md is what its command makes of the records."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_made_of_its_records():
    spec = importlib.util.spec_from_file_location(
        "limited_results", ROOT / "benchmarks" / "limited_results.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "results.md").read_text() == module.page()


def test_a_difference_is_of_the_arm_and_not_of_its_control():
    """By hand: of four problems the arm alone solves two, the control alone one."""
    spec = importlib.util.spec_from_file_location(
        "limited_results", ROOT / "benchmarks" / "limited_results.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    gained, lost, p, (low, high) = module.paired(module.bits("1100"), module.bits("0010"))
    assert (gained, lost, p) == (2, 1, 1.0)
    assert low < 0.25 < high
