"""Strengths of distortions up to which videos of this world are judged right; see `worlds.declared`."""

from __future__ import annotations

from videorlvr.worlds.declared import by_cell_size

DECLARED = by_cell_size(
    {
        # distortion: (cells of 8 px, cells of 24 px and more)
        "noise": (32, 64),
        "blur": (0.04, 0.04),
        "brighter": (20, 20),
        "darker": (40, 40),
        "less contrast": (0.8, 0.8),
        "more contrast": (2, 2),
        "less saturation": (0.5, 0.5),
        "more saturation": (1.25, 1.25),
        "hue": (20, 20),
        "jpeg": (85, 40),
        "h264": (23, 38),
        "latents": (None, 192),
        "smaller": (None, 0.35),
        "larger": (3, 3),
        "shift": (None, 0.5),
        "letterbox": (0.4, 0.4),
        "pillarbox": (0.4, 0.4),
        "blurred bars": (0.9, 0.9),
        "rotation": (0.5, 0.5),
        "zoom": (0.01, 0.02),
        "pan": (0.03, 0.06),
        "dimming": (40, 40),
        "fading contrast": (0.7, 0.7),
        "fading colours": (0.4, 0.4),
        "lost frames": (1, 1),
        "repeated frames": (8, 8),
        "fewer frames": (0.6, 0.6),
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
