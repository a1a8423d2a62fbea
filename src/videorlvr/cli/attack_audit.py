"""`videorlvr audit --attack`: whether one who has read the judge's code can make it believe an illegal trace."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from videorlvr.cli.output import emit_json, note, table
from videorlvr.cli.parser import positive, whole

if TYPE_CHECKING:
    from videorlvr.audit.attack.campaign import Campaign

LEVELS = ("micro", "small", "paper")
SECONDS = 60.0


def register(parser: argparse.ArgumentParser) -> None:
    """The options of an attack, which go with --level, --size and --json."""
    group = parser.add_argument_group("attack")
    group.add_argument(
        "--attack", action="store_true", help="search for what fools the judge, knowing its code"
    )
    group.add_argument(
        "--seconds",
        metavar="S",
        type=positive,
        help=f"time for each world and level (default: {SECONDS:.0f})",
    )
    group.add_argument(
        "--tries", metavar="N", type=positive, help="videos for each world and level, whatever the time"
    )
    group.add_argument("--seed", metavar="N", type=whole, default=0, help="another search (default: 0)")
    group.add_argument(
        "--tolerance",
        metavar="T",
        default="exact",
        help="exact, as the reward is judged, or declared, as files are",
    )
    group.add_argument(
        "--out", metavar="DIR", help="folder for the best of each: <world>-<level>.png and .npz"
    )


def run(args: argparse.Namespace) -> int:
    """`audit --attack`"""
    from videorlvr.audit.attack.campaign import attack
    from videorlvr.audit.attack.target import Target
    from videorlvr.base.choices import unknown
    from videorlvr.judge.tolerance import TOLERANCES
    from videorlvr.worlds import WORLDS, world_of
    from videorlvr.worlds.problems import level_of

    if args.tolerance not in TOLERANCES:
        raise unknown("tolerance", args.tolerance, TOLERANCES)
    worlds = [world_of(name) for name in args.world] or list(WORLDS.values())
    wanted = [name for part in args.level or () for name in part.split(",")] or LEVELS
    budget = args.seconds if args.seconds or args.tries else SECONDS
    campaigns = []
    for world in worlds:
        for level in dict.fromkeys(wanted):
            done = attack(
                world,
                level_of(world, level).name,
                target=Target(args.tolerance),
                size=args.size,
                seed=args.seed,
                tries=args.tries,
                seconds=budget,
            )
            campaigns.append(done)
            note(sentence(done))
            if args.out:
                _save(done, Path(args.out))
    if args.json:
        emit_json({"attacks": [campaign.to_json() for campaign in campaigns]}, args.json)
    if args.json != "-":
        print(_summary(campaigns))
    return 1 if any(campaign.accepted for campaign in campaigns) else 0


def sentence(campaign: Campaign) -> str:
    best = campaign.best
    near = (
        "nothing that a person would call illegal"
        if best is None
        else f"nearest {best.excess:.2f} of what is borne"
    )
    return (
        f"{campaign.world}/{campaign.level}, {campaign.tolerance}: {campaign.tries} tries in {campaign.seconds:.0f} s, "
        f"{len(campaign.accepted)} accepted, {near}"
    )


def _summary(campaigns: list[Campaign]) -> str:
    rows: list[tuple[object, ...]] = [("", "tries", "accepted", "fooled one eye", "nearest", "by", "scene")]
    for campaign in campaigns:
        best = campaign.best
        name = f"{'FAIL' if campaign.accepted else 'PASS'}  {campaign.world}/{campaign.level}"
        name += f" at {campaign.size[0]}x{campaign.size[1]}" if campaign.size else ""
        nearest = ("-", "-", "-") if best is None else (f"{best.excess:.2f}", best.way, best.scene.name)
        rows.append((name, campaign.tries, len(campaign.accepted), campaign.fooled_one_eye, *nearest))
    return table(rows, right=frozenset({1, 2, 3, 4}))


def _save(campaign: Campaign, folder: Path) -> None:
    """The frame of the best attack in which it differs, beside the right one, for people; and the whole of it."""
    import numpy as np

    from videorlvr.base.media.png import write_png

    best = campaign.best
    if best is None or best.video is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    size = f"-{campaign.size[0]}x{campaign.size[1]}" if campaign.size else ""
    name = f"{campaign.world}-{campaign.level}{size}-{campaign.tolerance}-{campaign.seed}"
    frame = int(best.scene.places[-1][0])
    pictures = [best.scene.right[frame], best.video[frame], best.scene.wrong[frame]]
    scale = max(1, 240 // pictures[0].shape[0])
    write_png(
        folder / f"{name}.png", np.concatenate(pictures, axis=1).repeat(scale, axis=0).repeat(scale, axis=1)
    )
    np.savez_compressed(folder / f"{name}.npz", video=best.video)
