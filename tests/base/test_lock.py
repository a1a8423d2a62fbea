"""One process at a time in a folder, and none for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from videorlvr.base.lock import only_process_in
from videorlvr.base.runs import LOCK

HOLDER = """
import sys, time
from pathlib import Path
from videorlvr.base.lock import only_process_in

with only_process_in(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_is_told_who_came_first_and_the_third_comes_in(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        said = rf"in use by process {holder.pid} .*choose another folder"
        with pytest.raises(ValueError, match=said), only_process_in(tmp_path):
            pass
        os.kill(holder.pid, signal.SIGKILL)  # nothing of the holder's own can tidy up
        holder.wait()
    ours = pytest.raises(ValueError, match=f"process {os.getpid()}")
    with only_process_in(tmp_path), ours, only_process_in(tmp_path):
        pass
    with only_process_in(tmp_path):
        assert str(os.getpid()) in (tmp_path / LOCK).read_text()


def test_a_holder_who_has_not_said_his_name_is_another_process(tmp_path):
    with only_process_in(tmp_path):
        (tmp_path / LOCK).write_text("")
        with pytest.raises(ValueError, match="in use by another process"), only_process_in(tmp_path):
            pass
