"""Where CPU work is done: by processes of this machine, or on a cluster that runs already.

    with working_on("dask://scheduler:8786"): ...

Inside, `progress.map_in_order` and `isolated.as_answered` send their items there, in parts, as tasks of a
`concurrent.futures.Executor`; so making problems, judging, scoring and audits know nothing of clusters. Law: the
answers are those of one machine, in the same order where there is one. Files are read where the work is done: their
paths must mean the same on every machine.

A part whose worker dies is tried once more, item by item, so that only the item at fault is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

LOCAL = "local"
IN_FLIGHT = 256
"""Parts that are sent ahead: enough for a hundred workers, and few enough that their items fit into memory."""

_elsewhere: ContextVar[Executor | None] = ContextVar("elsewhere", default=None)


def cluster() -> Executor | None:
    """What `working_on` chose; None for processes of this machine."""
    return _elsewhere.get()


@contextmanager
def working_on(where: str) -> Iterator[None]:
    """Have CPU work done at `where`: `local`, or `dask://HOST:PORT`, the address of a Dask scheduler.

    Raises:
        ValueError: If it is neither, the cluster cannot be reached, or has no workers.
    """
    if where == LOCAL:
        yield
        return
    scheme, _, address = where.partition("://")
    if scheme != "dask" or not address:
        raise ValueError(f"executor '{where}': expected local, or dask://HOST:PORT of a Dask scheduler")
    with _dask(address) as executor:
        token = _elsewhere.set(executor)
        try:
            yield
        finally:
            _elsewhere.reset(token)


@contextmanager
def _dask(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ImportError:
        raise ValueError(
            "executor dask:// needs Dask, which is not installed: pip install 'videorlvr[cluster]'"
        ) from None
    try:
        client = Client(f"tcp://{address}", timeout=20, set_as_default=False)  # type: ignore[no-untyped-call]
    except OSError as error:
        raise ValueError(
            f"no Dask scheduler at '{address}' ({error}): start one with `dask scheduler`, and workers with "
            "`dask worker`"
        ) from None
    with client:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            raise ValueError(
                f"the Dask scheduler at '{address}' has no workers: start some with `dask worker {address}`"
            )
        # Results of equal calls are not shared: an item that is asked for twice is worked on twice, as at home.
        yield client.get_executor(pure=False)  # type: ignore[no-untyped-call]


def spread(
    function: Callable[[Item], Result], items: Sequence[Item], executor: Executor, *, chunk: int
) -> Iterator[tuple[int, Result | BaseException]]:
    """(index, `function` of that item), as they come; the exception where it fails twice."""
    starts = iter(range(0, len(items), chunk))
    running: dict[Future[list[Result]], tuple[int, ...]] = {}
    again: list[int] = []

    def send(places: tuple[int, ...]) -> None:
        running[executor.submit(partial(_each, function), [items[place] for place in places])] = places

    while True:
        while len(running) < IN_FLIGHT and (start := next(starts, None)) is not None:
            send(tuple(range(start, min(start + chunk, len(items)))))
        if not running:
            break
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            places = running.pop(future)
            if future.exception() is None:
                yield from zip(places, future.result(), strict=True)
            else:
                again += places
    for place in again:  # one at a time, so that it takes no other with it
        try:
            [result] = executor.submit(partial(_each, function), [items[place]]).result()
            yield place, result
        except Exception as error:
            yield place, error


def in_order(answers: Iterator[tuple[int, Any]]) -> Iterator[Any]:
    """Answers in the order of their index; the first exception among them is raised in its turn."""
    kept: dict[int, Any] = {}
    following = 0
    for index, answer in answers:
        kept[index] = answer
        while following in kept:
            found = kept.pop(following)
            if isinstance(found, BaseException):
                raise found
            yield found
            following += 1


def _each(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [function(item) for item in items]
