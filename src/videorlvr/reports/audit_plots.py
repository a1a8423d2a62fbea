"""Tolerance curves of an audit: a figure a world, a panel a distortion, a line a way of showing the problems."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from videorlvr.base.stats import wilson
from videorlvr.evaluation.audit_result import AuditResult
from videorlvr.evaluation.distortions import DISTORTIONS, UNCHANGED
from videorlvr.evaluation.tolerance import DECLARED, LARGE, SMALL, way_shown
from videorlvr.reports.plots import COLOURS, INK, MARKERS, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS, DPI, NUM_COLOURS = 7, 80, 64
PANEL_IN = (2.35, 1.9)

Curves = Mapping[str, Mapping[float, tuple[int, int]]]
"""Distortion -> strength -> (accepted, videos)."""


def pooled(results: Sequence[AuditResult]) -> Curves:
    """The curves of several levels as one."""
    curves: dict[str, dict[float, tuple[int, int]]] = {name: {} for name in DISTORTIONS if name != UNCHANGED}
    for tally in (tally for result in results for tally in result.tolerance):
        if tally.name in curves and tally.strength is not None:
            accepted, videos = curves[tally.name].get(tally.strength, (0, 0))
            curves[tally.name][tally.strength] = accepted + tally.accepted, videos + tally.videos
    return {name: points for name, points in curves.items() if points}


def tolerance_figure(results: Sequence[AuditResult]) -> bytes:
    """A PNG of one world's curves: accepted oracle videos in percent, with 95% intervals, over the strength."""
    world = results[0].world.rpartition("-v")[0]
    ways = {way: pooled([r for r in results if way_shown(r.cells_px[0]) == way]) for way in (SMALL, LARGE)}
    names = [name for name in DISTORTIONS if any(name in curves for curves in ways.values())]
    figure, all_axes = panels(names, columns=COLUMNS)
    for name, axes in zip(names, all_axes, strict=True):
        strengths = list(DISTORTIONS[name].strengths)
        for index, (way, curves) in enumerate(ways.items()):
            _draw(axes, strengths, curves.get(name, {}), index, way)
            limit = DECLARED.get(world, {}).get(way, {}).get(name)
            if limit in strengths:
                axes.axvline(
                    strengths.index(limit) + 0.06 * index, color=COLOURS[index], linestyle=":", linewidth=1.6
                )
        axes.set_xticks(range(len(strengths)), [f"{strength:g}" for strength in strengths])
        axes.set_ylim(-4, 104)
        axes.set_xlabel(DISTORTIONS[name].unit, fontsize=8, color=INK)
    figure.set_size_inches(PANEL_IN[0] * COLUMNS, PANEL_IN[1] * -(-len(names) // COLUMNS) + 0.4)
    handles, labels = all_axes[0].get_legend_handles_labels()
    title = f"{world}: oracle videos accepted, %, by strength of the distortion; dotted: declared"
    figure.suptitle(title, fontsize=12, color=INK, x=0.01, ha="left")
    figure.legend(
        handles, labels, loc="outside upper right", ncols=2, fontsize=9, frameon=False, labelcolor=INK
    )
    return _small_png(figure)


def _draw(
    axes: Axes, strengths: Sequence[float], points: Mapping[float, tuple[int, int]], index: int, label: str
) -> None:
    places = [place for place, strength in enumerate(strengths) if strength in points]
    if not places:
        return
    counts = [points[strengths[place]] for place in places]
    bounds = 100 * np.array([wilson(accepted, videos) for accepted, videos in counts])
    rates = [100 * accepted / videos for accepted, videos in counts]
    axes.fill_between(places, bounds[:, 0], bounds[:, 1], color=COLOURS[index], alpha=0.16, linewidth=0)
    axes.plot(
        places,
        rates,
        color=COLOURS[index],
        marker=MARKERS[index],
        markersize=7 - 3 * index,  # a later line often lies on an earlier one, which therefore is thicker
        linewidth=3 - 1.6 * index,
        label=label,
    )


def _small_png(figure: Figure) -> bytes:
    """Few colours, since a curve needs no more."""
    from PIL import Image

    buffer, small = io.BytesIO(), io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, facecolor="white")
    Image.open(buffer).convert("RGB").quantize(NUM_COLOURS).save(small, format="PNG", optimize=True)
    return small.getvalue()
