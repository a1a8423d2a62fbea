"""Boards of other people: read, solved, written as ours are, judged; what is refused is named by file and line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from videorlvr.base.media.read import read_video
from videorlvr.cli.main import main
from videorlvr.evaluation.export import MANIFEST_KEYS
from videorlvr.evaluation.imported import Shape, import_boards
from videorlvr.evaluation.manifest import read_manifest
from videorlvr.evaluation.score import score
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import content_index, make_problem, shown_as, split_of
from videorlvr.worlds.render import first_frame, oracle_video
from videorlvr.worlds.verify import MAX_FRAMES

COLLECTION = """\
; a collection

Title: corridor
#####
#@$.#
#####

; wide
####################
#@                 #
#  $              .#
####################
; far
#####################################
#@ $                               .#
#####################################

######
#@  .#
#   $#
######

; a letter
######
#@ x.#
######

; the same again
5#|#@$.#|5#

#####
#@ *#
#####

Title: decor
*###*
#@$.#
*###*
"""


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """The collection, imported twice: as it is, and with a frame size and a number of frames."""
    folder = tmp_path_factory.mktemp("imported")
    file = folder / "levels.xsb"
    file.write_text(COLLECTION)
    plain = import_boards([file, folder / "none.xsb"], WORLDS["sokoban"], folder / "plain")
    shape = Shape(size=(240, 416), num_frames=41, theme="night")
    wide = import_boards([file], WORLDS["sokoban"], folder / "wide", shape=shape)
    return file, plain, wide


def test_what_can_be_is_imported_and_the_rest_is_named_by_file_and_line(collection):
    file, plain, wide = collection
    wide_hint = "and sokoban:hard shows at most 12x12: ask for a frame size, such as 480x832"
    assert [str(refusal).removeprefix(str(file.parent)) for refusal in plain.refusals] == [
        "/levels.xsb:24 (a letter): line 25: 'x' is no XSB square; expected one of # @ + $ * . or floor: space, -, _",
        f"/levels.xsb:29 (the same again): the same board as {file}:4 (corridor)",
        "/none.xsb:1: it cannot be read: No such file or directory",
        f"/levels.xsb:9 (wide): it has 4x20 cells, {wide_hint}",
        f"/levels.xsb:14 (far): it has 3x37 cells, {wide_hint}",
        "/levels.xsb:18: our solver finds that it has no solution",
        "/levels.xsb:31: it is solved as it is, so that a still picture would solve it",
    ]
    assert [note.why for note in plain.notes] == [
        "line 36: the board is open at its edge, and was closed with walls"
    ]
    assert (len(plain.problems), len(wide.problems)) == (2, 4)
    assert all(problem.num_frames == 41 and problem.theme == "night" for problem in wide.problems)


def test_the_manifest_has_the_form_of_an_export_and_is_judged_like_one(collection):
    _, plain, wide = collection
    for done in (plain, wide):
        lines = [json.loads(line) for line in done.manifest.read_text().splitlines()]
        assert all(tuple(line) == (*MANIFEST_KEYS, "source", "content_split") for line in lines)
        entries = read_manifest(done.manifest)
        assert [entry.problem.to_json() for entry in entries] == [
            problem.to_json() for problem in done.problems
        ]
        for line, problem in zip(lines, done.problems, strict=True):
            video = read_video(done.manifest.parent / line["video"])[0]
            assert np.array_equal(video, oracle_video(WORLDS["sokoban"], problem))
            assert (done.manifest.parent / line["first_frame"]).exists()
    rows = score(plain.manifest, plain.manifest.parent / "oracle", workers=1)
    assert "success" in str(rows)


def test_a_board_is_named_after_its_content(collection):
    _, plain, wide = collection
    one, other = plain.problems[0], wide.problems[0]
    assert one.grid == other.grid
    assert one.address.index == other.address.index == content_index(one.grid)
    assert str(one.address) == f"sokoban-v1/micro/given/{content_index(one.grid):012x}"
    assert json.loads(plain.manifest.read_text().splitlines()[0])["id"] == one.address.file_id
    themed = shown_as(WORLDS["sokoban"], one, theme="night")
    assert "pink" in themed.prompt
    assert themed.address == one.address
    with pytest.raises(ValueError, match="unknown split 'given'"):
        make_problem(WORLDS["sokoban"], "micro", "given", one.address.index)


def test_a_given_board_that_was_edited_is_refused(collection, tmp_path):
    _, plain, _ = collection
    record = json.loads(plain.manifest.read_text().splitlines()[0])
    for place in (record, record["problem"]["address"]):
        place["index"] += 1
    (tmp_path / "manifest.jsonl").write_text(json.dumps(record))
    with pytest.raises(ValueError, match="a given board that was edited is another one"):
        read_manifest(tmp_path / "manifest.jsonl")


def test_what_training_may_have_met_is_known_and_can_be_left_out(tmp_path):
    """Our own boards come back into the split that they have here."""
    world, file = WORLDS["maze"], tmp_path / "mazes.txt"
    problems = [make_problem(world, "micro", split, 0) for split in ("train", "val", "test")]
    games = [world.game(problem.grid) for problem in problems]
    file.write_text("\n\n".join(game.text(game.start()) for game in games))
    done = import_boards([file], world, tmp_path / "all")
    assert done.splits == {"train": 1, "val": 1, "test": 1}
    lines = [json.loads(line) for line in done.manifest.read_text().splitlines()]
    assert [line["content_split"] for line in lines] == ["train", "val", "test"]
    unseen = import_boards([file], world, tmp_path / "unseen", unseen=True)
    assert {split_of(world.canonical(problem.grid)) for problem in unseen.problems} == {"val", "test"}
    assert [refusal.why[:11] for refusal in unseen.refusals] == ["its content"]
    assert np.array_equal(first_frame(world, done.problems[0]), first_frame(world, problems[0])), (
        "the same picture"
    )


def test_a_board_that_takes_too_long_costs_itself_alone(tmp_path):
    hall = ["#" * 14, "#@" + " " * 11 + "#", *["#" + " $ $ $ $ " + "   #"] * 2, "#............#"[:14]]
    hall[4] = "#........    #"
    file = tmp_path / "hall.xsb"
    file.write_text("\n".join([*hall, "#" * 14]) + "\n\n#####\n#@$.#\n#####\n")
    done = import_boards([file], WORLDS["sokoban"], tmp_path / "out", cpu_s=0.3)
    assert len(done.problems) == 1
    assert "it was not solved within 0.3 s of processor time" in done.refusals[0].why


def test_too_long_a_solution_says_how_many_frames_it_needs(tmp_path):
    file = tmp_path / "long.txt"
    file.write_text("#" * 63 + "\n#S" + " " * 59 + "G#\n" + "#" * 63)
    with pytest.raises(
        ValueError, match="30 moves, and 5 frames of maze:micro show at most 8: ask for 16 frames"
    ):
        import_boards([file], WORLDS["maze"], tmp_path / "out", shape=Shape(level="micro"))
    done = import_boards(
        [file], WORLDS["maze"], tmp_path / "out", shape=Shape(level="micro", size=(64, 480), num_frames=16)
    )
    assert done.problems[0].num_frames == 16
    assert read_manifest(done.manifest)[0].problem.moves_per_frame == 2


def test_the_command(tmp_path, capsys):
    file = tmp_path / "flows.txt"
    file.write_text("AB\n..\nAB\n\nA.A\n...\n\nCD\n..\n..\nCD\n")
    assert main(["worlds", "import", str(file), "--world", "flowfree", "--out", str(tmp_path / "out")]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("2 boards imported, 1 refused\n")
    assert "judge videos with: videorlvr score" in out
    assert f"{file}:5: our solver finds that it has no solution" in err
    for words, said in (
        (["--level", "smal"], "did you mean 'small'"),
        (["--theme", "dark"], "unknown theme of flowfree"),
        (["--frames", str(MAX_FRAMES + 1)], f"expected 2 to {MAX_FRAMES}"),
        (["--size", "16x16"], "no board was imported"),
    ):
        assert (
            main(
                ["worlds", "import", str(file), "--world", "flowfree", "--out", str(tmp_path / "no"), *words]
            )
            == 2
        )
        assert said in capsys.readouterr().err
