"""Fixtures that several folders share."""

pytest_plugins = ["tiny_runs"]
