"""A saved policy says its kind, and is loaded by it."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from videorlvr.base.choices import ChoiceError
from videorlvr.models.api import CONFIG
from videorlvr.models.config import DiTConfig
from videorlvr.models.load import load_policy, new_policy, weights_hash
from videorlvr.models.pixels import BuiltinPolicy
from videorlvr.models.shipped import shipped_sft

CPU = torch.device("cpu")
CONFIG_OF_MINE = DiTConfig(width=32, depth=1, heads=2)


@pytest.fixture
def saved(tmp_path):
    new_policy(CONFIG_OF_MINE, seed=1, device=CPU).save(tmp_path / "policy")
    return tmp_path / "policy"


def test_a_policy_comes_back_as_its_kind(saved):
    assert json.loads((saved / CONFIG).read_text())["kind"] == "builtin"
    loaded = load_policy(saved, device=CPU)
    assert isinstance(loaded, BuiltinPolicy)
    assert loaded.module.config == CONFIG_OF_MINE
    fresh = new_policy(CONFIG_OF_MINE, seed=1, device=CPU)
    assert all(map(torch.equal, loaded.module.parameters(), fresh.module.parameters()))


def test_a_policy_of_the_first_release_names_no_kind():
    """The one that ships is of that form."""
    folder = shipped_sft() / "policy"
    assert isinstance(load_policy(folder, device=CPU), BuiltinPolicy)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"kind": "bulitin"}', "unknown kind of policy in '.*did you mean 'builtin'"),
        ('{"kind": "builtin", "wdith": 3}', "damaged"),
        ("[1]", "damaged"),
        ("{", "damaged"),
    ],
)
def test_a_kind_that_is_not_known_is_refused_by_folder(saved, text, reason):
    (saved / CONFIG).write_text(text)
    with pytest.raises(ValueError, match=reason) as caught:
        load_policy(saved, device=CPU)
    assert str(saved) in str(caught.value)
    assert isinstance(caught.value, ChoiceError) == (reason != "damaged")


def test_a_folder_without_a_policy_is_named(tmp_path):
    with pytest.raises(ValueError, match=f"no policy in '{tmp_path}'"):
        load_policy(tmp_path, device=CPU)


def test_the_hash_stands_for_every_file(saved):
    before = weights_hash(saved)
    shutil.copytree(saved, saved.with_name("copy"))
    (saved / "policy.safetensors.part").write_bytes(b"half written")
    assert weights_hash(saved) == weights_hash(saved.with_name("copy")) == before
    (saved / "tokens.txt").write_text("one file more")
    assert weights_hash(saved) != before
