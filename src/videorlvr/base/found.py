"""What is found by name: our own worlds, models and methods, and those that other packages bring.

A package brings one by an entry point in its `pyproject.toml`, in the group `videorlvr.worlds`,
`videorlvr.models` or `videorlvr.methods`:

    [project.entry-points."videorlvr.worlds"]
    lights = "lights_out:WORLD"

Laws: nothing is imported before it is asked for. A name means one thing: one that two packages claim, or a
package and we, is refused, and both are named. A package that is broken says so in one sentence and takes
nothing else with it.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
from collections.abc import Callable, ItemsView, Iterator, Mapping, MutableMapping, Sequence, ValuesView
from functools import cached_property
from typing import Any, Generic, TypeVar, overload

from videorlvr.base.choices import unknown

T = TypeVar("T")
OURS = "videorlvr"


def load(reference: str) -> Any:
    """The object that `package.module:NAME` refers to, imported now."""
    module, _, attribute = reference.partition(":")
    return getattr(importlib.import_module(module), attribute)


class Later(Sequence[T]):
    """A sequence that is imported when it is first looked at; `reference` is `package.module:NAME`.

    A record can hold much code this way (a world its cheats) without everyone who reads it loading that.
    """

    def __init__(self, reference: str) -> None:
        self.reference = reference

    @cached_property
    def _whole(self) -> tuple[T, ...]:
        return tuple(load(self.reference))

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        return self._whole[index]

    def __len__(self) -> int:
        return len(self._whole)

    def __repr__(self) -> str:
        return f"Later({self.reference!r})"

    def __reduce__(self) -> tuple[type[Later[T]], tuple[str]]:
        return Later, (self.reference,)


class Found(MutableMapping[str, T], Generic[T]):
    """Name -> object, each imported on first use: ours in the order of their list, then those of others.

    A look-up raises KeyError for a name that is not there (`of` names the nearest), and ValueError for one
    that is claimed twice or cannot be loaded. `values` and `items` leave out what cannot be loaded and
    log it, a sentence each. What is set by hand (`WORLDS["mine"] = WORLD`) counts in this process.
    """

    def __init__(
        self, kind: str, own: Mapping[str, str], accept: Callable[[str, Any], T] = lambda _, value: value
    ) -> None:
        """
        Args:
            kind: What one is called, in messages and, with an s, in the entry points' group: 'world'.
            own: Name -> reference of each of ours.
            accept: (name, loaded object) -> what is handed out; ValueError for an object that is none.
        """
        self.kind, self.group = kind, f"videorlvr.{kind}s"
        self._own, self._accept = dict(own), accept
        self._loaded: dict[str, T] = {}
        self._told: set[str] = set()

    @cached_property
    def _foreign(self) -> dict[str, list[importlib.metadata.EntryPoint]]:
        """Name -> the entry points that claim it, by name."""
        out: dict[str, list[importlib.metadata.EntryPoint]] = {}
        for entry in sorted(importlib.metadata.entry_points(group=self.group), key=lambda entry: entry.name):
            out.setdefault(entry.name, []).append(entry)
        return out

    def of(self, name: str) -> T:
        """The object of that name.

        Raises:
            ChoiceError: For an unknown name, with the nearest.
            ValueError: For a name that is claimed twice, or whose package is broken.
        """
        if name not in self:
            raise unknown(self.kind, name, self)
        return self[name]

    def package_of(self, name: str) -> str:
        """Who brings it, with the version of another's: 'videorlvr', 'lights-out 1.0'."""
        return OURS if name in self._own or name not in self._foreign else _package(self._foreign[name][0])

    def __getitem__(self, name: str) -> T:
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def _load(self, name: str) -> T:
        claims = self._foreign.get(name, [])
        packages = [OURS] * (name in self._own) + [_package(entry) for entry in claims]
        if len(packages) > 1:
            raise ValueError(
                f"the {self.kind} '{name}' is claimed by {' and by '.join(packages)}: uninstall one, or rename "
                f"its entry point in the group '{self.group}'"
            )
        if name in self._own:
            return self._accept(name, load(self._own[name]))
        if not claims:
            raise KeyError(name)
        try:
            return self._accept(name, claims[0].load())
        except (Exception, SystemExit) as error:  # another's code may raise anything
            told = " ".join(f"{type(error).__name__}: {error}".split())
            raise ValueError(
                f"the {self.kind} '{name}' of the package {packages[0]} cannot be used ({told:.300}): mend or "
                f"uninstall that package; its entry point is '{claims[0].value}'"
            ) from error

    def _usable(self) -> dict[str, T]:
        out = {}
        for name in self:
            try:
                out[name] = self[name]
            except ValueError as error:
                if name not in self._told:
                    self._told.add(name)
                    logging.getLogger(OURS).warning("%s", error)
        return out

    def values(self) -> ValuesView[T]:
        return self._usable().values()

    def items(self) -> ItemsView[str, T]:
        return self._usable().items()

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in self._loaded or name in self._foreign

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._own, *self._foreign, *self._loaded]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __setitem__(self, name: str, value: T) -> None:
        self._loaded[name] = self._accept(name, value)

    def __delitem__(self, name: str) -> None:
        """Forget what was set by hand; a name that is ours or another's is loaded again when asked for."""
        del self._loaded[name]


def _package(entry: importlib.metadata.EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else f"the owner of {entry.value}"
