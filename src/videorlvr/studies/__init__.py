"""Studies: claims of methods, tested. `STUDIES` is the list: those that the methods bring."""

from __future__ import annotations

from videorlvr.base.choices import unknown
from videorlvr.base.found import load
from videorlvr.evaluation.study import Study

STUDIES: dict[str, str] = {"early-step-focus": "videorlvr.studies.early_step_focus:STUDY"}
"""Name -> where it is stated, imported when asked for."""


def study_of(name: str) -> Study:
    """The study of that name.

    Raises:
        ChoiceError: Naming the nearest.
    """
    if name not in STUDIES:
        raise unknown("study", name, STUDIES)
    study: Study = load(STUDIES[name])
    return study
