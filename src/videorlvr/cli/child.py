"""`python -m videorlvr.cli.child '[["train", ...], ["evaluate", ...]]'`: commands one after another in one process.

It is how a study starts its jobs. Law: it ends, as at Ctrl-C and with everything saved, when whoever started it is
gone, which it learns from the end of its standard input.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading

from videorlvr.cli.main import main


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGINT)


def run(commands: list[list[str]]) -> int:
    """The exit code of the first command that does not succeed, else 0."""
    for command in commands:
        sys.argv = ["videorlvr", *command]  # what a run folder says it was made by
        code = main(command)
        if code:
            return code
    return 0


if __name__ == "__main__":
    # A shell that runs things in the background has them ignore Ctrl-C, and so would we.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.exit(run(json.loads(sys.argv[1])))
