"""Strengths of distortions up to which videos of this world are judged right; see `worlds.declared`."""

from __future__ import annotations

from videorlvr.worlds.declared import by_cell_size

DECLARED = by_cell_size(
    {
        # distortion: (cells of 8 px, cells of 24 px and more)
        "noise": (32, 64),
        "blur": (0.04, 0.04),
        "brighter": (40, 40),
        "darker": (40, 40),
        "less contrast": (0.6, 0.6),
        "more contrast": (3, 3),
        "less saturation": (0.4, 0.4),
        "more saturation": (3, 3),
        "hue": (60, 60),
        "jpeg": (75, 40),
        "h264": (23, 38),
        "latents": (None, 96),
        "smaller": (0.9, 0.35),
        "larger": (3, 3),
        "shift": (None, 0.5),
        "letterbox": (0.4, 0.4),
        "pillarbox": (0.4, 0.4),
        "blurred bars": (0.9, 0.9),
        "rotation": (0.5, 0.5),
        "zoom": (0.01, 0.02),
        "pan": (0.03, 0.06),
        "dimming": (40, 40),
        "fading contrast": (0.6, 0.6),
        "fading colours": (0.4, 0.4),
        "lost frames": (1, 1),
        "repeated frames": (8, 8),
        "fewer frames": (0.5, 0.5),
        "more frames": (3, 3),
        "merged duplicates": (1, 1),
        "dissolves": (3, 3),
        "smoothing": (1 / 3, 1 / 3),
        "afterglow": (0.4, 0.4),
        "shared means": (4, 4),
        "interpolation": (24, 24),
        "telecine": (1, 1),
        "fades": (12, 12),
        "cards": (24, 24),
    }
)
