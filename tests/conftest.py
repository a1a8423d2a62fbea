"""Fixtures that several folders share; what the program keeps for itself goes to a folder that is thrown away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest_plugins = ["tiny_runs"]


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
