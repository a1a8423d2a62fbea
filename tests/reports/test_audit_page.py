"""The audit's page says what its results say."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from PIL import Image

from videorlvr.cli.main import main
from videorlvr.reports import audit_page, worlds_page
from videorlvr.worlds import WORLDS


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    path = tmp_path_factory.mktemp("audit") / "result.json"
    words = ["audit", "maze", "--level", "micro", "--count", "2", "--distorted", "1", "--json", str(path)]
    assert main(words) in (0, 1)  # the page says what was found, whatever that is
    return path


def test_the_page_holds_command_names_and_counts(result, tmp_path):
    written = audit_page.write_page([result], tmp_path / "audit.md")
    text = written[0].read_text()
    assert "videorlvr audit maze --count 2 --split test --level micro --distorted 1" in text
    assert "| maze-v1/micro | 2 |" in text
    assert "| paint-everything | 2 | 0 | 66% | 0 | 0 | `trail_unwalked` 2 |" in text
    assert "(audit/maze.png)" in text
    with Image.open(BytesIO((tmp_path / "audit" / "maze.png").read_bytes())) as picture:
        assert min(picture.size) > 300
    assert (tmp_path / "audit" / "maze.png").stat().st_size < 100_000


def test_an_audit_of_clean_videos_alone_has_no_curves(result, tmp_path):
    value = json.loads(result.read_text())
    value["audits"][0] |= {"tolerance": [], "distorted_cheats": []}
    clean = tmp_path / "clean.json"
    clean.write_text(json.dumps(value))
    written = audit_page.write_page([clean], tmp_path / "audit.md")
    assert written == [tmp_path / "audit.md"]
    assert "![" not in written[0].read_text()


def test_an_accepted_cheat_is_not_hidden_by_another_audit(result, tmp_path):
    value = json.loads(result.read_text())
    cheat = next(found for found in value["audits"][0]["cheats"] if found["name"] == "black")
    cheat |= {"accepted": 1, "reasons": {"wrong_start": 1}}
    gullible = tmp_path / "gullible.json"
    gullible.write_text(json.dumps(value))
    text = audit_page.write_page([result, gullible], tmp_path / "audit.md")[0].read_text()
    assert "| black | 4 | 1 |" in text


def test_what_fails_at_a_declared_strength_is_told_apart_from_what_is_undecidable(result, tmp_path):
    value = json.loads(result.read_text())
    audit = value["audits"][0]
    (blur,) = [t for t in audit["tolerance"] if (t["name"], t["strength"]) == ("blur", 0.04)]
    blur |= {"videos": 5, "accepted": 2, "reasons": {"undecidable": 2, "unreadable": 1}}
    file = tmp_path / "blurred.json"
    file.write_text(json.dumps(value))
    text = audit_page.write_page([file], tmp_path / "audit.md")[0].read_text()
    assert "### At the declared strengths, cells of 8 px" in text
    assert "| blur | 0.04 | 5 | 3 | 88% | 2 | 2 | 0 | 66% |" in text


def test_another_file_is_refused_by_name(tmp_path):
    other = tmp_path / "other.json"
    other.write_text("[]")
    with pytest.raises(ValueError, match=r"other.json is no file of 'videorlvr audit --json'"):
        audit_page.load(other)


def test_each_worlds_page_has_its_declared_tolerances():
    for world in WORLDS.values():
        page = worlds_page.world_page(world)
        assert "| noise | Gaussian noise" in page
        assert all(f"| {variant.name} |" in page for variant in world.variants)
