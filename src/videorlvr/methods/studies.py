"""The studies that methods bring. The room `studies` runs them; here they are found, and held to what can be run."""

from __future__ import annotations

import logging

from videorlvr.base.choices import unknown
from videorlvr.base.found import OURS, load
from videorlvr.evaluation.study import Study
from videorlvr.methods import METHODS, recipe_of, way_of, ways_to_play
from videorlvr.training.method import Method
from videorlvr.training.settings import overridden


def studies_of(method: Method) -> tuple[Study, ...]:
    """The studies that a method's record refers to: one, or a sequence of them.

    Raises:
        ValueError: If there is no such thing, or it holds something else.
    """
    if method.study is None:
        return ()
    try:
        found = load(method.study)
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"the study '{method.study}' of the method '{method.name}' is not there ({error})"
        ) from error
    listed = (found,) if isinstance(found, Study) else tuple(found)
    for study in listed:
        if not isinstance(study, Study):
            raise ValueError(
                f"the study '{method.study}' of the method '{method.name}' is a {type(study).__name__}; expected a "
                "Study, or several"
            )
    return listed


def studies() -> dict[str, Study]:
    """Name -> study, of all methods; a method whose study cannot be used takes no other's with it.

    Raises:
        ValueError: If two have one name.
    """
    out: dict[str, Study] = {}
    for method in METHODS.values():
        try:
            listed = studies_of(method)
        except ValueError as error:
            logging.getLogger(OURS).warning("%s", error)
            continue
        for study in listed:
            if study.name in out:
                raise ValueError(
                    f"two studies are called '{study.name}', one of them of the method '{method.name}': rename one"
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


def check_runs(study: Study) -> None:
    """Every run is one that `videorlvr train` takes, and every way to play one of `evaluate`; said before anything is
    computed.

    Raises:
        ValueError: For an unknown recipe, way to play or setting, naming the run or the arm.
    """
    for name, run in study.runs.items():
        settings = {key: str(value) for key, value in run.settings.items()}
        try:
            overridden(recipe_of(run.recipe), settings)
        except ValueError as error:
            raise ValueError(f"run '{name}' of the study '{study.name}': {error}") from None
    for name, arm in study.arms.items():
        try:
            if "player" in arm.options:
                way_of("player", str(arm.options["player"]), ways_to_play())
        except ValueError as error:
            raise ValueError(f"arm '{name}' of the study '{study.name}': {error}") from None
