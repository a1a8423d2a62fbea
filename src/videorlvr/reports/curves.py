"""Learning curves of a run: what its metrics hold is drawn, what they lack is left out.

Every function returns an SVG, or "" where the run has nothing to show.
"""

from __future__ import annotations

import numpy as np

from videorlvr.reports.load import Run
from videorlvr.reports.plots import COLOURS, INK, binned, draw_line, legend, panels, set_log_scale, svg

HEALTH = {
    "kl": "KL to the reference",
    "clip_fraction": "clipped ratios, share",
    "ratio_gap": "ratio gap",
    "update_kl": "KL of an iteration, nats",
    "clipped_updates": "clipped gradients, share",
    "zero_variance_groups": "groups without contrast",
    "grad_norm": "gradient norm",
}


def loss_curves(run: Run) -> str:
    """Loss over steps, and the loss of each world where it is recorded."""
    names = {"all worlds": "loss"} if run.series("loss")[0] else {}
    names |= {world: f"loss/{world}" for world in run.names_under("loss/")}
    if not names:
        return ""
    logarithmic = all(min(run.series(key)[1], default=1.0) > 0 for key in names.values())
    figure, (axes,) = panels(["training loss" + (" (log scale)" if logarithmic else "")])
    figure.set_size_inches(5.0, 2.6)
    for index, (label, key) in enumerate(names.items()):
        draw_line(axes, run.series(key), index, label)
    if logarithmic:
        set_log_scale(axes)
    axes.set_xlabel("step", fontsize=8, color=INK)
    legend(axes)
    return svg(figure, f"{run.label} loss")


def validation_curves(run: Run) -> str:
    """Success on validation problems during training, percent, a line a world."""
    worlds = run.names_under("val/success/")
    if not worlds:
        return ""
    figure, (axes,) = panels(["success on validation problems, %"])
    figure.set_size_inches(5.0, 2.6)
    for index, world in enumerate(worlds):
        steps, values = run.series(f"val/success/{world}")
        draw_line(axes, (steps, [100 * value for value in values]), index, world)
    axes.set_ylim(-4, 104)
    axes.set_xlabel("step", fontsize=8, color=INK)
    legend(axes)
    return svg(figure, f"{run.label} validation success")


def reward_curves(run: Run) -> str:
    """Mean reward with its band and success rate of rollouts, a panel a world.

    The band is one standard deviation of the rewards: `reward_std/WORLD`, else `reward_std`.
    """
    worlds = run.names_under("reward/")
    if not worlds:
        return ""
    figure, all_axes = panels([f"{world}: rollouts" for world in worlds])
    for world, axes in zip(worlds, all_axes, strict=True):
        spread = next((s for key in (f"reward_std/{world}", "reward_std") if (s := run.series(key))[0]), None)
        if spread is not None:
            steps, mean = binned(run.series(f"reward/{world}"))
            sd = np.interp(steps, *binned(spread))
            low, high = np.maximum(mean - sd, 0), np.minimum(mean + sd, 1)
            axes.fill_between(steps, low, high, color=COLOURS[0], alpha=0.16, linewidth=0)
        label = "reward (mean)" if spread is None else "reward (mean, ±1 sd)"
        draw_line(axes, run.series(f"reward/{world}"), 0, label)
        draw_line(axes, run.series(f"success/{world}"), 1, "success rate", dashed=True)
        axes.set_ylim(-0.04, 1.04)
        axes.set_xlabel("iteration", fontsize=8, color=INK)
    legend(all_axes[0])
    return svg(figure, f"{run.label} reward")


def component_curves(run: Run) -> str:
    """Mean of each reward component over training, a panel a world."""
    found = [name.split("/", 1) for name in run.names_under("component/") if "/" in name]
    worlds = list(dict.fromkeys(world for world, _ in found))
    names = list(dict.fromkeys(name for _, name in found))
    if not worlds:
        return ""
    figure, all_axes = panels([f"{world}: components" for world in worlds])
    for world, axes in zip(worlds, all_axes, strict=True):
        for index, name in enumerate(names):
            draw_line(axes, run.series(f"component/{world}/{name}"), index, name)
        axes.set_ylim(-0.04, 1.04)
        axes.set_xlabel("iteration", fontsize=8, color=INK)
        legend(axes)
    return svg(figure, f"{run.label} reward components")


def health_curves(run: Run) -> str:
    """Signs that the update behaves: KL, clipping, groups that teach nothing."""
    names = [name for name in HEALTH if run.series(name)[0]]
    if not run.names_under("reward/") or not names:
        return ""
    figure, all_axes = panels([HEALTH[name] for name in names], columns=4 if len(names) == 4 else 3)
    for name, axes in zip(names, all_axes, strict=True):
        draw_line(axes, run.series(name), 0, "")
        axes.set_xlabel("iteration", fontsize=8, color=INK)
    return svg(figure, f"{run.label} training health")
