"""Figures as inline SVG: no files, no scripts, readable on a light page and on a dark one.

Law: the same data gives the same bytes. Text and axes are drawn in the page's own text colour, and colours
come from a palette that colour-blind readers can tell apart (after Okabe and Ito, 2008).
matplotlib is imported inside the functions.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from videorlvr.reports.load import Run, Series
from videorlvr.reports.tables import on_suite, results, worlds_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#2b8cc4", "#d9690f", "#169c73", "#b565a7", "#b88a00", "#6f7f8f")
MARKERS = ("o", "s", "^", "D", "v", "P")
INK = "#010203"
"""Stands for the page's text colour until the SVG is written."""
MAX_POINTS = 200
PANEL_IN = (3.1, 2.3)


def panels(titles: Sequence[str], *, columns: int = 3) -> tuple[Figure, list[Axes]]:
    """A figure with one small panel a title."""
    from matplotlib.figure import Figure

    columns = min(columns, len(titles))
    rows = -(-len(titles) // columns)
    figure = Figure(figsize=(PANEL_IN[0] * columns, PANEL_IN[1] * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(titles) :]:
        axes.remove()
    for axes, title in zip(grid, titles, strict=False):
        axes.set_title(title, fontsize=10, color=INK, loc="left")
        axes.tick_params(labelsize=8, colors=INK, length=3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(INK)
        axes.grid(axis="y", alpha=0.18, color=INK, linewidth=0.7)
    return figure, list(grid[: len(titles)])


def svg(figure: Figure, label: str) -> str:
    """The figure as an `<svg>` element that refers to nothing outside the page."""
    import matplotlib as mpl

    settings: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": label, "font.family": "sans-serif"}
    buffer = io.StringIO()
    with mpl.rc_context(settings):
        figure.savefig(buffer, format="svg", transparent=True)
    text = buffer.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r' xmlns(:\w+)?="[^"]*"', "", text)
    text = re.sub(r' id="[A-Za-z0-9]+_\d+"', "", text)
    text = re.sub(r"font: ([\d.]+px)[^;\"]*", r"font: \1 system-ui, sans-serif", text)
    text = text.replace(INK, "currentColor")
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8, frameon=False, labelcolor=INK)


def set_log_scale(axes: Axes) -> None:
    """A logarithmic y axis with plain numbers at 1, 2 and 5."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def binned(series: Series) -> tuple[np.ndarray, np.ndarray]:
    """At most `MAX_POINTS` points: means over neighbouring steps."""
    steps, values = (np.array(part, float) for part in series)
    groups = min(MAX_POINTS, len(steps))
    if not groups:
        return steps, values
    split = [np.array_split(part, groups) for part in (steps, values)]
    return np.array([part.mean() for part in split[0]]), np.array([part.mean() for part in split[1]])


def draw_line(axes: Axes, series: Series, index: int, label: str, *, dashed: bool = False) -> None:
    """A curve, with a marker where there are few points; nothing for an empty series."""
    steps, values = binned(series)
    if not len(steps):
        return
    style = {"linestyle": "--" if dashed else "-", "marker": MARKERS[index % 6] if len(steps) < 16 else ""}
    axes.plot(steps, values, color=COLOURS[index % 6], label=label, linewidth=1.6, markersize=4, **style)  # type: ignore[arg-type]


def draw_rates(axes: Axes, x: Sequence[float], parts: Sequence[Any], index: int, label: str) -> None:
    """Success rates with their 95% intervals, in percent."""
    middle = np.array([100 * part["success"] for part in parts])
    low = np.array([100 * part["low"] for part in parts])
    high = np.array([100 * part["high"] for part in parts])
    axes.errorbar(
        x,
        middle,
        yerr=np.maximum(np.stack([middle - low, high - middle]), 0),
        color=COLOURS[index % 6],
        marker=MARKERS[index % 6],
        markersize=5,
        linestyle="none",
        capsize=2,
        linewidth=1.4,
        label=label,
    )


def success_plot(runs: Sequence[Run], suite: str) -> str:
    """Success with 95% intervals, a group a world, a mark a player."""
    shown, worlds = on_suite(runs, suite), worlds_of(runs, suite)
    groups = [*worlds, "average"] if len(worlds) > 1 else worlds
    figure, (axes,) = panels([f"success on {suite}, %"])
    figure.set_size_inches(max(5.0, 2.1 * len(groups)), 2.6)
    for index, run in enumerate(shown):
        found = results(run, suite)
        parts = {**found["worlds"], "average": found["overall"]}
        places = [place for place, group in enumerate(groups) if group in parts]
        offset = (index - (len(shown) - 1) / 2) * 0.7 / max(len(shown), 1)
        draw_rates(axes, [p + offset for p in places], [parts[groups[p]] for p in places], index, run.label)
    axes.set_xticks(range(len(groups)), groups, fontsize=9)
    axes.set_xlim(-0.5, len(groups) - 0.5)
    axes.set_ylim(-4, 104)
    axes.legend(fontsize=8, frameon=False, labelcolor=INK, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return svg(figure, f"success by world on {suite}")


def difficulty_plot(runs: Sequence[Run], suite: str) -> str:
    """Success by length of the reference solution, a panel a world."""
    shown, worlds = on_suite(runs, suite), worlds_of(runs, suite)
    figure, all_axes = panels([f"{world}: success, %" for world in worlds])
    figure.set_figwidth(max(6.2, figure.get_figwidth()))  # the legend needs the room
    for world, axes in zip(worlds, all_axes, strict=True):
        for index, run in enumerate(shown):
            bins = results(run, suite)["worlds"].get(world, {}).get("difficulty", [])
            offset = (index - (len(shown) - 1) / 2) * 0.7 / max(len(shown), 1)
            draw_rates(axes, [place + offset for place in range(len(bins))], bins, index, run.label)
            names = [f"{a}-{b}" if a != b else f"{a}" for a, b in (part["moves"] for part in bins)]
            axes.set_xticks(range(len(bins)), names)
        axes.set_xlabel("moves of the reference solution", fontsize=8, color=INK)
        axes.set_ylim(-4, 104)
    figure.legend(
        *all_axes[0].get_legend_handles_labels(),
        loc="outside upper left",
        ncols=len(shown),
        fontsize=8,
        frameon=False,
        labelcolor=INK,
    )
    return svg(figure, f"success by difficulty on {suite}")
