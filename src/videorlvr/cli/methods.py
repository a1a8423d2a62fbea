"""`videorlvr methods list | show NAME | check [NAME] | catalogue`: what is built, what is planned, and whether it keeps
the contract."""

from __future__ import annotations

import sys
import textwrap
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videorlvr.cli.output import JSON_HELP, table
from videorlvr.cli.parser import Parser, add_command

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from videorlvr.reports.papers import Paper
    from videorlvr.training.method import Method

HOSTS = ("video", "text", "vision", "agents")
WIDTH = 100
LINE = 130


def register(commands: _SubParsersAction[Parser]) -> None:
    parser = add_command(
        commands,
        "methods",
        _help,
        help="list, explain and check the methods, and the papers whose claims are to be tested",
    )
    own = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    listing = add_command(
        own, "list", _list, help="the methods that are built, and the papers with their state"
    )
    listing.add_argument("--host", choices=HOSTS, help=f"only those of a host: {', '.join(HOSTS)}")
    listing.add_argument(
        "--state", choices=("built", "planned"), help="only those that are built, or planned"
    )
    listing.add_argument("--json", metavar="F", help=JSON_HELP)
    show = add_command(
        own,
        "show",
        _show,
        help="a method's page: claim, recipes, metrics, study; or what a paper says and needs",
        usage="videorlvr methods show NAME",
    )
    show.add_argument("name", metavar="NAME", help="a method, or a paper by its name or number")
    check = add_command(
        own,
        "check",
        _check,
        help="hold methods to their contract, in tiny runs on this machine's CPU",
        more=(
            "Recipes and studies can be run, two steps are taken, a run that was interrupted ends as one that was\n"
            "not, bit for bit, and only declared metrics are told. Exit code 1 if a method breaks it."
        ),
    )
    check.add_argument("name", metavar="NAME", nargs="?", help="a method (default: all of them)")
    look = add_command(
        own,
        "look",
        _look,
        help="look inside a trained policy with a method that probes: a line of JSON for each thing seen",
        usage="videorlvr methods look RUN PROBE",
        more="PROBE is a recipe of such a method, with settings if need be: micro-maze-rank:problems=64,sigma=0.5",
    )
    look.add_argument("run_folder", metavar="RUN", help="run folder")
    look.add_argument("probe", metavar="PROBE", help="what to look at, and how")
    look.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="auto, cpu or cuda")
    catalogue = add_command(
        own, "catalogue", _catalogue, help="write the catalogue: a page, a feed, and the glossary of metrics"
    )
    catalogue.add_argument(
        "--out", metavar="DIR", required=True, help="folder to write; cards are read from DIR/cards"
    )


def _help(args: Namespace) -> int:
    args.parser.print_help()
    return 0


def _look(args: Namespace) -> int:
    """args: run_folder, probe, device."""
    import json

    from videorlvr.base import runs
    from videorlvr.methods import method_of, probes, way_of
    from videorlvr.models.load import load_policy
    from videorlvr.training.device import device_of

    config = way_of("probe", args.probe, probes())
    policy = load_policy(Path(args.run_folder) / runs.POLICY, device=device_of(args.device))
    for record in method_of(config.method).make_probe(config, policy):
        print(json.dumps(record, allow_nan=False), flush=True)
    return 0


def _list(args: Namespace) -> int:
    """args: host, state, json."""
    from videorlvr.cli.output import emit_json
    from videorlvr.methods import METHODS
    from videorlvr.reports.papers import papers

    built = _built()
    methods = [m for m in METHODS.values() if args.host in (None, m.host) and args.state != "planned"]
    listed = [
        (paper, built.get(paper.number, []))
        for paper in papers().papers
        if (args.host is None or args.host in paper.hosts)
        and args.state in (None, "built" if built.get(paper.number) else "planned")
    ]
    if args.json:
        emit_json(
            {"methods": list(map(_facts, methods)), "papers": [_of_paper(*row) for row in listed]}, args.json
        )
    if args.json == "-":
        return 0
    if methods:
        rows: list[tuple[object, ...]] = [
            (m.name, m.host, ", ".join(_studies(m)) or "-", m.summary) for m in methods
        ]
        print(_titled(("method", "host", "study", "what it does"), rows), end="\n\n")
    if listed:
        rows = [
            (
                paper.number,
                paper.name,
                "/".join(paper.hosts),
                ", ".join(names) or "planned",
                paper.fit,
                paper.title,
            )
            for paper, names in listed
        ]
        print(_titled(("", "paper", "host", "state", "fits", "title"), rows, right=frozenset({0})))
    print("\n'videorlvr methods show NAME' explains one.", file=sys.stderr)
    return 0


def _titled(
    names: tuple[str, ...], rows: list[tuple[object, ...]], *, right: frozenset[int] = frozenset()
) -> str:
    """A table whose last column, a sentence, is cut where the line would be longer than `LINE`."""
    others = sum(max(len(str(row[column])) for row in [names, *rows]) + 2 for column in range(len(names) - 1))
    cut = [(*row[:-1], textwrap.shorten(str(row[-1]), LINE - others, placeholder=" ...")) for row in rows]
    return table([names, *cut], right=right)


def _built() -> dict[int, list[str]]:
    """Number of a paper -> methods that name it as their source."""
    from videorlvr.methods import METHODS
    from videorlvr.reports.papers import papers, sources_of

    out: dict[int, list[str]] = {}
    for method in METHODS.values():
        for paper in papers().papers:
            if paper.arxiv in sources_of(method.source):
                out.setdefault(paper.number, []).append(method.name)
    return out


def _studies(method: Method) -> list[str]:
    from videorlvr.methods.studies import studies_of

    return [study.name for study in studies_of(method)]


def _facts(method: Method) -> dict[str, Any]:
    return {
        "name": method.name,
        "title": method.title,
        "host": method.host,
        "summary": method.summary,
        "source": method.source,
        "claim": method.claim,
        "recipes": list(method.recipe_list),
        "studies": _studies(method),
    }


def _of_paper(paper: Paper, names: list[str]) -> dict[str, Any]:
    return paper.model_dump(mode="json") | {"state": "built" if names else "planned", "methods": names}


def _show(args: Namespace) -> int:
    """args: name."""
    from videorlvr.base.choices import unknown
    from videorlvr.methods import METHODS
    from videorlvr.reports.papers import papers

    if args.name in METHODS:
        print("\n".join(_method_lines(METHODS.of(args.name))))
        return 0
    for paper in papers().papers:
        if args.name.casefold() in (str(paper.number), paper.name.casefold(), paper.arxiv):
            print("\n".join(_paper_lines(paper, _built().get(paper.number, []))))
            return 0
    raise unknown("method or paper", args.name, [*METHODS, *(paper.name for paper in papers().papers)])


def _method_lines(method: Method) -> list[str]:
    from videorlvr.methods.check import module_of

    module = module_of(method)
    lines = [
        f"{method.title} ({method.name}), a method of {method.host}",
        "",
        (module.__doc__ or "").strip(),
        "",
    ]
    lines += [
        *_wrapped("claim", method.claim),
        *_wrapped("source", method.source),
        f"code: {module.__name__}",
    ]
    lines += ["", "recipes (videorlvr train RECIPE):"]
    for name, recipe in method.recipe_list.items():
        lines += _wrapped(f"  {name}", " ".join((recipe.__doc__ or "").split()))
    lines += ["", "metrics:"]
    for name, sentence in method.metrics.items():
        lines += _wrapped(f"  {name}", sentence)
    studies = _studies(method)
    return [*lines, "", f"studies (videorlvr study NAME): {', '.join(studies) or 'none yet'}"]


def _paper_lines(paper: Paper, names: list[str]) -> list[str]:
    from videorlvr.reports.papers import papers

    families = papers().families
    lines = [f"{paper.number}. {paper.name}: {paper.title}", f"{paper.url}  {paper.venue}".rstrip(), ""]
    parts = [
        ("by", paper.by),
        ("abstract", paper.abstract),
        ("reported", paper.reported),
        ("kind of claim", ", ".join(families[name].title for name in paper.families)),
        ("control it needs", paper.control),
        ("as all of its kind", families[paper.family].control),
        ("on our worlds", paper.fit + (f"; simulated: {paper.simulated}" if paper.simulated else "")),
        ("published code", paper.code),
        ("state here", f"built: {', '.join(names)}" if names else "planned"),
    ]
    return lines + [line for name, text in parts if text for line in _wrapped(name, text)]


def _wrapped(name: str, text: str) -> list[str]:
    indent = " " * (len(name) - len(name.lstrip()) + 4)
    return textwrap.wrap(f"{name}: {text}", WIDTH, subsequent_indent=indent, drop_whitespace=True)


def _check(args: Namespace) -> int:
    """args: name (None for all)."""
    from videorlvr.methods import METHODS
    from videorlvr.methods.check import check_method

    broken = 0
    for name in [args.name] if args.name else list(METHODS):
        found = check_method(METHODS.of(name))
        broken += bool(found)
        print(f"{name}: {'broken' if found else 'kept'}", flush=True)
        for sentence in found:
            print(f"  {sentence}", flush=True)
    return 1 if broken else 0


def _catalogue(args: Namespace) -> int:
    """args: out."""
    from datetime import UTC, datetime

    from videorlvr.reports.catalogue import write_catalogue

    for path in write_catalogue(Path(args.out), now=datetime.now(UTC)):
        print(path)
    return 0
