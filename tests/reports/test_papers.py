"""The papers as data: each once, each with what a test of its claim needs."""

import pytest

from videorlvr.reports.papers import Papers, papers


def test_all_42_are_there_once_each():
    listed = papers().papers
    assert [paper.number for paper in listed] == list(range(1, 43))
    for key in ("name", "title", "arxiv"):
        assert len({getattr(paper, key) for paper in listed}) == 42


def test_what_is_only_an_analogue_says_what_is_simulated():
    for paper in papers().papers:
        assert paper.fit != "forced" or paper.simulated, paper.name


def test_every_kind_of_claim_is_used_and_names_its_control():
    used = {family for paper in papers().papers for family in paper.families}
    assert used == set(papers().families)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"number": 2}, "share the number 2"),
        ({"arxiv": "2408.15991"}, "share the arxiv"),
        ({"family": "skip"}, "did you mean 'skips'"),
        ({"hosts": ["video", "radio"]}, "radio"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_mistake_in_the_data_is_found_as_it_is_read(change, said):
    data = papers().model_dump()
    data["papers"] = [dict(paper) for paper in data["papers"]]
    data["papers"][0] |= change
    with pytest.raises(ValueError, match=said):
        Papers.model_validate(data)
