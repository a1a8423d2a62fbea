"""The report is one inert file that holds the numbers of its runs."""

from __future__ import annotations

import re
from argparse import Namespace
from html.parser import HTMLParser

import numpy as np
import pytest

from videorlvr.base.choices import ChoiceError
from videorlvr.base.records import append_jsonl, write_json
from videorlvr.base.runs import evaluation_dir
from videorlvr.cli.report import run as report_command
from videorlvr.evaluation import runner, suites
from videorlvr.players.baselines import BASELINES, oracle, random_legal
from videorlvr.reports import curves, load, tables, worlds_page
from videorlvr.reports.page import write_report
from videorlvr.worlds import WORLDS

VOID = {"meta", "img", "br", "link", "hr", "input"}
SUITE = suites.suite_of("smoke-v1")


class Page(HTMLParser):
    """Collects tags and text, and refuses tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, key, value or "") for key, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def weak(world, problems, sample):
    """Solves every third problem; shows another random walk for the rest."""
    good = oracle(world, problems, sample)
    solved = np.array([problem.address.index % 3 == 0 for problem in problems])
    return np.where(solved[:, None, None, None, None], good, random_legal(world, problems, 7))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    for name in ("random-legal", "oracle"):
        out = evaluation_dir(root / "baselines" / name, SUITE.name)
        runner.evaluate(BASELINES[name], SUITE, name=name, out=out)
    for stage, player in (("sft", weak), ("grpo", oracle)):
        folder = root / stage
        init = None if stage == "sft" else str(root / "sft" / "checkpoints" / "last")
        write_json(folder / "config.json", {"stage": stage, "init": init, "note": "<script>x</script>"})
        write_json(folder / "about.json", {"command": f"train {stage} --seed 0", "seed": 0})
        runner.evaluate(
            player, SUITE, name=stage, out=evaluation_dir(folder, SUITE.name), checkpoint="abc123"
        )
        for step in range(30):
            append_jsonl(folder / "metrics.jsonl", metrics(stage, step))
    return root


def metrics(stage, step):
    if stage == "sft":
        return {"step": step, "loss": 1 / (1 + step), "loss/maze": 2 / (1 + step), "val/success/maze": 0.1}
    names = {"reward/maze": 0.5, "success/maze": 0.2, "component/maze/progress": 0.7, "kl": 0.01}
    return {"step": step, "reward_std": None if step == 3 else 0.1, **names}


@pytest.fixture(scope="module")
def html(runs):
    report_command(Namespace(runs=[str(runs)], out=str(runs / "report.html")))
    return (runs / "report.html").read_text()


def test_page_is_well_formed_and_inert(html):
    page = Page(html)
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert not re.search(r"https?://", html)
    for tag, key, value in page.attributes:
        assert not key.startswith("on"), (tag, key)
        if key in ("src", "href", "xlink:href"):
            assert value.startswith(("data:image/", "#")), (tag, key, value[:40])
    assert "&lt;script&gt;x" in html
    assert "&amp;lt;" not in html


def test_page_holds_the_numbers_and_the_verdict(html, runs):
    text = " ".join(Page(html).text.split())
    loaded = [load.load_run(label, folder) for label, folder in load.labelled(load.find_runs([runs]))]
    assert [run.label for run in loaded] == ["oracle", "random-legal", "SFT", "SDE-GRPO"]
    for run in loaded:
        for world in WORLDS:
            part = tables.results(run, SUITE.name)["worlds"][world]
            assert tables.with_interval(part) in text
    assert load.parents([(run.label, run.folder) for run in loaded]) == [("SFT", "SDE-GRPO")]
    assert "SDE-GRPO solves 100.0 % of smoke-v1" in text
    assert "train grpo --seed 0" in text
    assert suites.suite_hash(SUITE) in text
    assert "abc123" in text


def test_clips_show_before_and_after_with_verdicts(html):
    page = Page(html)
    alternatives = [value for tag, key, value in page.attributes if (tag, key) == ("img", "alt")]
    for label in ("problem", "oracle", "SFT", "SDE-GRPO"):
        assert f"{label} of maze-v1/micro/test/0" in alternatives
    assert "refused" in page.text
    assert "Chosen by rule" in page.text
    assert sum(value.startswith("data:image/webp") for _, _, value in page.attributes) >= 12


def test_figures_are_deterministic_and_follow_the_page(html, runs):
    before = html
    report_command(Namespace(runs=[str(runs)], out=str(runs / "again.html")))
    assert (runs / "again.html").read_text() == before
    figure = curves.loss_curves(load.load_run("SFT", runs / "sft"))
    assert "currentColor" in figure
    assert "#010203" not in figure
    assert "xmlns" not in figure


def test_missing_metrics_leave_figures_out(runs):
    run = load.load_run("SFT", runs / "sft")
    assert curves.reward_curves(run) == curves.component_curves(run) == curves.health_curves(run) == ""
    rl = load.load_run("RL", runs / "grpo")
    assert curves.loss_curves(rl) == ""
    assert len(rl.series("reward_std")[0]) == 29
    assert "±1 sd" in curves.reward_curves(rl)


def test_mistakes_are_named(runs, tmp_path):
    with pytest.raises(ValueError, match="holds no run"):
        load.find_runs([tmp_path])
    labelled = [("SFT", runs / "sft"), ("RL", runs / "grpo")]
    with pytest.raises(ChoiceError, match="did you mean 'SFT'"):
        write_report(labelled, tmp_path / "x.html", comparisons=[("SFTT", "RL")])
    with pytest.raises(ValueError, match="each once"):
        write_report([labelled[0], labelled[0]], tmp_path / "x.html")


def test_a_run_stands_beside_its_control_or_the_page_says_that_it_has_none(runs, tmp_path):
    """Two runs that went on from one policy; with one of them left out, the other stands alone."""
    for name, method, spent in (("more", "sft", 5_000), ("grpo2", "sde-grpo", 4_900)):
        folder = tmp_path / name
        config = {"method": method, "init": str(runs / "sft" / "policy"), "seed": 3}
        write_json(folder / "config.json", config)
        for elapsed in (1.0, 2.5, 1.0):
            append_jsonl(
                folder / "metrics.jsonl", {"step": 1, "network_evaluations": spent, "elapsed_s": elapsed}
            )
        runner.evaluate(weak, SUITE, name=name, out=evaluation_dir(folder, SUITE.name))
    pair = [("SFT, continued", tmp_path / "more"), ("RL", tmp_path / "grpo2")]
    assert load.siblings(pair) == [("SFT, continued", "RL")]
    loaded = [load.load_run("SFT", runs / "sft"), *(load.load_run(*run) for run in pair)]
    table = tables.cost_table(loaded)
    assert ("SFT, continued", "SFT", "5,000", "4", "3") in table.rows
    assert ("RL", "SFT", "4,900", "4", "3") in table.rows
    assert "Without a control" not in table.note
    assert load.siblings(pair[1:]) == []
    assert "Without a control: RL." in tables.cost_table([loaded[0], loaded[2]]).note


def test_evidence_is_counted_in_puzzles(runs):
    run = load.load_run("SFT", runs / "sft")
    part = tables.results(run, SUITE.name)["worlds"]["maze"]
    (row,) = tables.evidence_table([run], SUITE.name).rows
    assert row[1] == f"{part['n']} / {part['puzzles']} / {part['effective_n']:.0f}"
    assert part["n"] == 8


def test_report_of_a_run_without_evaluations(tmp_path):
    write_json(tmp_path / "run" / "config.json", {"stage": "sft"})
    write_report([("SFT", tmp_path / "run")], tmp_path / "x.html")
    assert "None of these runs has been evaluated" in Page((tmp_path / "x.html").read_text()).text


def test_world_pages_say_what_the_worlds_say(tmp_path):
    first = {path.name: path.read_bytes() for path in worlds_page.write_pages(tmp_path / "a")}
    again = {path.name: path.read_bytes() for path in worlds_page.write_pages(tmp_path / "b")}
    assert first == again
    for world in WORLDS.values():
        text = first[f"{world.name}.md"].decode()
        for names in (world.levels, world.reasons, world.rewards):
            assert all(f"| `{name}` |" in text for name in names)
        assert all(f"| {cheat.name} |" in text for cheat in world.cheats)
        assert f"{world.name}.png" in first
