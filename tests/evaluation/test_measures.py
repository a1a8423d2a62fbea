"""Measures of a run, read from its folder as it was left."""

import json

import pytest

from videorlvr.evaluation.measures import MEASURES

SUMMARY = {"results": {"overall": {"success": 0.5, "process": 0.75}}}


def run_with(tmp_path, *lines):
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


def measured(name, run):
    return MEASURES[name].of(run, SUMMARY)


def test_seconds_are_those_of_all_sittings(tmp_path):
    """Interrupted after 7 s, taken up, and again after 2 s: `elapsed_s` began anew each time."""
    times = [3.0, 7.0, 1.0, 2.0, 0.5, 4.0]
    run = run_with(tmp_path, *({"step": n, "elapsed_s": time} for n, time in enumerate(times, start=1)))
    assert measured("seconds", run) == pytest.approx(7.0 + 2.0 + 4.0)


def test_a_slow_first_step_does_not_count_for_all(tmp_path):
    run = run_with(
        tmp_path, *({"step": n, "seconds": value} for n, value in enumerate([60.0, 2.0, 1.9, 2.1, 2.0]))
    )
    assert measured("seconds_a_step", run) == 2.0


def test_what_was_spent_is_what_the_last_line_says(tmp_path):
    run = run_with(tmp_path, {"step": 1, "network_evaluations": 96}, {"step": 2, "network_evaluations": 192})
    assert (measured("steps", run), measured("network_evaluations", run)) == (2, 192)


def test_a_player_that_was_not_trained_has_no_such_numbers(tmp_path):
    trained = ("seconds", "seconds_a_step", "steps", "network_evaluations")
    assert [measured(name, tmp_path) for name in trained] == [None] * 4
    assert (measured("success", tmp_path), measured("process", tmp_path)) == (0.5, 0.75)


def test_a_gap_is_no_zero(tmp_path):
    run = run_with(tmp_path, {"step": 1, "seconds": None}, {"step": 2, "seconds": 2.0})
    assert measured("seconds_a_step", run) == 2.0


def test_an_answer_costs_what_its_player_says_or_a_look_a_step():
    def told(settings):
        return MEASURES["evaluations_an_answer"].of(None, SUMMARY | {"settings": settings})

    euler, heun = ({"steps": 5, "shift": 3.0, "solver": solver} for solver in ("euler", "heun"))
    assert (told({"sampling": euler}), told({"sampling": heun})) == (5, 9)
    assert told({"sampling": euler, "network_evaluations": 14}) == 14
    assert told(None) is None


def test_the_last_shape_of_hidden_states_is_the_mean_over_worlds(tmp_path):
    run = run_with(
        tmp_path,
        {"step": 1, "val/rank/maze": 9.0, "val/rank_singular/maze": 99.0},
        {"step": 2, "val/rank/maze": 2.0, "val/rank/sokoban": 4.0, "val/rank_error/maze": 50.0},
        {"step": 3, "loss": 1.0},
    )
    assert measured("rank", run) == 3.0
    assert measured("alpha", run) is None


def test_solved_by_one_of_the_samples_is_at_the_most_that_there_are():
    overall = {"success": 0.5, "process": 0.75, "pass_at": {"1": 0.5, "2": 0.6, "10": 0.8}}
    assert MEASURES["pass_at"].of(None, {"results": {"overall": overall}}) == 0.8
    assert MEASURES["pass_at"].of(None, {"results": {"overall": overall | {"pass_at": {"1": 0.5}}}}) is None


def test_samples_to_nine_in_ten_are_those_of_the_first_line_that_says_so(tmp_path):
    told = [(100, 0.5), (200, 0.95), (300, 0.85), (400, 0.99)]
    run = run_with(tmp_path, *({"samples": n, "val/success": share, "flops": 5 * n} for n, share in told))
    assert measured("samples_to_90", run) == 200
    assert measured("samples", run) == 400
    assert measured("flops", run) == 2000


def test_a_run_that_never_gets_there_counts_with_twice_what_it_read(tmp_path):
    run = run_with(tmp_path, {"samples": 100, "val/success": 0.5}, {"samples": 150, "loss": 1.0})
    assert measured("samples_to_90", run) == 200
    assert measured("exact", run) is None
    words = {**SUMMARY, "answers": {"maze": {"exact": 0.25}, "sokoban": {"exact": 0.75}}}
    assert MEASURES["exact"].of(run, words) == 0.5


def test_an_answer_in_words_has_its_own_costs_and_a_player_what_it_found():
    said = {"maze": {"tokens": 10.0, "exact": 0.5}, "sokoban": {"tokens": 20.0, "exact": 1.0, "flops": 3.0}}
    summary = SUMMARY | {"answers": said, "settings": {"found": {"auc": 0.75}}}
    told = {name: MEASURES[name].of(None, summary) for name in ("tokens_an_answer", "exact", "auc")}
    assert told == {"tokens_an_answer": 15.0, "exact": 0.75, "auc": 0.75}
    assert MEASURES["flops_an_answer"].of(None, summary) == 3.0
    assert [MEASURES[name].of(None, SUMMARY) for name in ("exact", "auc", "flops_an_answer")] == [None] * 3


def test_seconds_to_half_count_all_sittings(tmp_path):
    lines = [(1, 0.1, 10.0), (2, 0.2, 20.0), (3, 0.3, 5.0), (4, 0.5, 9.0), (5, 0.9, 12.0)]
    text = "".join(
        json.dumps({"step": step, "val/success": success, "elapsed_s": elapsed}) + "\n"
        for step, success, elapsed in lines
    )
    (tmp_path / "metrics.jsonl").write_text(text)
    assert MEASURES["seconds_to_half"].of(tmp_path, {}) == 29.0
    assert MEASURES["steps_to_half"].of(tmp_path, {}) == 4
    (tmp_path / "metrics.jsonl").write_text("".join(text.splitlines(keepends=True)[:3]))
    assert MEASURES["seconds_to_half"].of(tmp_path, {}) == 50.0
    assert MEASURES["steps_to_half"].of(tmp_path, {}) == 6
