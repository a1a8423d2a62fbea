"""Fixtures that several folders share; what the program keeps for itself goes to a folder that is thrown away."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from slow import SLOW

# Before numpy and torch come in: two test processes whose matrix products each take every core wait for one
# another's threads, which takes eight times as long.
from videorlvr.base.processes import THREAD_VARIABLES

os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
# Whatever runs in a shell's background is deaf to ctrl-c, and so would be the programs that are tested with it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine draws slowly, and that is no fault of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

pytest_plugins = ["tiny_runs"]


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(part in item.nodeid for part in SLOW):
            item.add_marker(pytest.mark.slow)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: left out of `make test`; `make test-all` runs it, too")
