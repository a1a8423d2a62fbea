"""Items that kill, hang or flood their process cost themselves, and nothing else."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from videorlvr.base.isolated import Lost, as_answered, map_isolated
from videorlvr.base.processes import num_cores

KEPT: list[np.ndarray] = []


def behave(item: object) -> object:
    """Numbers are squared, fractions are seconds of work; words say how to die."""
    match item:
        case int():
            return item * item
        case float():
            began = time.process_time()
            while time.process_time() - began < item:
                pass
            return "worked"
        case Path():
            with item.open("a") as file:
                file.write("once more\n")
            time.sleep(1000)
        case "segfault":
            ctypes.string_at(0)
        case "exit":
            os._exit(3)
        case "leave":
            sys.exit(0)
        case "loop":
            while True:
                pass
        case "sleep":
            time.sleep(1000)
        case "doze":
            while True:
                time.sleep(0.001)
        case "nap":
            time.sleep(1.0)
            return "rested"
        case "raise":
            raise KeyError("no such thing")
        case "hog":
            KEPT.extend(np.empty(2**24) for _ in range(10**6))
        case "leak":
            KEPT.append(np.empty(2**25))  # 256 MB, and they stay
            return len(KEPT)
    raise AssertionError(item)


def stamp(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def lost(items: list[object], **options: object) -> list[object]:
    """Reasons of the lost items, results of the others."""
    settings = {"workers": 2, "cpu_s": 1.0, "memory_mb": 1024, **options}
    answers = map_isolated(behave, items, **settings)  # type: ignore[arg-type]
    return [answer.reason if isinstance(answer, Lost) else answer for answer in answers]


def test_results_come_in_order_from_several_processes() -> None:
    assert lost(list(range(500))) == [number * number for number in range(500)]
    processes = set(map_isolated(stamp, [0.002] * 100, workers=2))
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert lost([]) == []


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("segfault", "crashed"),
        ("exit", "crashed"),
        ("leave", "crashed"),
        ("raise", "crashed"),
        ("loop", "timed_out"),
        ("hog", "out_of_memory"),
    ],
)
def test_a_deadly_item_is_lost_and_no_other(item: str, reason: str) -> None:
    """Wherever it stands: first, last, next to another, alone."""
    for workers, where in ((1, [0]), (2, [0, 38, 39])):
        items: list[object] = list(range(40 if workers == 2 else 1))
        expected: list[object] = [number * number for number in range(len(items))]
        for place in where:
            items[place], expected[place] = item, reason
        assert lost(items, workers=workers, cpu_s=0.3) == expected


def test_all_ways_to_die_at_once() -> None:
    items: list[object] = [7, "exit", "segfault", 8, "loop", "hog", "raise", 9]
    once = [49, "crashed", "crashed", 64, "timed_out", "out_of_memory", "crashed", 81]
    assert lost(items, cpu_s=0.5) == once


def test_an_item_is_not_blamed_for_what_others_left_behind() -> None:
    """Three of these fill a process; each of them alone does not."""
    answers = lost(["leak"] * 12, workers=1)
    assert all(isinstance(answer, int) for answer in answers)
    assert max(answer for answer in answers if isinstance(answer, int)) >= 2


def test_details_say_what_happened() -> None:
    answers = list(map_isolated(behave, ["segfault", "exit", "raise", "loop"], workers=1, cpu_s=0.5))
    details = [answer.detail for answer in answers if isinstance(answer, Lost)]
    assert details[0] == "the process was ended by signal 11"
    assert details[1] == "the process ended with code 3"
    assert details[2].startswith("KeyError at test_isolated.py:")
    assert details[3] == "more than the 0.5 s of processor time that are allowed"


def test_what_hangs_is_lost_after_a_second_try(tmp_path: Path) -> None:
    """Asleep for good, or waking now and then: neither comes to the end of its processor time."""
    assert lost([tmp_path / "tries", 2], workers=1, stall_s=0.6) == ["stalled", 4]
    assert (tmp_path / "tries").read_text() == "once more\n" * 2
    assert lost(["doze", 2], workers=1, cpu_s=0.02, stall_s=0.6) == ["stalled", 4]


def test_whoever_waits_for_less_than_a_stall_is_left_alone() -> None:
    assert lost(["nap"], cpu_s=0.2, stall_s=30) == ["rested"]


def test_a_slow_reader_is_no_timeout() -> None:
    answers = map_isolated(behave, list(range(64)), workers=2, cpu_s=0.5)
    first = next(answers)
    time.sleep(1.0)
    assert [first, *answers] == [number * number for number in range(64)]


def test_a_busy_machine_changes_no_answer() -> None:
    """Others want every core: no item takes longer in its own processor time, whatever the clock on the wall says."""
    hog = [sys.executable, "-c", "while True: pass"]
    load = [subprocess.Popen(hog) for _ in range(3 * num_cores())]
    try:
        began = time.monotonic()
        assert lost([0.2] * num_cores(), workers=num_cores(), cpu_s=0.4) == ["worked"] * num_cores()
        assert time.monotonic() - began > 0.4, "the machine was not busy: the test says nothing"
    finally:
        for process in load:
            process.kill()
            process.wait()


def test_answers_come_as_they_are_given() -> None:
    """The first item hangs; the others do not wait for it."""
    answers = as_answered(behave, ["nap", *range(8)], workers=2)
    order = [index for index, _ in answers]
    assert sorted(order) == list(range(9))
    assert order[-1] == 0


def test_time_is_counted_for_each_item_and_not_for_their_chunk() -> None:
    """A chunk of eight needs 0.4 s."""
    items: list[object] = [0.05] * 32
    assert lost(items, workers=1, cpu_s=0.2) == ["worked"] * 32


def test_limits_must_be_positive() -> None:
    for options in ({"workers": 0}, {"cpu_s": 0}, {"memory_mb": -1}, {"stall_s": 0}):
        with pytest.raises(ValueError, match="expected all positive"):
            list(map_isolated(behave, [1], **options))  # type: ignore[arg-type]


def test_leaving_early_ends_the_processes() -> None:
    answers = map_isolated(stamp, [0.002] * 1000, workers=2)
    pid = next(answers)
    assert isinstance(pid, int)
    answers.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


SCRIPT = """
import os, signal, sys, threading, time
sys.path.insert(0, {folder!r})
from test_isolated import behave
from videorlvr.base.isolated import map_isolated
if __name__ == "__main__":
    threading.Timer(1.0, os.killpg, (os.getpgid(0), signal.SIGINT)).start()
    print("started", flush=True)
    list(map_isolated(behave, ["sleep"] * 4, workers=2))
"""


def test_ctrl_c_ends_parent_and_workers_with_one_traceback() -> None:
    script = SCRIPT.format(folder=str(Path(__file__).parent))
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        start_new_session=True,
    )
    assert time.monotonic() - began < 30
    assert done.stderr.count("KeyboardInterrupt") == 1
    assert done.returncode != 0


def test_a_script_without_a_main_guard_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from videorlvr.base.isolated import map_isolated\nprint(list(map_isolated(abs, [1, -2])))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=60
    )
    assert "__name__ == '__main__'" in done.stderr
