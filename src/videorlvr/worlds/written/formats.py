"""The form of what is written behind a board: is it as it should be, and the ways in which it can fail to be.

    <think><step>...<step>...<answer>MOVES<end>     or     <answer>MOVES<end>

A form says nothing of right and wrong: a misshapen answer has the very moves of the well-formed one. So a policy can be
taught the form alone.

Laws: what `solved` writes with a trace of steps is well formed, and nothing that `misshapen` makes of it is; what is
left between the tags is the same.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from videorlvr.worlds.written.passages import ANSWER, END

Fault = Literal["untagged", "unmarked", "worded"]
"""untagged: no tag but the end; unmarked: the answer's mark alone is missing; worded: tags as plain words."""
FAULTS: tuple[Fault, ...] = get_args(Fault)
_TAG = re.compile(r"<(?!end>)([a-z]+)>")
_FACTS = r"(?:<step>[^<]+(?:<(?:ways|choice|forced|state)>[^<]*)*)+"
_WELL = re.compile(rf"(?:<think>{_FACTS})?{ANSWER}[^<]*{END}")


def is_well_formed(text: str) -> bool:
    """Is this the whole of a thought in steps and an answer, or an answer, and its end?"""
    return _WELL.fullmatch(text) is not None


def misshapen(text: str, fault: Fault) -> str:
    """A well-formed text, its form broken in one way."""
    match fault:
        case "untagged":
            return _TAG.sub("", text)
        case "unmarked":
            return text.replace(ANSWER, "")
    return _TAG.sub(lambda found: f"{found[1]}: ", text)
