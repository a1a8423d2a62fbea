"""The contract of methods, held against one of them: what every method must keep, in runs of two steps on a CPU.

Law: a method of another package is held to the very same. What is found is a sentence each, so that an author reads
what to mend; an error that a run raises is one of them.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from videorlvr.base import runs
from videorlvr.base.records import read_jsonl
from videorlvr.methods.studies import check_runs, studies_of
from videorlvr.training.config import MethodConfig, RunConfig
from videorlvr.training.method import Method

PAGE = ("**Source.**", "**Differences", "**Cost.**")
"""What the docstring of a method's package must have, for it is the method's page."""
RECIPE = ("Command:", "Cost:", "Result:")
SHIPPED = Path(str(files("videorlvr") / "assets" / "micro-sft" / "policy"))
NUM_STEPS = 2


def module_of(method: Method) -> ModuleType:
    """The package that holds a method, whose docstring is its page."""
    return importlib.import_module(method.config.partition(":")[0].rpartition(".")[0])


def check_method(method: Method) -> list[str]:
    """What the method breaks of the contract; [] for one that keeps it."""
    found = [*_page(method), *_recipes(method), *_studies(method)]
    if method.learner is None:
        return found
    with TemporaryDirectory(prefix="videorlvr-check-") as folder:
        try:
            found += _runs(method, Path(folder))
        except Exception as error:  # whatever another's code raises is what is wrong with it
            found.append(f"a run of {NUM_STEPS} steps ends with {type(error).__name__}: {error}")
    return found


def _page(method: Method) -> Iterator[str]:
    page = module_of(method).__doc__ or ""
    for part in PAGE:
        if part not in page:
            yield f"the docstring of its package, which is its page, has no {part.strip('*.')} paragraph"
    for name in method.shown:
        if method.explain(name) is None:
            yield f"it shows the metric '{name}', which it does not declare"


def _recipes(method: Method) -> Iterator[str]:
    for name, recipe in method.recipe_list.items():
        try:
            config: MethodConfig | None = recipe()
        except ValueError as error:
            yield f"its recipe '{name}' is no configuration: {' '.join(str(error).split())}"
            continue
        if not isinstance(config, method.config_type):
            yield f"its recipe '{name}' makes a {type(config).__name__}; expected a {method.config_type.__name__}"
        for part in RECIPE:
            if part not in (recipe.__doc__ or ""):
                yield f"the docstring of its recipe '{name}' does not say its {part.strip(':').lower()}"


def _studies(method: Method) -> Iterator[str]:
    try:
        for study in studies_of(method):
            check_runs(study)
    except ValueError as error:
        yield str(error)


def _runs(method: Method, folder: Path) -> Iterator[str]:
    """Two runs of one configuration, of which one is interrupted after its first step and goes on."""
    from videorlvr.training.loop import Interrupted
    from videorlvr.training.run import run

    config = _tiny(method)
    run(method, config, folder / "whole")
    stopped = False
    try:
        run(method, config.changed(max_s=1e-9), folder / "halved")
    except Interrupted:
        stopped = True
    run(method, config, folder / "halved")
    if not stopped:
        yield "a run with no time left was not interrupted after its first step"
    whole, halved = (_result(folder / name) for name in ("whole", "halved"))
    init = getattr(config, "init", None)
    if init is not None and whole["policy"] == _files(Path(init)):
        yield "its demo leaves the policy as it was, so that nothing is checked: choose one that teaches"
    if whole["policy"] != halved["policy"]:
        yield "a run that was interrupted and went on ends with another policy than one that was not"
    if _untimed(whole["metrics"]) != _untimed(halved["metrics"]):
        yield "a run that was interrupted and went on tells other metrics than one that was not"
    told = {name for line in (*whole["metrics"], *halved["metrics"]) for name in line}
    for name in sorted(told):
        if method.explain(name) is None:
            yield f"it tells the metric '{name}', which it does not declare"


def _tiny(method: Method) -> RunConfig:
    """The method's demo for two steps on a CPU. What goes on from a policy goes on from the one that ships, for
    FlowFree and Sokoban at `micro`: from one that has learnt nothing all rewards would be equal."""
    values: dict[str, Any] = {"num_steps": NUM_STEPS, "device": "cpu", "num_workers": 0, **method.demo}
    if "init" in method.config_type.model_fields and "model" not in method.config_type.model_fields:
        values = {"init": str(SHIPPED), **values}
    config = method.config_type.model_validate(values)
    assert isinstance(config, RunConfig)  # what trains has one
    return config


def _result(folder: Path) -> dict[str, Any]:
    return {"policy": _files(folder / runs.POLICY), "metrics": read_jsonl(folder / runs.METRICS)}


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def _untimed(lines: list[dict[str, Any]]) -> list[str]:
    """Lines without what a clock measured, as text, in which no NaN differs from itself."""
    timed = ("seconds", "_s")
    return [json.dumps({k: v for k, v in line.items() if not k.endswith(timed)}) for line in lines]
