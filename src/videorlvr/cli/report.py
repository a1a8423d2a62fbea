"""`videorlvr report RUN...`: one self-contained HTML page about one run or several."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path


def run(args: Namespace) -> None:
    """Write the report and print where it is. args: runs, out."""
    from videorlvr.cli.output import check_places
    from videorlvr.reports.load import find_runs, labelled, parents, siblings
    from videorlvr.reports.page import write_report

    runs = find_runs([Path(path) for path in args.runs])
    check_places([("--out", args.out)], map(str, runs))
    named = labelled(runs)
    write_report(named, Path(args.out), comparisons=[*siblings(named), *parents(named)])
    print(f"report of {len(runs)} run{'s' if len(runs) > 1 else ''}: {args.out}")
