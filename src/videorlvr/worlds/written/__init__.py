"""Worlds as text: boards, moves and solver traces, for models that read and write words.

All of it derives from a world's `Game`, so a world of another package has it, too.
"""
