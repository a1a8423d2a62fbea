"""A policy from a stranger costs no more than its files are large."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from videorlvr.models.api import CONFIG
from videorlvr.models.config import DiTConfig
from videorlvr.models.load import load_policy
from videorlvr.models.pixels import WEIGHTS, BuiltinPolicy

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("policy")
    BuiltinPolicy.new(DiTConfig(width=32, depth=1, heads=2), seed=0, device=CPU).save(folder)
    return folder


def refusal(folder: Path, config: str, weights: bytes) -> str:
    folder.mkdir()
    (folder / CONFIG).write_text(config)
    (folder / WEIGHTS).write_bytes(weights)
    began = time.monotonic()
    with pytest.raises(ValueError, match=folder.name) as caught:
        load_policy(folder, device=CPU)
    assert time.monotonic() - began < 5
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("width", 32 * 10**8),
        ("width", 32 * 10**30),
        ("depth", 10**12),
        ("heads", 10**12),
        ("patch_px", 2**31),
        ("channels", 10**40),
        ("mlp_ratio", 10**10),
        ("width", "wide"),
        ("width", 1e400),
        ("kind", "x" * 10**6),
        ("kind", ["builtin"]),
        ("more", 1),
    ],
)
def test_a_config_that_asks_for_too_much_is_refused_at_once(
    saved: Path, tmp_path: Path, key: str, value: Any
) -> None:
    config = json.loads((saved / CONFIG).read_text()) | {key: value}
    said = refusal(tmp_path / "bad", json.dumps(config), (saved / WEIGHTS).read_bytes())
    assert len(said) < 1000


@pytest.mark.parametrize("config", ["[" * 10**5, "[]", "null", '{"width": NaN}', "", "{", '{"a":' * 10**5])
def test_what_is_no_config_is_refused(saved: Path, tmp_path: Path, config: str) -> None:
    refusal(tmp_path / "bad", config, (saved / WEIGHTS).read_bytes())


def test_weights_whose_header_lies_are_refused(saved: Path, tmp_path: Path) -> None:
    config, good = (saved / CONFIG).read_text(), (saved / WEIGHTS).read_bytes()
    length = int.from_bytes(good[:8], "little")
    header = json.loads(good[8 : 8 + length])
    name = next(key for key in header if key != "__metadata__")
    lies = [
        header | {name: header[name] | {"shape": [2**40, 2**20]}},
        header | {name: header[name] | {"data_offsets": [0, 2**60]}},
        header | {name: header[name] | {"data_offsets": [-8, 8]}},
        header | {name: header[name] | {"dtype": "F65"}},
        {"../../evil": header[name]},
    ]
    texts = [json.dumps(lie).encode() for lie in lies]
    files = [len(text).to_bytes(8, "little") + text + good[8 + length :] for text in texts]
    files += [(2**63).to_bytes(8, "little") + good[8:], (2**64 - 1).to_bytes(8, "little"), good[:4], b""]
    for index, file in enumerate(files):
        refusal(tmp_path / f"bad{index}", config, file)
