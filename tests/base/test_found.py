"""What other packages bring: found by name, loaded late, refused in a sentence."""

from __future__ import annotations

import pickle
import sys

import pytest

from videorlvr.base.choices import ChoiceError
from videorlvr.base.found import Found, Later

OWN = {"pi": "math:pi", "tau": "math:tau"}


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Lay a package on the path as pip would: its module and its metadata with an entry point."""
    monkeypatch.syspath_prepend(tmp_path)

    def lay(package: str, name: str, value: str, source: str = "", group: str = "videorlvr.numbers") -> None:
        module = value.partition(":")[0]
        (tmp_path / f"{module}.py").write_text(source)
        monkeypatch.delitem(sys.modules, module, raising=False)
        about = tmp_path / f"{package}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[{group}]\n{name} = {value}\n")

    return lay


def number(name, value):
    if not isinstance(value, float):
        raise ValueError(f"it is a {type(value).__name__}; expected a float")
    return value


def numbers() -> Found[float]:
    return Found("number", OWN, number)


def test_ours_and_those_of_others_are_one_list(install):
    install("golden", "phi", "golden_number:PHI", "PHI = 1.618")
    install("models-not-numbers", "other", "no_number:X", "X = 1.0", group="videorlvr.models")
    found = numbers()
    assert list(found) == ["pi", "tau", "phi"]
    assert found["phi"] == found.of("phi") == 1.618
    assert [found.package_of(name) for name in ("pi", "phi")] == ["videorlvr", "golden 1.0"]
    with pytest.raises(ChoiceError, match="unknown number 'ph'; did you mean 'phi'"):
        found.of("ph")
    assert found.get("ph") is None


def test_nothing_is_imported_before_it_is_asked_for(install):
    install("golden", "phi", "golden_number:PHI", "PHI = 1.618")
    found = numbers()
    assert "phi" in found
    assert len(found) == 3
    assert found["pi"] > 3
    assert "golden_number" not in sys.modules
    assert list(found.values())[-1] == 1.618


def test_a_name_that_two_claim_is_refused_and_both_are_named(install):
    install("golden", "phi", "golden_number:PHI", "PHI = 1.618")
    install("silver", "phi", "silver_number:PHI", "PHI = 2.414")
    install("cheaper", "pi", "cheap_number:PI", "PI = 3.0")
    found = numbers()
    with pytest.raises(ValueError, match=r"'phi' is claimed by golden 1.0 and by silver 1.0: uninstall one"):
        found.of("phi")
    with pytest.raises(ValueError, match=r"'pi' is claimed by videorlvr and by cheaper 1.0"):
        found.of("pi")
    assert found.of("tau") > 6


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise RuntimeError('two\\nlines')", "RuntimeError: two lines"),
        ("import a_library_that_is_not_there", "ModuleNotFoundError: No module"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("def broken(:", "SyntaxError"),
        ("", "AttributeError"),
        ("PHI = 'gold'", "it is a str; expected a float"),
    ],
)
def test_a_broken_package_is_one_sentence_and_takes_nothing_with_it(install, caplog, source, said):
    install("golden", "phi", "golden_number:PHI", source)
    found = numbers()
    with pytest.raises(ValueError, match=r"'phi' of the package golden 1.0 cannot be used") as refused:
        found.of("phi")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert [*found.values(), *found.values()] == [3.141592653589793, 6.283185307179586] * 2
    assert [record.message for record in caplog.records] == [str(refused.value)]


def test_what_is_set_by_hand_counts_and_is_forgotten_again():
    found = numbers()
    found["pi"], found["mine"] = 3.0, 4.0
    assert dict(found.items()) == {"pi": 3.0, "tau": found["tau"], "mine": 4.0}
    del found["pi"], found["mine"]
    assert found["pi"] > 3
    assert "mine" not in found
    with pytest.raises(ValueError, match="it is a int; expected a float"):
        found["mine"] = 4


def test_a_later_sequence_is_loaded_when_it_is_looked_at(install):
    install("golden", "phi", "golden_number:PHI", "ALL = [1, 2, 3]")
    later = Later("golden_number:ALL")
    assert pickle.loads(pickle.dumps(later)).reference == later.reference
    assert "golden_number" not in sys.modules
    assert [len(later), later[0], later[1:], list(later)] == [3, 1, (2, 3), [1, 2, 3]]
