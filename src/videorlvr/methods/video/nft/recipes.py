"""Complete runs of DiffusionNFT. Costs are of one run, its SFT left out."""

from __future__ import annotations

from videorlvr.methods.video.nft.config import NFTConfig
from videorlvr.training.matching_config import MICRO_MAZE


def micro_maze_nft() -> NFTConfig:
    """Maze 3x3 on a CPU, from `micro-maze-sft`.

    Command: `videorlvr train micro-maze-nft`. Cost: not measured. Result: not measured.
    """
    return NFTConfig(**MICRO_MAZE, max_advantage=2.0)


RECIPES = (micro_maze_nft,)
