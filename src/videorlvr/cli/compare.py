"""`videorlvr compare RUN_A RUN_B`: is B better than A on the problems that both played?"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path


def run(args: Namespace) -> None:
    """Print the paired comparison. args: run_a, run_b, suite (None: the one both have), across (in spite of
    different fingerprints), json (a file, or '-' for JSON alone on stdout)."""
    from videorlvr.cli.output import check_places, emit_json, show_table, table_console
    from videorlvr.evaluation.compare import compare_evaluations
    from videorlvr.evaluation.folders import load_evaluation, shared_suite
    from videorlvr.reports.load import labelled
    from videorlvr.reports.tables import comparison_table

    check_places([("--json", args.json)], [args.run_a, args.run_b])
    run_a, run_b = Path(args.run_a), Path(args.run_b)
    suite = args.suite or shared_suite(run_a, run_b)
    (label_a, _), (label_b, _) = labelled([run_a, run_b])
    result = compare_evaluations(
        load_evaluation(run_a, suite),
        load_evaluation(run_b, suite),
        label_a=label_a,
        label_b=label_b,
        across=args.across,
    )
    if args.json:
        emit_json({"suite": suite, **result}, args.json)
    if args.json == "-":
        return
    console = table_console()
    show_table(console, comparison_table(result, suite))
    console.print(result["verdict"], highlight=False, markup=False, soft_wrap=True)
