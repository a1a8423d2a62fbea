"""The policies that come with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def shipped_sft() -> Path:
    """The run folder of the SFT policy for FlowFree and Sokoban at `micro`."""
    return Path(str(files("videorlvr") / "assets" / "micro-sft"))
