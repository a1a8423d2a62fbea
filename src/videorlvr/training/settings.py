"""Configurations and the words of a command line: changes by key, errors in one sentence, and help."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from videorlvr.base.choices import unknown
from videorlvr.training.config import MethodConfig
from videorlvr.training.task import Task

AnyConfig = TypeVar("AnyConfig", bound=MethodConfig)
BOUNDS = {"ge": ">= ", "gt": "> ", "le": "<= ", "lt": "< "}


def overridden(config: AnyConfig, overrides: Mapping[str, str]) -> AnyConfig:
    """The configuration with command-line changes: `{"lr": "1e-4", "model.width": "384"}`.

    Raises:
        ValueError: One sentence naming the key, the value and the nearest valid key.
    """
    values, keys = config.model_dump(), known_keys(type(config))
    for key, text in overrides.items():
        setting = key.replace("-", "_")
        if setting not in keys:
            raise unknown("setting", key, keys)
        *parents, name = setting.split(".")
        target: Any = values
        for parent in parents:
            if not isinstance(target[parent], dict):  # nothing until now: what is not named keeps its default
                target[parent] = {}
            target = target[parent]
        target[name] = _value(text, target.get(name))
    return checked(type(config), values)


def _value(text: str, present: Any) -> Any:
    """What a command line means. What is neither number, truth value, nothing nor list stays text: a
    folder may be called 007 or 2026-01-31, and pydantic turns the text of a number into the number."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = text
    if isinstance(present, list):
        return text.replace(" ", "").split(",") if isinstance(value, str) else value
    return value if value is None or isinstance(value, bool | list | dict) else text


def checked(kind: type[AnyConfig], values: dict[str, Any]) -> AnyConfig:
    """`kind(**values)`, its errors turned into one sentence."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise ValueError("; ".join(_sentence(detail, kind) for detail in error.errors())) from None


def _sentence(detail: Any, kind: type[BaseModel]) -> str:
    where = ".".join(str(part) for part in detail["loc"]) or "configuration"
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(where, known_keys(kind), n=1)
        return f"unknown key '{where}'" + (f"; did you mean '{near[0]}'?" if near else "")
    reason = detail["msg"].removeprefix("Value error, ")
    shown = detail["input"] if not isinstance(detail["input"], dict | BaseModel) else None
    return f"{where}: {reason}" + (f" (got {shown!r})" if shown is not None else "")


def known_keys(kind: type[BaseModel]) -> list[str]:
    """All keys that a configuration may have, nested ones with dots."""
    return [name for name, _ in fields_of(kind)]


def fields_of(kind: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """(key, field) of a configuration, what is nested after its parent."""
    for name, field in kind.model_fields.items():
        yield prefix + name, field
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from fields_of(inner, f"{prefix}{name}.")


def range_of(field: FieldInfo) -> str:
    """What a value may be, in words: `number > 0`, `adamw | muon`, `whole number >= 1 or null`."""
    limits = {
        name: limit
        for item in field.metadata
        for name in BOUNDS
        if (limit := getattr(item, name, None)) is not None
    }
    bounds = (
        [f"from {limits['ge']:,} to {limits['le']:,}"]
        if limits.keys() == {"ge", "le"}
        else [f"{BOUNDS[name]}{limit:,g}" for name, limit in limits.items()]
    )
    kinds = [_kind(part) for part in _alternatives(field.annotation)]
    named = [kind for kind in kinds if kind not in ("null", "")]
    text = " or ".join(
        [" ".join([" | ".join(named), " and ".join(bounds)]).strip()] + ["null"] * ("null" in kinds)
    )
    return text.strip()


def _alternatives(annotation: Any) -> list[Any]:
    return list(get_args(annotation)) if get_origin(annotation) in (Union, UnionType) else [annotation]


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " | ".join(str(choice) for choice in get_args(annotation))
    if get_origin(annotation) is list:
        inner = " | ".join(_kind(part) for part in get_args(annotation))
        return f"list of {inner}" if inner else "list"
    if isinstance(annotation, type) and issubclass(annotation, Task):
        return "WORLD:LEVEL"
    names = {int: "whole number", float: "number", bool: "true | false", str: "text", type(None): "null"}
    return names.get(annotation, "")


def help_lines(config: MethodConfig) -> Iterator[tuple[str, str, str, str]]:
    """(key, value in this recipe, range, sentence) for each key that a command line may set."""
    values = config.model_dump()
    for key, field in fields_of(type(config)):
        if key == "method" or key.startswith("tasks."):
            continue
        value: Any = values
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, dict):
            continue  # its keys follow
        shown = (
            ",".join(str(Task.model_validate(task)) for task in value)
            if key == "tasks"
            else yaml.safe_dump(value).removesuffix("...\n").strip()
        )
        yield key, shown, range_of(field), field.description or ""
