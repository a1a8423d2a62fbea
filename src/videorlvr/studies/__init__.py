"""Studies: claims of methods, tested. The methods bring them; `run` runs one, `card` says what came of it."""

from __future__ import annotations

from videorlvr.base.choices import unknown
from videorlvr.base.found import load
from videorlvr.evaluation.study import Study
from videorlvr.methods import METHODS
from videorlvr.training.method import Method


def studies_of(method: Method) -> tuple[Study, ...]:
    """The studies that a method's record refers to: one, or a tuple of them.

    Raises:
        ValueError: If it refers to something else.
    """
    if method.study is None:
        return ()
    found = load(method.study)
    listed = (found,) if isinstance(found, Study) else tuple(found)
    for study in listed:
        if not isinstance(study, Study):
            raise ValueError(
                f"'{method.study}' of the method '{method.name}' holds a {type(study).__name__}; expected studies"
            )
    return listed


def studies() -> dict[str, Study]:
    """Name -> study, of all methods.

    Raises:
        ValueError: If two have one name.
    """
    out: dict[str, Study] = {}
    for method in METHODS.values():
        for study in studies_of(method):
            if study.name in out:
                raise ValueError(
                    f"two studies are called '{study.name}', one of them of method '{method.name}'"
                )
            out[study.name] = study
    return out


def study_of(name: str) -> Study:
    """The study of that name.

    Raises:
        ChoiceError: Naming the nearest.
    """
    found = studies()
    if name not in found:
        raise unknown("study", name, found)
    return found[name]
