"""A page shows what strangers wrote into their run folders; none of it becomes markup."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from videorlvr.base.records import append_jsonl, read_json, read_jsonl, write_json
from videorlvr.base.runs import evaluation_dir
from videorlvr.cli.main import main
from videorlvr.evaluation import runner, suites
from videorlvr.players.baselines import BASELINES

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"' onload='x"
SUITE = suites.Suite("smoke-v1:maze", (suites.Part("maze", "micro", "test", 4),))


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def spoil(folder: Path, changes: dict[str, Any]) -> None:
    path = evaluation_dir(folder, SUITE.name) / "records.jsonl"
    records = [record | changes for record in read_jsonl(path)]
    path.unlink()
    for record in records:
        append_jsonl(path, record)


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Two runs whose names, reasons, metrics and remarks are markup."""
    folders = [tmp_path / "runs" / EVIL.replace("/", "-"), tmp_path / "runs" / "b & <b>b<"]
    for folder in folders:
        out = evaluation_dir(folder, SUITE.name)
        runner.evaluate(BASELINES["frozen-frame"], SUITE, name=EVIL, out=out)
        spoil(
            folder,
            {"reason": EVIL, "components": {EVIL: 0.5}, "rewards": {EVIL: 1.0}, "metrics": {EVIL: 1.0}},
        )
        summary = read_json(out / "summary.json")
        write_json(out / "summary.json", summary | {"player": EVIL, "clips_rule": EVIL, EVIL: EVIL})
        write_json(folder / "about.json", {"command": EVIL, EVIL: [EVIL]})
        names = {"loss": 0.5, f"loss/{EVIL}": 1.0, f"val/success/{EVIL}": 0.5, f"reward/{EVIL}": 0.5}
        for step in range(4):
            append_jsonl(folder / "metrics.jsonl", {"step": step, f"component/{EVIL}/{EVIL}": 0.5, **names})
    write_json(folders[0] / "config.json", {"stage": "sft", "note": EVIL})
    write_json(folders[1] / "config.json", {"stage": "grpo", "init": str(folders[0] / "policy")})
    return folders


def test_no_string_of_a_run_becomes_markup(runs: list[Path], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert main(["report", *map(str, runs), "--out", str(page)]) == 0
    html = page.read_text()
    assert "alert(1)" in html, "the strings are shown, so that this test says something"
    for tag, attributes in Tags(html).found:
        assert tag not in ("script", "iframe", "object", "embed", "link", "base", "form"), tag
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        source = attributes.get("src") or attributes.get("href") or "#"
        assert re.match(r"#|data:image/", source), (tag, source[:60])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("config.json", [1]),
        ("config.json", {"stage": ["sft"], "init": 5}),
        ("config.json", {"stage": {"a": 1}}),
        ("config.json", {"stage": "sft", "init": {"a": 1}}),
        ("about.json", 3),
        ("metrics.jsonl", {"loss": 1.0}),
        ("metrics.jsonl", {"step": "a", "loss": 1.0}),
        ("metrics.jsonl", {"step": 1, "loss": "high"}),
        ("metrics.jsonl", {"step": [1], "loss": {"a": 1}}),
        ("metrics.jsonl", {"step": 10**400, "loss": 1.0}),
    ],
)
def test_a_file_of_another_form_is_one_sentence(
    name: str, value: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Shown as far as it makes sense, or refused with the file's name; never a traceback."""
    write_json(tmp_path / "run" / "config.json", {"stage": "sft"})
    (tmp_path / "run" / name).write_text(json.dumps(value) + "\n")
    code = main(["report", str(tmp_path / "run"), "--out", str(tmp_path / "page.html")])
    said = capsys.readouterr().err
    assert code in (0, 2)
    assert code == 0 or (name in said and said.count("\n") == 1)
