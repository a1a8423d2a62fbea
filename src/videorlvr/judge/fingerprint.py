"""What a number depends on besides the videos: who judged, by which formula, and what was asked.

Law: results are compared only if their fingerprints are equal, unless somebody says that he means it. A result
without one is not comparable to anything: nobody knows what it was judged by.

The digest goes into every record; the parts, which say *what* differs, into summaries, checkpoints and reports.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from videorlvr.judge.tolerance import Tolerance
from videorlvr.worlds.api import World
from videorlvr.worlds.verify import JUDGE_VERSION

Formula = Mapping[str, Any]
"""A reward as data: {"kind": "sum" or "product", "weights": {component: weight}}."""


class FingerprintError(ValueError):
    """Results that were not obtained alike, and so must not be compared."""


@dataclass(frozen=True)
class Fingerprint:
    """worlds: name -> version. rewards: world -> name of a reward -> its formula. tolerance: what a video may
    survive (`judge.tolerance`); "" where an older release did not say.

    suite, suite_hash: the name of the list of problems and what stands for its content; both "" where problems
    are drawn as they are needed, as in training.
    """

    judge: int
    worlds: Mapping[str, int]
    rewards: Mapping[str, Mapping[str, Formula]]
    suite: str = ""
    suite_hash: str = ""
    tolerance: str = ""

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that stand for all parts."""
        text = json.dumps(self._parts(), sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def to_json(self) -> dict[str, Any]:
        return {"digest": self.digest, **self._parts()}

    @staticmethod
    def from_json(value: object) -> Fingerprint:
        """Inverse of `to_json`.

        Raises:
            FingerprintError: If the value is no fingerprint, or its digest does not stand for its parts.
        """
        try:
            assert isinstance(value, dict)
            found = Fingerprint(**{key: part for key, part in value.items() if key != "digest"})
            assert isinstance(found.judge, int)
            assert found.digest == value["digest"]
        except (AssertionError, AttributeError, KeyError, TypeError, ValueError):
            raise FingerprintError(f"{value!r:.80} is no fingerprint of this release") from None
        return found

    def _parts(self) -> dict[str, Any]:
        return {
            "judge": self.judge,
            "worlds": dict(self.worlds),
            "rewards": {
                world: {name: dict(formula) for name, formula in named.items()}
                for world, named in self.rewards.items()
            },
            "suite": self.suite,
            "suite_hash": self.suite_hash,
        } | ({"tolerance": self.tolerance} if self.tolerance else {})


def fingerprint_of(
    worlds: Iterable[World],
    *,
    tolerance: Tolerance,
    rewards: Sequence[str] | None = None,
    suite: str = "",
    suite_hash: str = "",
) -> Fingerprint:
    """The fingerprint of what this release would judge now.

    Args:
        rewards: Names of the rewards that count; None takes all that a world has.
    """
    listed = list(worlds)
    return Fingerprint(
        judge=JUDGE_VERSION,
        worlds={world.name: world.version for world in listed},
        rewards={
            world.name: {
                name: {
                    "kind": reward.kind,
                    "weights": {key: float(weight) for key, weight in reward.weights.items()},
                }
                for name, reward in world.rewards.items()
                if rewards is None or name in rewards
            }
            for world in listed
        },
        suite=suite,
        suite_hash=suite_hash,
        tolerance=tolerance,
    )


def check_alike(a: Fingerprint, b: Fingerprint, label_a: str, label_b: str) -> None:
    """Refuse to compare what was not judged alike.

    Raises:
        FingerprintError: Naming each part that differs.
    """
    if a.digest != b.digest:
        raise FingerprintError(
            f"{label_a} and {label_b} cannot be compared, for they differ in {'; '.join(differences(a, b))}"
        )


def differences(a: Fingerprint, b: Fingerprint) -> list[str]:
    """The parts that differ, each as `what (of a, of b)`."""
    found = []
    if a.judge != b.judge:
        found.append(f"the judge's version ({a.judge}, {b.judge})")
    if a.tolerance != b.tolerance:
        found.append(f"the tolerance ({a.tolerance or 'unsaid'}, {b.tolerance or 'unsaid'})")
    for world in _all_keys(a.worlds, b.worlds):
        mine, other = a.worlds.get(world), b.worlds.get(world)
        if mine != other:
            found.append(f"the version of {world} ({_or_absent(mine)}, {_or_absent(other)})")
    for world in _all_keys(a.rewards, b.rewards):
        one, two = a.rewards.get(world, {}), b.rewards.get(world, {})
        found += [
            f"reward '{name}' of {world} ({_formula(one.get(name))}, {_formula(two.get(name))})"
            for name in _all_keys(one, two)
            if one.get(name) != two.get(name)
        ]
    if (a.suite, a.suite_hash) != (b.suite, b.suite_hash):
        found.append(f"the suite ({a.suite} {a.suite_hash}, {b.suite} {b.suite_hash})")
    return found


def _all_keys(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([*a, *b]))


def _or_absent(value: object) -> str:
    return "absent" if value is None else str(value)


def _formula(formula: Formula | None) -> str:
    if formula is None:
        return "absent"
    weights = ", ".join(f"{name} {weight:g}" for name, weight in formula["weights"].items())
    return f"{formula['kind']} of {weights}"
