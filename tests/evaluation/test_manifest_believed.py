"""A manifest is not believed: what is no sound problem, or not the problem of its address, is refused by line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from videorlvr.cli.main import main
from videorlvr.evaluation.checks import Checked, check_problems
from videorlvr.evaluation.export import export
from videorlvr.evaluation.manifest import read_manifest
from videorlvr.evaluation.score import score
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Layout

Line = dict[str, Any]
NORTH, EAST, SOUTH, WEST = 1, 2, 4, 8


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two problems of each world at micro."""
    folder = tmp_path_factory.mktemp("exports")
    return {name: export(world, "micro", "test", 2, folder / name) for name, world in WORLDS.items()}


def lines_of(manifest: Path) -> list[Line]:
    return [json.loads(text) for text in manifest.read_text().splitlines()]


def refused(line: Line, exports: dict[str, Path]) -> str:
    """The error on a manifest whose second line is this one, its pictures beside it."""
    whole = exports[line["world"]]
    manifest = whole.parent / "changed.jsonl"
    manifest.write_text(json.dumps({**lines_of(whole)[0], "id": "first"}) + "\n" + json.dumps(line))
    with pytest.raises(ValueError, match=r"changed\.jsonl:2: key '") as caught:
        check_problems(read_manifest(manifest), manifest, workers=1)
    assert len(str(caught.value)) < 700
    return str(caught.value)


def board(line: Line, ground: list[list[int]], figure: list[list[int]]) -> None:
    line["problem"]["grid"] = {"ground": ground, "figure": figure}
    layout = dataclasses.asdict(Layout.letterboxed(len(ground), len(ground[0]), height_px=64, width_px=64))
    line["layout"] = line["problem"]["layout"] = layout


def solution(line: Line, moves: str) -> None:
    line["problem"]["solution"] = moves


def one_cell(line: Line) -> None:
    board(line, [[31]], [[2]])
    solution(line, "")


def goal_under_the_head(line: Line) -> None:
    ground, figure = (line["problem"]["grid"][name] for name in ("ground", "figure"))
    head = next((r, c) for r, row in enumerate(figure) for c, code in enumerate(row) if code == 2)
    for row in ground:
        row[:] = [code % 16 for code in row]
    ground[head[0]][head[1]] += 16


def no_goal(line: Line) -> None:
    for row in line["problem"]["grid"]["ground"]:
        row[:] = [code % 16 for code in row]


def one_sided(line: Line) -> None:
    ground = line["problem"]["grid"]["ground"]
    ground[1][1] ^= WEST


def gap_in_the_rim(line: Line) -> None:
    line["problem"]["grid"]["ground"][0][0] -= NORTH


def two_heads(line: Line) -> None:
    figure = line["problem"]["grid"]["figure"]
    figure[0][0] = figure[2][2] = 2


def trail_at_the_start(line: Line) -> None:
    figure = line["problem"]["grid"]["figure"]
    free = next((r, c) for r, row in enumerate(figure) for c, code in enumerate(row) if code == 0)
    figure[free[0]][free[1]] = 1


def walk_through_a_wall(line: Line) -> None:
    solution(line, "U" * 7)


def no_moves(line: Line) -> None:
    solution(line, "")


def labelled_hard(line: Line) -> None:
    line["level"] = line["problem"]["address"]["level"] = "hard"


def other_index(line: Line) -> None:
    line["index"] = line["problem"]["address"]["index"] = 7


def other_split(line: Line) -> None:
    line["split"] = line["problem"]["address"]["split"] = "train"


def mirrored(line: Line) -> None:
    """A sound maze, but another one than the address says."""
    grid, swap = line["problem"]["grid"], {EAST: WEST, WEST: EAST, NORTH: NORTH, SOUTH: SOUTH, 16: 16}
    for name in ("ground", "figure"):
        grid[name] = [row[::-1] for row in grid[name]]
    grid["ground"] = [
        [sum(to for bit, to in swap.items() if code & bit) for code in row] for row in grid["ground"]
    ]
    solution(line, line["problem"]["solution"].translate(str.maketrans("LR", "RL")))


def longer_solution(line: Line) -> None:
    moves = line["problem"]["solution"]
    solution(line, moves[:1] + {"U": "D", "D": "U", "L": "R", "R": "L"}[moves[0]] + moves)


def fewer_frames(line: Line) -> None:
    line["num_frames"] = line["problem"]["num_frames"] = line["problem"]["num_frames"] + 4


def slower(line: Line) -> None:
    line["problem"]["moves_per_frame"] = 1
    fewer_frames(line)


def moved_board(line: Line) -> None:
    layout = dataclasses.asdict(Layout(64, 64, 8, 0, 8, 3, 3))
    line["layout"] = line["problem"]["layout"] = layout


def other_num_frames(line: Line) -> None:
    line["num_frames"] += 1


def tile_without_colour(line: Line) -> None:
    line["problem"]["grid"]["ground"][1][1] += 112


def figure_without_colour(line: Line) -> None:
    line["problem"]["grid"]["figure"][1][1] = 13


def solved_room(line: Line) -> None:
    grid = line["problem"]["grid"]
    for row, cells in enumerate(grid["ground"]):
        for col, code in enumerate(cells):
            if code == 32:
                grid["figure"] = [[0 if c == 2 else c for c in r] for r in grid["figure"]]
                grid["figure"][row][col] = 2


def wall_without_stone(line: Line) -> None:
    line["problem"]["grid"]["figure"][0][0] = 0


def painted_wall(line: Line) -> None:
    """A wall along a side, which the rules of these worlds do not know."""
    line["problem"]["grid"]["ground"][2][2] |= EAST
    line["problem"]["grid"]["ground"][2][3] |= WEST


def lonely_endpoint(line: Line) -> None:
    grid = line["problem"]["grid"]
    row, col = next((r, c) for r, cells in enumerate(grid["ground"]) for c, code in enumerate(cells) if code)
    grid["ground"][row][col] = grid["figure"][row][col] = 0


def full_board(line: Line) -> None:
    grid = line["problem"]["grid"]
    grid["figure"] = [[code or 1 for code in row] for row in grid["figure"]]


def rotated_colours(line: Line) -> None:
    """The same puzzle in other words: a board that no reader of the address would be given."""
    grid, count = line["problem"]["grid"], max(max(row) for row in line["problem"]["grid"]["figure"])
    grid["figure"] = [[code and code % count + 1 for code in row] for row in grid["figure"]]
    grid["ground"] = [[code and (code // 16) % count * 16 + 16 for code in row] for row in grid["ground"]]
    letters = "ABCDEFGHIJKL"[:count]
    words = line["problem"]["solution"].split(" ")
    solution(line, " ".join(letters[(letters.index(word[0]) + 1) % count] + word[1:] for word in words))


@pytest.mark.parametrize(
    ("world", "spoil", "said"),
    [
        ("maze", one_cell, "board of 1 rows; level 'micro' has 3 to 3"),
        ("maze", goal_under_the_head, "solved at its start"),
        ("maze", no_goal, "1 heads and 0 goals"),
        ("maze", one_sided, "drawn on one side only"),
        ("maze", gap_in_the_rim, "rim of this maze has a gap"),
        ("maze", two_heads, "heads and 1 goals"),
        ("maze", trail_at_the_start, "nothing but the head"),
        ("maze", walk_through_a_wall, "wall"),
        ("maze", no_moves, "solution that maze-v1 refuses (not_at_goal)"),
        ("maze", labelled_hard, "level 'hard' has 12 to 25"),
        ("maze", other_index, "not the problem of maze-v1/micro/test/7, for it differs in board"),
        ("maze", other_split, "not the problem of maze-v1/micro/train/1, for it differs in board"),
        ("maze", mirrored, "differs in board"),
        ("maze", longer_solution, "differs in solution"),
        ("maze", fewer_frames, "differs in num_frames"),
        ("maze", slower, "differs in num_frames, moves_per_frame"),
        ("maze", moved_board, "differs in layout"),
        ("maze", other_num_frames, "key 'num_frames' is 6; expected 5"),
        ("maze", tile_without_colour, "no colour"),
        ("maze", figure_without_colour, "figure code 13, of which the theme 'default' has no colour"),
        ("sokoban", solved_room, "solved at its start"),
        ("sokoban", wall_without_stone, "stone"),
        ("sokoban", painted_wall, "ground code"),
        ("sokoban", tile_without_colour, "no colour"),
        ("flowfree", lonely_endpoint, "endpoints"),
        ("flowfree", full_board, "endpoints are coloured, and nothing else"),
        ("flowfree", painted_wall, "no walls"),
        ("flowfree", rotated_colours, "differs in board, solution"),
    ],
)
def test_a_problem_that_is_none_or_another_is_refused(
    world: str, spoil: Callable[[Line], None], said: str, exports: dict[str, Path]
) -> None:
    line = lines_of(exports[world])[1]
    spoil(line)
    assert said in refused(line, exports)


def test_what_export_offers_is_believed(tmp_path: Path) -> None:
    """Other sizes and themes are the same problem; so is one that is asked several times."""
    manifest = export(WORLDS["sokoban"], "micro", "val", 2, tmp_path, size=(97, 130), theme="night", start=3)
    line = lines_of(manifest)[0]
    manifest.write_text(
        "\n".join(json.dumps({**line, "id": f"sample-{k}", "prompt": "mine"}) for k in range(3))
    )
    entries = read_manifest(manifest)
    assert check_problems(entries, manifest, workers=1) == {"compared": 3, "missing": 0}


def picture_of_another(path: Path, other: Path) -> None:
    path.write_bytes(other.read_bytes())


def no_picture(path: Path, other: Path) -> None:
    path.write_text("no picture")


def larger_picture(path: Path, other: Path) -> None:
    with Image.open(path) as image:
        image.resize((48, 48)).save(path)


def link_that_leads_out(path: Path, other: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (picture_of_another, "shows another board"),
        (no_picture, "cannot be read as a PNG picture"),
        (larger_picture, "is 48x48 px and not 24x24"),
        (link_that_leads_out, "leads out of the manifest's folder"),
    ],
)
def test_a_first_frame_is_read_and_compared(
    spoil: Callable[[Path, Path], None], said: str, tmp_path: Path
) -> None:
    manifest = export(WORLDS["maze"], "micro", "test", 3, tmp_path)
    pictures = [tmp_path / line["first_frame"] for line in lines_of(manifest)]
    spoil(pictures[1], pictures[2])
    with pytest.raises(ValueError, match=rf"manifest\.jsonl:2: key 'first_frame' .*{said}"):
        check_problems(read_manifest(manifest), manifest, workers=1)


def test_a_first_frame_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = export(WORLDS["maze"], "micro", "test", 3, tmp_path)
    (tmp_path / lines_of(manifest)[0]["first_frame"]).unlink()
    argv = ["score", str(manifest), "--videos", str(tmp_path / "oracle"), "--json", str(tmp_path / "v.json")]
    assert main(argv) == 0
    assert "1 first frames that the manifest names are not beside it" in capsys.readouterr().err
    summary = json.loads((tmp_path / "v.json").read_text())["summary"]
    assert summary["first_frames"] == {"compared": 2, "missing": 1}
    assert summary["foreign"] == 0


def test_a_byte_order_mark_is_no_part_of_a_line(exports: dict[str, Path], tmp_path: Path) -> None:
    for ends in ("\n", "\r\n"):
        text = "".join(f"{line}{ends}" for line in exports["maze"].read_text().splitlines())
        (tmp_path / "m.jsonl").write_bytes(b"\xef\xbb\xbf" + text.encode())
        assert len(read_manifest(tmp_path / "m.jsonl")) == 2


def test_a_manifest_in_utf_16_is_told_what_is_expected(exports: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_bytes(exports["maze"].read_text().encode("utf-16"))
    with pytest.raises(ValueError, match=r"m\.jsonl:1: not UTF-8 text.*saved as UTF-8"):
        read_manifest(tmp_path / "m.jsonl")


def test_an_error_comes_before_any_video_is_judged(exports: dict[str, Path], tmp_path: Path) -> None:
    lines = lines_of(exports["maze"])
    other_index(lines[1])
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(ValueError, match=r"m\.jsonl:2: key 'problem' is not the problem"):
        score(tmp_path / "m.jsonl", exports["maze"].parent / "oracle", overlay=tmp_path / "o", workers=1)
    assert not (tmp_path / "o").exists()


def test_what_was_in_order_is_not_made_again_until_it_changes(
    exports: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, checked = exports["maze"], Checked(tmp_path / "checked")
    expected = check_problems(read_manifest(manifest), manifest, workers=1, checked=checked)
    with monkeypatch.context() as patch:
        patch.setattr("videorlvr.evaluation.checks.map_isolated", None)
        assert check_problems(read_manifest(manifest), manifest, checked=checked) == expected
    lines = lines_of(manifest)
    other_index(lines[1])
    changed = manifest.parent / "other.jsonl"
    changed.write_text("\n".join(map(json.dumps, lines)))
    for _ in range(2):
        with pytest.raises(ValueError, match=r"other\.jsonl:2: "):
            check_problems(read_manifest(changed), changed, workers=1, checked=checked)
    picture = manifest.parent / lines[0]["first_frame"]
    before = picture.read_bytes()
    picture.write_text("no picture")
    with pytest.raises(ValueError, match="first_frame"):
        check_problems(read_manifest(manifest), manifest, workers=1, checked=checked)
    picture.write_bytes(before)
