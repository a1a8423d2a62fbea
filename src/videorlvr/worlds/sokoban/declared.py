"""Strengths of distortions up to which videos of this world are judged right; see `worlds.declared`."""

from __future__ import annotations

from videorlvr.worlds.declared import by_cell_size

DECLARED = by_cell_size(
    {
        # distortion: (cells of 8 px, cells of 24 px and more)
        "noise": (24, 64),
        "blur": (0.04, 0.04),
        "brighter": (40, 40),
        "darker": (40, 40),
        "less contrast": (0.5, 0.5),
        "more contrast": (2, 2),
        "less saturation": (0.5, 0.5),
        "more saturation": (3, 3),
        "hue": (45, 45),
        "jpeg": (None, 40),
        "h264": (18, 38),
        "latents": (None, 192),
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
        "fading colours": (0.5, 0.5),
        "lost frames": (1, 1),
        "repeated frames": (8, 8),
        "fewer frames": (0.5, 0.5),
        "more frames": (3, 3),
        "merged duplicates": (1, 1),
        "dissolves": (3, 3),
        "smoothing": (None, None),
        "afterglow": (None, None),
        "shared means": (None, None),
        "interpolation": (24, 24),
        "telecine": (1, 1),
        "fades": (12, 12),
        "cards": (24, 24),
    }
)
