"""A prompt names the colours that are shown, in every theme."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest

from videorlvr.base.choices import ChoiceError
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem, shown_as
from videorlvr.worlds.render import first_frame

# What people call these colours; a theme's words are held against this, not against its own table.
PALETTE = {
    "white": (245, 245, 240),
    "black": (20, 22, 30),
    "grey": (90, 92, 110),
    "red": (222, 50, 70),
    "green": (80, 210, 130),
    "blue": (70, 130, 230),
    "yellow": (240, 200, 60),
    "brown": (180, 125, 50),
    "pink": (245, 120, 185),
    "teal": (60, 130, 140),
}
COLOUR_WORD = r"\b(?:" + "|".join(PALETTE) + r")\b"
THEMES = [(world, theme) for world in WORLDS for theme in WORLDS[world].themes]


def nearest_word(colour):
    return min(PALETTE, key=lambda word: np.linalg.norm(np.subtract(PALETTE[word], colour)))


@pytest.mark.parametrize(("name", "theme"), THEMES)
def test_a_themes_words_are_its_colours(name, theme):
    shown = WORLDS[name].themes[theme]
    for words, colours in ((shown.tile_words, shown.tiles), (shown.figure_words, shown.figures)):
        assert len(words) in (0, len(colours))
        assert [nearest_word(colour) for colour in colours[: len(words)]] == list(words)


@pytest.mark.parametrize(("name", "theme"), THEMES)
def test_every_colour_of_a_prompt_is_in_its_first_frame(name, theme):
    world = WORLDS[name]
    for index in range(8):
        problem = shown_as(world, make_problem(world, "small", "train", index), theme=theme)
        frame = first_frame(world, problem).reshape(-1, 3)
        seen = {nearest_word(colour) for colour in np.unique(frame, axis=0)}
        named = set(re.findall(COLOUR_WORD, problem.prompt))
        assert named <= seen
        assert "{" not in problem.prompt
        assert bool(named) == (name != "flowfree")  # whose prompts name none of its dozen colours


@pytest.mark.parametrize("name", ["maze", "sokoban"])
def test_another_theme_changes_colour_words_alone(name):
    world = WORLDS[name]
    blank = re.compile(COLOUR_WORD)
    for index in range(6):
        problem = make_problem(world, "micro", "test", index)
        night = shown_as(world, problem, theme="night")
        assert night == make_again(world, problem, "night")
        assert night.prompt != problem.prompt
        assert blank.sub("_", night.prompt) == blank.sub("_", problem.prompt)
        assert shown_as(world, night, theme="default") == problem
        assert shown_as(world, problem, theme="default", size=(96, 160)).prompt == problem.prompt


def make_again(world, problem, theme):
    place = problem.address
    return make_problem(world, place.level, place.split, place.index, theme=theme)


def test_a_theme_that_is_not_there_is_refused():
    with pytest.raises(ChoiceError, match="unknown theme of maze 'nihgt'; did you mean 'night'"):
        make_problem(WORLDS["maze"], "micro", "test", 0, theme="nihgt")


def test_prompts_of_the_default_theme_are_those_of_the_first_release():
    """An address gives the same problem for ever, the sentence included; raise the world's version to change one."""
    digest = hashlib.sha256()
    for name in ("maze", "flowfree", "sokoban"):
        for index in range(10):
            digest.update(make_problem(WORLDS[name], "small", "val", index).prompt.encode())
    assert digest.hexdigest()[:16] == "2c64b70134ba9072"
