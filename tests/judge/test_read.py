"""The eye inverts the hand at every size, and says so where it cannot be sure."""

from __future__ import annotations

import importlib
import itertools

import numpy as np
import pytest

from videorlvr.judge.read import read
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import UNSURE, Layout, Theme, Trace
from videorlvr.worlds.blocks import level_pictures, oracle_block
from videorlvr.worlds.draw import canvas_codes, picture_table, render
from videorlvr.worlds.problems import make_problem, oracle_trace, theme_of
from videorlvr.worlds.render import oracle_video

eye = importlib.import_module("videorlvr.judge.read")

MAZE = WORLDS["maze"].themes["default"]
THEMES = {f"{name}-{theme}": WORLDS[name].themes[theme] for name in WORLDS for theme in WORLDS[name].themes}
SIZES = (8, 9, 12, 16, 25, 48)


def random_trace(theme: Theme, shape: tuple[int, int, int], seed: int = 0) -> Trace:
    rng = np.random.default_rng(seed)
    ground = rng.integers(0, len(theme.tiles) * 16, shape).astype(np.uint8)
    return Trace.exact(ground, rng.integers(0, len(theme.figures), shape).astype(np.uint8))


def same(seen: Trace, trace: Trace) -> bool:
    return np.array_equal(seen.ground, trace.ground) and np.array_equal(seen.figure, trace.figure)


def layout_of(trace: Trace, cell_px: int = 8) -> Layout:
    rows, cols = trace.figure.shape[1:]
    return Layout.centred(rows, cols, canvas_rows=rows + 3, canvas_cols=cols + 2, cell_px=cell_px)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", THEMES)
def test_read_inverts_render_at_every_cell_size(name, size):
    theme = THEMES[name]
    trace = random_trace(theme, (4, 5, 7))
    layout = layout_of(trace, size)
    seen = read(
        render(trace.ground, trace.figure, layout=layout, theme=theme)[None], layout=layout, theme=theme
    )
    assert len(seen) == 1
    assert same(seen[0], trace)
    assert seen[0].confidence.min() > 0.98


@pytest.mark.parametrize(
    ("height_px", "width_px", "rows", "cols"), [(480, 832, 7, 9), (83, 301, 10, 4), (97, 97, 5, 6)]
)
def test_read_inverts_render_in_a_letterbox(height_px, width_px, rows, cols):
    layout = Layout.letterboxed(rows, cols, height_px=height_px, width_px=width_px)
    assert layout.top_px >= 0
    assert layout.left_px >= 0
    larger = (layout.cell_px + 1) * rows > height_px or (layout.cell_px + 1) * cols > width_px
    assert larger, "the board could have been larger"
    trace = random_trace(MAZE, (2, rows, cols))
    video = render(trace.ground, trace.figure, layout=layout, theme=MAZE)
    assert video.shape == (2, height_px, width_px, 3)
    assert same(read(video[None], layout=layout, theme=MAZE)[0], trace)


def test_layouts_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="larger frame"):
        Layout.letterboxed(10, 10, height_px=79, width_px=500)
    with pytest.raises(ValueError, match="larger canvas"):
        Layout.centred(3, 4, canvas_rows=3, canvas_cols=3, cell_px=8)


def blends(theme: Theme, kind: str) -> list[tuple[int, int, Trace, Trace]]:
    """Pairs of unlike codes, and boards of one cell that show one and the other."""
    count = len(theme.figures) if kind == "figure" else len(theme.tiles)
    out = []
    for a, b in itertools.combinations(range(count), 2):
        cells = [np.full((1, 1, 1), code if kind == "figure" else 16 * code, np.uint8) for code in (a, b)]
        zero = np.zeros((1, 1, 1), np.uint8)
        pair = [Trace.exact(zero, c) if kind == "figure" else Trace.exact(c, zero) for c in cells]
        out.append((a, b, *pair))
    return out


@pytest.mark.parametrize("kind", ["figure", "ground"])
@pytest.mark.parametrize("name", THEMES)
def test_half_a_blend_is_neither_of_the_two(name, kind):
    """UNSURE, or with many colours a third one that happens to lie there; never one of the two."""
    theme = THEMES[name]
    for a, b, first, second in blends(theme, kind):
        layout = layout_of(first)
        videos = [
            render(trace.ground, trace.figure, layout=layout, theme=theme).astype(float)
            for trace in (first, second)
        ]
        for share in (0.47, 0.5, 0.53):
            mixed = (share * videos[0] + (1 - share) * videos[1]).round().astype(np.uint8)
            seen = read(mixed[None], layout=layout, theme=theme)[0]
            code = int(getattr(seen, kind)[0, 0, 0])
            code = code if kind == "figure" or code == UNSURE else code // 16
            assert code not in (a, b), f"{share} of {a} and {1 - share} of {b} reads as {code}"
            if name == "maze-default":
                assert code == UNSURE
        slight = (0.9 * videos[0] + 0.1 * videos[1]).round().astype(np.uint8)
        assert same(read(slight[None], layout=layout, theme=theme)[0], first)


def test_how_near_a_colour_must_be_to_be_sure():
    """At most 0.8 of the way to the second nearest; and at most 0.75 of the way from its nearest neighbour."""
    palette = ((100, 0, 0), (200, 0, 0), (200, 250, 0))
    for red, green, index in (
        (100, 0, 0),
        (144, 0, 0),  # 44 and 56 away: a ratio of 0.79
        (145, 0, UNSURE),  # 45 and 55: 0.82
        (155, 0, UNSURE),
        (156, 0, 1),
        (26, 0, 0),  # 74 away from a colour whose nearest neighbour is 100 away
        (24, 0, UNSURE),
        (200, 64, 1),
        (200, 76, UNSURE),  # nearer than a third of the way, but past 75
        (200, 74, 1),
        (200, 75, 1),  # at the bound itself
        (25, 0, 0),
        (200, 139, 2),  # 111 and 139 away: 0.799
        (200, 138, UNSURE),
    ):
        colour = np.array([[[red, green, 0]]], np.float32)
        seen, margin = eye.classify(colour, palette)
        assert seen.shape == margin.shape == (1, 1)
        assert seen[0, 0] == index, (red, green)
    near, far = (float(eye.classify(np.array([[r, 0, 0]], np.float32), palette)[1][0]) for r in (100, 120))
    assert (near, far) == (1, pytest.approx((80 - 20) / 100)), "the margin is 1 on a colour, and 0 in a tie"
    assert float(eye.classify(np.array([[150, 0, 0]], np.float32), palette)[1][0]) == 0
    seen, _ = eye.classify(np.array([[40, 0, 0], [41, 0, 0]], np.float32), ((0, 0, 0), (90, 0, 0)))
    assert seen.tolist() == [0, UNSURE], "40 and 50 away: 0.8, which is the bound itself"
    seen, margin = eye.classify(np.array([[0, 0, 0], [0.25, 0, 0]], np.float32), ((0, 0, 0), (1, 0, 0)))
    assert (seen.dtype, margin.dtype) == (np.uint8, np.float32)
    assert margin.tolist() == [1, 0.5], "however near the colours are to each other"


@pytest.mark.parametrize(
    ("size", "core", "ring", "stripe"),
    [
        (8, 16, 20, 6),
        (16, 64, 80, 24),
        (23, 121, 168, 51),
        (24, 100, 60, 16),
        (48, 400, 240, 64),
        (72, 900, 540, 144),
    ],
)
def test_zones_take_all_of_a_small_cell_and_stay_clear_of_edges_in_a_large_one(size, core, ring, stripe):
    """Pixels of each zone, counted by hand; from 24 px on, `size // 24` px on both sides of an edge belong to none."""
    matrix = eye._sums(size)
    assert matrix.dtype == np.float32
    assert set(np.unique(matrix)) == {0, 1}
    by_channel = matrix.reshape(size, size, 3, -1, 3)
    for channel, other in itertools.product(range(3), repeat=2):
        sums = by_channel[:, :, channel, :, other]
        assert sums.any() == (channel == other)
        if channel != other:
            continue
        parts, zones = sums[..., :10], sums[..., -6:] if size >= 24 else sums[..., :6]
        assert zones.sum(axis=(0, 1)).tolist() == [core, ring, stripe, stripe, stripe, stripe]
        assert zones.sum(axis=2).max() <= 1, "no pixel is in two zones"
        assert (parts.sum(axis=2) == 1).all(), "every pixel is in one part"
        assert (zones <= parts[..., :6]).all(), "zones lie within their parts"
        for some, order in ((zones, [0, 1, 3, 4, 5, 2]), (parts, [0, 1, 3, 4, 5, 2, 7, 8, 9, 6])):
            turned = np.rot90(some, k=-1)  # a quarter to the right: what was north is east
            assert np.array_equal(some[..., order], turned)
    assert eye.part_counts(size).tolist() == by_channel[:, :, 0, :10, 0].sum(axis=(0, 1)).tolist()


def test_mean_colours_are_exact_and_float32():
    """Of every zone of every cell, wherever the board lies; a cell with another colour has another mean."""
    layout = Layout.centred(2, 3, canvas_rows=5, canvas_cols=4, cell_px=8)
    videos = np.random.default_rng(0).integers(0, 256, (2, 3, 40, 32, 3)).astype(np.uint8)
    for cell, (row, col) in enumerate(itertools.product(range(2), range(3))):
        top, left = layout.top_px + 8 * row, layout.left_px + 8 * col
        videos[:, :, top : top + 8, left : left + 8] = (cell, 100 + cell, 200 - cell)
    seen = eye.zone_colours(videos, layout)
    assert (seen.dtype, seen.shape) == (np.float32, (2, 3, 2, 3, 6, 3))
    for cell, (row, col) in enumerate(itertools.product(range(2), range(3))):
        assert (seen[:, :, row, col] == (cell, 100 + cell, 200 - cell)).all()


def test_half_a_wall_is_unsure():
    trace = Trace.exact(np.full((1, 1, 1), 2, np.uint8), np.zeros((1, 1, 1), np.uint8))
    layout = layout_of(trace)
    video = render(trace.ground, trace.figure, layout=layout, theme=MAZE)
    bare = render(0 * trace.ground, trace.figure, layout=layout, theme=MAZE)
    mixed = ((video.astype(int) + bare) // 2).astype(np.uint8)
    assert read(mixed[None], layout=layout, theme=MAZE)[0].ground[0, 0, 0] == UNSURE


def test_far_colours_are_unsure():
    """Pure magenta is nearest to some colour of the maze, but is none of them."""
    trace = random_trace(MAZE, (1, 3, 3))
    layout = layout_of(trace)
    video = np.empty((1, 1, layout.height_px, layout.width_px, 3), np.uint8)
    video[:] = (255, 0, 255)
    seen = read(video, layout=layout, theme=MAZE)[0]
    assert (seen.figure == UNSURE).all()
    assert (seen.ground == UNSURE).all()


@pytest.mark.parametrize("shift", [-12, 12, (10, -10, 10)])
@pytest.mark.parametrize("name", THEMES)
def test_a_small_shift_of_brightness_changes_nothing(name, shift):
    theme = THEMES[name]
    trace = random_trace(theme, (3, 6, 6), seed=1)
    layout = layout_of(trace)
    video = render(trace.ground, trace.figure, layout=layout, theme=theme)
    shifted = np.clip(video.astype(int) + np.array(shift), 0, 255).astype(np.uint8)
    assert same(read(shifted[None], layout=layout, theme=theme)[0], trace)


def test_pixel_noise_changes_nothing():
    rng = np.random.default_rng(0)
    for theme in THEMES.values():
        trace = random_trace(theme, (3, 6, 6), seed=2)
        layout = layout_of(trace)
        video = render(trace.ground, trace.figure, layout=layout, theme=theme)
        noisy = np.clip(video + rng.normal(0, 12, video.shape), 0, 255).astype(np.uint8)
        assert same(read(noisy[None], layout=layout, theme=theme)[0], trace)


def test_the_margin_is_not_looked_at():
    trace = random_trace(MAZE, (3, 4, 4))
    layout = layout_of(trace)
    video = render(trace.ground, trace.figure, layout=layout, theme=MAZE)
    board = np.zeros(video.shape, bool)
    bottom, right = layout.top_px + 4 * layout.cell_px, layout.left_px + 4 * layout.cell_px
    board[:, layout.top_px : bottom, layout.left_px : right] = True
    painted = np.where(board, video, np.random.default_rng(0).integers(0, 256, video.shape, np.uint8))
    assert same(read(painted[None], layout=layout, theme=MAZE)[0], trace)
    assert (video[~board].reshape(-1, 3) == MAZE.margin).all()


def test_a_batch_reads_as_each_of_its_videos(monkeypatch):
    traces = [random_trace(MAZE, (3, 5, 4), seed=seed) for seed in range(6)]
    layout = layout_of(traces[0])
    videos = np.stack([render(t.ground, t.figure, layout=layout, theme=MAZE) for t in traces])
    noise = np.random.default_rng(0).integers(-40, 40, videos.shape)
    videos = np.clip(videos.astype(int) + noise, 0, 255).astype(np.uint8)
    together = read(videos, layout=layout, theme=MAZE)
    alone = [read(video[None], layout=layout, theme=MAZE)[0] for video in videos]
    monkeypatch.setattr(eye, "CHUNK_BYTES", 1)  # a frame at a time
    in_pieces = read(videos, layout=layout, theme=MAZE)
    for one, two, three in zip(together, alone, in_pieces, strict=True):
        assert same(one, two)
        assert same(one, three)
        np.testing.assert_allclose(one.confidence, two.confidence, atol=1e-4)


def test_confidence_falls_as_colours_mix():
    trace = Trace.exact(np.zeros((2, 1, 1), np.uint8), np.array([0, 2], np.uint8).reshape(2, 1, 1))
    layout = layout_of(trace)
    clean = render(trace.ground, trace.figure, layout=layout, theme=MAZE).astype(np.float32)
    confidence = []
    for share in np.linspace(0, 0.5, 8):
        video = clean.copy()
        video[1] = (1 - share) * clean[1] + share * clean[0]
        seen = read(video[None], layout=layout, theme=MAZE)[0]
        assert seen.confidence[0] > 0.98
        confidence.append(float(seen.confidence[1]))
    assert confidence == sorted(confidence, reverse=True)
    assert confidence[0] > 0.98
    assert confidence[-1] < 0.02


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_no_numbers_are_unsure(bad):
    trace = random_trace(MAZE, (2, 3, 3))
    layout = layout_of(trace)
    video = render(trace.ground, trace.figure, layout=layout, theme=MAZE).astype(np.float32)
    video[1] = bad
    seen = read(video[None], layout=layout, theme=MAZE)[0]
    assert same(
        Trace(seen.ground[:1], seen.figure[:1], seen.confidence[:1]),
        Trace.exact(trace.ground[:1], trace.figure[:1]),
    )
    assert (seen.figure[1] == UNSURE).all()
    assert (seen.ground[1] == UNSURE).all()
    assert np.isfinite(seen.confidence).all()


@pytest.mark.parametrize("size", [8, 48])
def test_one_pixel_that_is_no_number_makes_its_cell_unsure(size):
    trace = Trace.exact(np.zeros((1, 1, 1), np.uint8), np.full((1, 1, 1), 2, np.uint8))
    layout = layout_of(trace, size)
    video = render(trace.ground, trace.figure, layout=layout, theme=MAZE).astype(np.float32)
    video[0, layout.top_px + size // 2, layout.left_px + size // 2] = np.nan
    assert read(video[None], layout=layout, theme=MAZE)[0].figure[0, 0, 0] == UNSURE


def test_infinities_do_not_cancel():
    trace = Trace.exact(np.zeros((1, 1, 1), np.uint8), np.full((1, 1, 1), 2, np.uint8))
    layout = layout_of(trace)
    video = render(trace.ground, trace.figure, layout=layout, theme=MAZE).astype(np.float32)
    video[0, layout.top_px + 4, layout.left_px + 3 : layout.left_px + 5] = np.array([[np.inf], [-np.inf]])
    assert read(video[None], layout=layout, theme=MAZE)[0].figure[0, 0, 0] == UNSURE


def test_frames_of_another_size_are_refused():
    trace = random_trace(MAZE, (2, 3, 3))
    layout = layout_of(trace)
    video = render(trace.ground, trace.figure, layout=layout, theme=MAZE)[None]
    for wrong in (video[0], video[:, :, 1:], video[..., :2]):
        with pytest.raises(ValueError, match="expected"):
            read(wrong, layout=layout, theme=MAZE)


def gathered(codes, pictures):
    """Frames of cell codes, by the plainest loop."""
    frames, rows, cols = codes.shape
    size = pictures.shape[1]
    video = np.empty((frames, rows * size, cols * size, 3), np.uint8)
    for frame, row, col in itertools.product(range(frames), range(rows), range(cols)):
        cell = np.s_[row * size : (row + 1) * size, col * size : (col + 1) * size]
        video[frame][cell] = pictures[codes[frame, row, col]]
    return video


@pytest.mark.parametrize("size", [8, 12])
@pytest.mark.parametrize("name", THEMES)
def test_gathering_pictures_is_rendering(name, size):
    theme = THEMES[name]
    trace = random_trace(theme, (3, 4, 6), seed=3)
    layout = layout_of(trace, size)
    codes = canvas_codes(trace.ground, trace.figure, layout=layout, theme=theme)
    assert np.array_equal(
        gathered(codes, picture_table(theme, size)),
        render(trace.ground, trace.figure, layout=layout, theme=theme),
    )


@pytest.mark.parametrize("name", WORLDS)
def test_blocks_are_the_oracle_videos(name):
    """On the level whose boards vary in size."""
    world, level = WORLDS[name], "paper"
    block, pictures = oracle_block(name, level, "train", 5, 3), level_pictures(name, level)
    assert len(pictures) < 2**15, "codes are kept as int16 while training"
    for codes, index in zip(block, range(5, 8), strict=True):
        problem = make_problem(world, level, "train", index)
        assert np.array_equal(gathered(codes, pictures), oracle_video(world, problem))
        seen = read(gathered(codes, pictures)[None], layout=problem.layout, theme=theme_of(world, problem))[0]
        assert same(seen, oracle_trace(world, problem))
