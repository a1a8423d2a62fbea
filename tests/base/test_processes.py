"""Workers end with the process that started them, however it ends."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from videorlvr.base.processes import start_workers
from videorlvr.base.progress import map_in_order

PARENT = """
import os, time
from videorlvr.base.processes import start_workers

if __name__ == "__main__":
    pool = start_workers(2)
    print(*{pool.submit(os.getpid).result() for _ in range(20)}, flush=True)
    time.sleep(60)
"""


def alive(pid: int) -> bool:
    """A zombie, which nobody has asked about yet, is not alive."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux who is alive")
def test_workers_of_a_killed_process_end(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        workers = [int(word) for word in parent.stdout.readline().split()]
        assert workers
        assert all(alive(pid) for pid in workers)
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in workers)


JOB = """
import os, signal, sys, time
from videorlvr.base.processes import start_workers
from videorlvr.base.signals import STOP, handled

def slow(number):
    time.sleep(0.3)
    return number

if __name__ == "__main__":
    asked = []
    with handled(STOP, lambda number, _: asked.append(signal.Signals(number).name)):
        pool = start_workers(2)
        parts = [pool.submit(slow, number) for number in range(6)]
        print("begun", flush=True)
        while not asked:
            time.sleep(0.01)
        print(*asked, sum(part.result() for part in parts), flush=True)
        pool.shutdown()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT])
def test_a_scheduler_that_signals_the_whole_job_leaves_the_parent_its_workers(tmp_path, number):
    """Slurm, systemd and a terminal signal every process of a job: workers, their server, and the resource tracker."""
    script = tmp_path / "job.py"
    script.write_text(JOB)
    with subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as job:
        assert job.stdout.readline() == "begun\n"
        os.killpg(job.pid, number)
        out, error = job.communicate(timeout=30)
    assert out == f"{number.name} 15\n"
    assert error == ""
    assert job.returncode == 0


def test_a_long_tmpdir_is_no_obstacle(tmp_path):
    long = tmp_path / ("x" * 90)
    long.mkdir()
    assert len(str(long)) > 100
    script = "from videorlvr.base.processes import start_workers\nimport tempfile\n"
    script += "if __name__ == '__main__':\n    print(start_workers(1).submit(tempfile.gettempdir).result())\n"
    (tmp_path / "job.py").write_text(script)
    done = subprocess.run(
        [sys.executable, tmp_path / "job.py"],
        env={**os.environ, "TMPDIR": str(long)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout.strip() == str(long), "only the socket is elsewhere"
    assert done.stderr == ""


def test_a_machine_that_gives_no_processes_works_alone_and_says_so(monkeypatch, capsys):
    """What sem_open does where /dev/shm is read-only."""

    def refuse(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("multiprocessing.synchronize.SemLock.__init__", refuse)
    assert start_workers(2) is None
    assert list(map_in_order(abs, range(-100, 0), "counting", workers=2)) == list(range(100, 0, -1))
    assert "Read-only file system" in capsys.readouterr().err
