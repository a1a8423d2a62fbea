"""Jobs that are any commands at all: order, slots, failure, and that none outlives who started it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from videorlvr.base.jobs import Job, JobError, Slot, gpus, run_jobs, share_machine

SLOTS = [Slot("one", {"PLACE": "one"}), Slot("two", {"PLACE": "two"})]


@pytest.fixture
def job(tmp_path):
    """A function that makes a job of a line of shell; what it says lands in `said`."""

    def make(name, line, after=()):
        return Job(name, ("sh", "-c", line), tmp_path / f"{name}.log", tuple(after), tmp_path)

    return make


def test_a_job_waits_for_what_it_needs_and_slots_are_shared(job, tmp_path):
    jobs = [
        job("b", "test -f a && test -f c && touch b", after=("a", "c")),
        job("a", "sleep 0.2; touch a; echo $PLACE"),
        job("c", "sleep 0.2; touch c; echo $PLACE"),
    ]
    order = []
    run_jobs(jobs, SLOTS, done=lambda job, seconds: order.append(job.name))
    assert sorted(order[:2]) == ["a", "c"]
    assert order[2] == "b"
    assert {(tmp_path / f"{name}.log").read_text().strip() for name in "ac"} == {"one", "two"}


def test_those_that_run_are_told_now_and_then(job):
    beats = []
    run_jobs(
        [job("long", "sleep 0.5"), job("short", "true")],
        SLOTS,
        beat=lambda running: beats.append([(job.name, seconds) for job, seconds in running]),
        beat_s=0.2,
    )
    assert beats
    for running in beats:
        assert [name for name, _ in running] == ["long"]
        assert 0.1 < running[0][1] < 5


def test_no_more_run_at_a_time_than_there_are_slots(job, tmp_path):
    """Each job looks whether another is in its critical part."""
    line = "mkdir busy || exit 1; sleep 0.1; rmdir busy"
    run_jobs([job(str(index), line) for index in range(3)], SLOTS[:1])


def test_the_first_failure_stops_the_others_and_tells_its_last_words(job, tmp_path):
    jobs = [
        job(
            "slow",
            "trap 'touch saved; exit 130' INT; for i in $(seq 100); do sleep 0.05; done; touch finished",
        ),
        job("broken", "sleep 0.3; echo first; echo 'videorlvr: no such thing'; exit 3"),
        job("never", "touch never", after=("broken",)),
    ]
    with pytest.raises(
        JobError, match=r"'broken' ended with exit code 3: no such thing \(all of it: .*broken.log"
    ):
        run_jobs(jobs, SLOTS)
    assert (tmp_path / "saved").exists()
    assert not (tmp_path / "finished").exists()
    assert not (tmp_path / "never").exists()


def test_jobs_that_wait_for_one_another_are_an_error(job):
    with pytest.raises(JobError, match="no job can start"):
        run_jobs([job("a", "true", after=("b",)), job("b", "true", after=("a",))], SLOTS)


SCRIPT = """
import sys
from pathlib import Path
from videorlvr.base.jobs import Job, Slot, run_jobs
child = ("sh", "-c", "touch started; read line; touch ended")
run_jobs([Job("child", child, Path("log"), (), Path("."))], [Slot("one", {})])
"""


def test_a_job_hears_of_it_when_who_started_it_is_killed(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", SCRIPT], cwd=tmp_path)
    try:
        assert appears(tmp_path / "started")
        assert not appears(tmp_path / "ended", seconds=0.3)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert appears(tmp_path / "ended")


def appears(path, seconds=20.0):
    until = time.monotonic() + seconds
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.02)
    return path.exists()


def test_gpus_are_those_that_we_may_use(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,5")
    assert gpus() == ["2", "5"]
    slots = share_machine(8)
    assert [slot.environment["CUDA_VISIBLE_DEVICES"] for slot in slots] == ["2", "5"]
    assert len(share_machine(1)) == 1


def test_without_gpus_the_cores_are_shared(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    slots = share_machine(3)
    assert len(slots) == 3
    assert {slot.environment["OMP_NUM_THREADS"] for slot in slots} == {"2"}
    assert len(share_machine(100)) == 8
