"""The papers whose claims this project tests, as data: `papers.yaml` beside this file, checked as it is read.

Law: what a paper says and what it needs stands in the data; what has become of it here does not, since that follows
from the methods that name it and from the cards of their studies.
"""

from __future__ import annotations

import functools
import re
from importlib.resources import files
from typing import Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from videorlvr.base.choices import unknown

Host = Literal["video", "text", "vision", "agents"]
Fit = Literal["natural", "possible", "forced"]
HOSTS: tuple[str, ...] = get_args(Host)
ARXIV = re.compile(r"arXiv:?\s?(\d{4}\.\d{5})")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Family(_Strict):
    """Claims of one kind, and the control that each of them needs."""

    title: str = Field(min_length=1)
    control: str = Field(min_length=1)


class Paper(_Strict):
    """name: what people call it. by: authors or institution, where known. reported: the paper's own figures.
    simulated: what in a test here stands for something else; empty where nothing does."""

    number: int = Field(ge=1)
    name: str = Field(min_length=1)
    title: str = Field(min_length=1)
    arxiv: str = Field(pattern=r"^\d{4}\.\d{5}$")
    by: str = ""
    venue: str = ""
    hosts: tuple[Host, ...] = Field(min_length=1)
    family: str
    also: tuple[str, ...] = ()
    abstract: str = Field(min_length=1)
    reported: str = Field(min_length=1)
    control: str = Field(min_length=1)
    fit: Fit
    simulated: str = ""
    code: str = ""

    @property
    def url(self) -> str:
        return f"https://arxiv.org/abs/{self.arxiv}"

    @property
    def anchor(self) -> str:
        """The paper's place in the catalogue; it stays when a name changes."""
        return f"paper-{self.number}"

    @property
    def families(self) -> tuple[str, ...]:
        return (self.family, *self.also)


class Papers(_Strict):
    """All of them, by number."""

    families: dict[str, Family]
    papers: tuple[Paper, ...]

    @model_validator(mode="after")
    def _each_once(self) -> Papers:
        for key in ("number", "arxiv", "name"):
            values = [getattr(paper, key) for paper in self.papers]
            twice = sorted({str(value) for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"two papers share the {key} {', '.join(twice)}; each must have its own")
        for paper in self.papers:
            for family in paper.families:
                if family not in self.families:
                    raise unknown(f"family of paper {paper.number}", family, self.families)
        return self


@functools.cache
def papers() -> Papers:
    text = (files("videorlvr.reports") / "papers.yaml").read_text(encoding="utf-8")
    return Papers.model_validate(yaml.safe_load(text))


def sources_of(text: str) -> set[str]:
    """The arXiv numbers that a method's source names: a paper is built where a method names its number."""
    return set(ARXIV.findall(text))
