"""Tolerance curves of an audit: a figure a world, a panel a distortion, a line a way of showing the problems."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from videorlvr.audit.distortions import DISTORTIONS, UNCHANGED
from videorlvr.audit.result import AuditResult, Tally
from videorlvr.base.stats import wilson
from videorlvr.judge.decoded import UNDECIDABLE
from videorlvr.reports.plots import COLOURS, INK, MARKERS, panels
from videorlvr.worlds import WORLDS
from videorlvr.worlds.declared import LARGE, SMALL, way_shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS, DPI, NUM_COLOURS = 7, 80, 64
PANEL_IN = (2.35, 1.9)


@dataclass(frozen=True)
class Point:
    """Oracle videos under one distortion of one strength. undecidable: of those that are not accepted."""

    videos: int = 0
    accepted: int = 0
    undecidable: int = 0

    @property
    def refused(self) -> int:
        return self.videos - self.accepted

    def plus(self, tally: Tally) -> Point:
        return Point(
            self.videos + tally.videos,
            self.accepted + tally.accepted,
            self.undecidable + tally.reasons.get(UNDECIDABLE, 0),
        )


Curves = Mapping[str, Mapping[float, Point]]
"""Distortion -> strength -> what became of the videos."""


def pooled(results: Sequence[AuditResult]) -> Curves:
    """The curves of several levels as one; strengths in the order in which they are tried."""
    curves: dict[str, dict[float, Point]] = {name: {} for name in DISTORTIONS}
    for tally in (tally for result in results for tally in result.tolerance):
        if tally.name in curves and tally.strength is not None:
            points = curves[tally.name]
            points[tally.strength] = points.get(tally.strength, Point()).plus(tally)
    order = {name: distortion.strengths.index for name, distortion in DISTORTIONS.items()}
    return {
        name: {strength: points[strength] for strength in sorted(points, key=order[name])}
        for name, points in curves.items()
        if points
    }


def tolerance_figure(results: Sequence[AuditResult]) -> bytes:
    """A PNG of one world's curves: accepted oracle videos in percent, with 95% intervals, over the strength; dashed
    with those that are undecidable."""
    world = results[0].world.rpartition("-v")[0]
    ways = {way: pooled([r for r in results if way_shown(r.cells_px[0]) == way]) for way in (SMALL, LARGE)}
    tried = {name for curves in ways.values() for name in curves}
    names = [name for name in DISTORTIONS if name in tried and name != UNCHANGED]
    figure, all_axes = panels(names, columns=COLUMNS)
    for name, axes in zip(names, all_axes, strict=True):
        strengths = list(DISTORTIONS[name].strengths)
        for index, (way, curves) in enumerate(ways.items()):
            _draw(axes, strengths, curves.get(name, {}), index, way)
            limit = WORLDS[world].declared.get(way, {}).get(name) if world in WORLDS else None
            if limit in strengths:
                axes.axvline(
                    strengths.index(limit) + 0.06 * index, color=COLOURS[index], linestyle=":", linewidth=1.6
                )
        axes.set_xticks(range(len(strengths)), [f"{strength:g}" for strength in strengths])
        axes.set_ylim(-4, 104)
        axes.set_xlabel(DISTORTIONS[name].unit, fontsize=8, color=INK)
    figure.set_size_inches(PANEL_IN[0] * COLUMNS, PANEL_IN[1] * -(-len(names) // COLUMNS) + 0.4)
    handles, labels = all_axes[0].get_legend_handles_labels()
    title = f"{world}: oracle videos accepted, %, by strength; dashed: or undecidable; dotted: declared"
    figure.suptitle(title, fontsize=12, color=INK, x=0.01, ha="left")
    figure.legend(
        handles, labels, loc="outside upper right", ncols=2, fontsize=9, frameon=False, labelcolor=INK
    )
    return _small_png(figure)


def _draw(
    axes: Axes, strengths: Sequence[float], points: Mapping[float, Point], index: int, label: str
) -> None:
    places = [place for place, strength in enumerate(strengths) if strength in points]
    if not places:
        return
    found = [points[strengths[place]] for place in places]
    bounds = 100 * np.array([wilson(point.accepted, point.videos) for point in found])
    rates = [100 * point.accepted / point.videos for point in found]
    not_refused = [100 * (point.accepted + point.undecidable) / point.videos for point in found]
    axes.plot(places, not_refused, color=COLOURS[index], linestyle="--", linewidth=1)
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
