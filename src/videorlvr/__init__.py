"""Video models that reason, trained and judged by rules that can be checked."""

__version__ = "0.1.0"
