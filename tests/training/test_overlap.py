"""The device is never without work while there is some: what is waited for is waited for one batch late."""

from __future__ import annotations

from videorlvr.training.experience import _one_ahead


def test_a_batch_is_finished_once_the_next_one_is_begun_and_none_is_lost():
    log = []

    def begun():
        for number in range(3):
            log.append(f"begin {number}")
            yield number

    for number in _one_ahead(begun()):
        log.append(f"finish {number}")  # noqa: PERF401 - the order is the point
    assert log == ["begin 0", "begin 1", "finish 0", "begin 2", "finish 1", "finish 2"]
    assert list(_one_ahead(iter([]))) == []
