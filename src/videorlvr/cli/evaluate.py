"""`videorlvr evaluate RUN --suite S`: measure a trained run, or a baseline by its name, on a suite."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from videorlvr.evaluation.suites import Suite
    from videorlvr.players.answers import TextPlayer
    from videorlvr.players.baselines import Player
    from videorlvr.training.config import MethodConfig


def run(args: Namespace) -> None:
    """Play and judge the suite, print its table. args: run_folder (a run folder or a baseline's name), suite,
    samples, out (None: the run folder), player (None: one sample is an answer), json (a file, or '-' for JSON alone on
    stdout), device."""
    from videorlvr.base.runs import evaluation_dir
    from videorlvr.cli.output import check_places, emit_json, show_table, speaks, table_console
    from videorlvr.evaluation.runner import evaluate
    from videorlvr.evaluation.suites import suite_of
    from videorlvr.methods import way_of, ways_to_play
    from videorlvr.players.baselines import BASELINES
    from videorlvr.players.server import PREFIX
    from videorlvr.reports.tables import answers_table, summary_table

    suite, player = suite_of(args.suite), args.run_folder
    play = way_of("player", args.player, ways_to_play()) if args.player else None
    folder = Path(args.out) if args.out else None
    is_folder = not player.startswith(PREFIX)
    check_places([("--json", args.json)], filter(None, [player if is_folder else None, args.out]))
    try:
        if player in BASELINES and not Path(player).exists():
            if play is not None:
                raise ValueError(f"--player {args.player} plays a trained run; '{player}' is a player itself")
            out = evaluation_dir(folder or Path("runs") / player, suite.name)
            summary = evaluate(BASELINES[player], suite, name=player, out=out, samples=args.samples)
        elif player.startswith(PREFIX):
            summary = _evaluate_server(args, suite, folder)
        else:
            summary = evaluate_run(
                Path(player), suite, samples=args.samples, device=args.device, folder=folder, play=play
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt("interrupted; the same command goes on with what is left") from None
    if not speaks():
        return
    if args.json:
        emit_json(summary, args.json)
    if args.json != "-":
        show_table(table_console(), summary_table(summary))
        if summary.get("answers"):
            show_table(table_console(), answers_table(summary))


def _evaluate_server(args: Namespace, suite: Suite, folder: Path | None) -> dict[str, object]:
    """Have a server's model answer the suite; replies are kept beside the records as they come."""
    from videorlvr.base.runs import evaluation_dir
    from videorlvr.evaluation.runner import evaluate
    from videorlvr.players.server import PREFIX, Asking, ServerPlayer

    model = args.run_folder.removeprefix(PREFIX)
    given = {key: value for key in Asking.model_fields if (value := getattr(args, key, None)) is not None}
    asking = Asking.model_validate({**given, "model": model})
    run_folder = folder or Path("runs") / model.replace("/", "-").replace(":", "-")
    out = evaluation_dir(run_folder, suite.name)
    out.mkdir(parents=True, exist_ok=True)
    player = ServerPlayer(asking, journal=out / "replies.jsonl")
    size = max(64, 2 * asking.concurrency)
    return evaluate(player, suite, name=model, out=out, samples=args.samples, batch_size=size)


def evaluate_run(
    run_folder: Path,
    suite: Suite,
    *,
    samples: int = 1,
    device: str = "auto",
    folder: Path | None = None,
    play: MethodConfig | None = None,
) -> dict[str, object]:
    """Evaluate the policy of a run folder; the evaluation is written below it, or below `folder`. Processes that
    torchrun started share it.

    play: how it answers, of a method that plays; None takes a sample.

    Raises:
        ValueError: If the folder is no run's, or its run has no policy yet.
    """
    from videorlvr.base import runs
    from videorlvr.base.records import read_json_object
    from videorlvr.base.runs import evaluation_dir
    from videorlvr.evaluation.runner import evaluate
    from videorlvr.models.load import load_policy, weights_hash
    from videorlvr.training.device import device_of
    from videorlvr.training.ranks import joined

    if not (run_folder / runs.CONFIG).is_file():
        raise ValueError(
            f"'{run_folder}' is no run folder: it has no config.json; train one with 'videorlvr train'"
        )
    config = read_json_object(run_folder / runs.CONFIG)
    with joined() as ranks:
        policy = load_policy(run_folder / runs.POLICY, device=device_of(device))
        batch_size = 64 if policy.device.type == "cpu" else 256
        return evaluate(
            _player_of(policy, config, batch_size, play),
            suite,
            name=(folder or run_folder).name,
            out=evaluation_dir(folder or run_folder, suite.name),
            samples=samples,
            batch_size=batch_size,
            checkpoint=weights_hash(run_folder / runs.POLICY),
            ranks=ranks,
        )


def _player_of(
    policy: Any, config: Mapping[str, Any], batch_size: int, play: MethodConfig | None
) -> Player | TextPlayer:
    """The policy as a player, by the settings that its run validated it with.

    Raises:
        ValueError: If `play` is a way to play of videos and the policy writes, or the other way round.
    """
    from videorlvr.methods import method_of

    writes = getattr(policy, "kind", None) == "language"
    method = None if play is None else method_of(play.method)
    if method is not None and (method.host == "text") != writes:
        plays, own = ("write moves", "makes videos") if method.host == "text" else ("make videos", "writes")
        raise ValueError(
            f"'{method.name}' plays policies that {plays}; this run's {own}: leave --player out, or take another"
        )
    if writes:
        from videorlvr.players.language import LanguagePlayer
        from videorlvr.players.writing import Writing

        writing = Writing.model_validate(config.get("writing", {}))
        if method is not None:
            return method.make_player(play, policy, writing, batch_size)
        return LanguagePlayer(policy, writing, batch_size=batch_size)
    from videorlvr.players.policy import PolicyPlayer
    from videorlvr.players.sampling import Sampling

    sampling = Sampling.model_validate(config.get("sampling"))
    if method is not None:
        return method.make_player(play, policy, sampling, batch_size)
    return PolicyPlayer(policy, sampling, batch_size=batch_size)
