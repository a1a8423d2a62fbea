"""The glossary of metrics, as Markdown: what each number in `metrics.jsonl` means, method by method.

Law: it is made from what the code declares, so a metric that is told and not in here is one that the contract of
methods refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from videorlvr.evaluation.measures import MEASURES
from videorlvr.reports.worlds_page import markdown_table
from videorlvr.training.glossary import LOOP
from videorlvr.training.method import Method

INTRO = """# Metrics

What the numbers of a run mean. A line of `metrics.jsonl` is a step; a name that ends in `/*` stands for one a world,
`loss/maze`. Made by `videorlvr methods catalogue`; edit the method, not this page."""


def glossary(methods: Iterable[Method]) -> str:
    """The page."""
    parts = [INTRO, "## Of every run", _table(LOOP)]
    for method in methods:
        parts += [f"## {method.title}", method.summary, _table(method.metrics)]
    rows = [(f"`{measure.name}`", measure.title, measure.better) for measure in MEASURES.values()]
    parts += ["## Of an arm of a study", markdown_table(("measure", "what it means", "better"), rows)]
    return "\n\n".join(parts) + "\n"


def _table(metrics: Mapping[str, str]) -> str:
    rows = [(f"`{name}`", sentence) for name, sentence in metrics.items()]
    return markdown_table(("metric", "what it means"), rows)
