"""What each process of `test_ranks` does: the runs of a list, one after the other."""

import json
import sys
from pathlib import Path

import torch

from videorlvr.methods import method_of
from videorlvr.training.loop import Interrupted
from videorlvr.training.ranks import joined

if __name__ == "__main__":
    torch.set_num_threads(1)
    with joined():  # once: runs find it
        from videorlvr.training.run import run as run_method

        for values, out in json.loads(sys.argv[1]):
            method = method_of(values["method"])
            try:
                run_method(method, method.config_type.model_validate(values), Path(out))
            except Interrupted:
                print("interrupted", out)
