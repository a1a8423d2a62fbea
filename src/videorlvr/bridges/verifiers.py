"""The worlds as an environment of `verifiers`: one question, one reply, and the judge as its rubric.

import verifiers
from videorlvr.bridges.verifiers import load_environment
env = load_environment(world="maze", level="small", num_train=1000, num_eval=200)
"""

from __future__ import annotations

from typing import Any

from videorlvr.bridges.scoring import score
from videorlvr.bridges.tables import rows
from videorlvr.worlds.api import Split


def load_environment(
    world: str = "maze",
    level: str = "small",
    *,
    num_train: int = 1000,
    num_eval: int = 200,
    shots: int = 1,
    reward: str = "sparse",
    **settings: Any,
) -> Any:
    """A `verifiers.SingleTurnEnv`. Train problems teach, those of the validation split evaluate; the test split is for
    `videorlvr evaluate`.

    Raises:
        ValueError: If verifiers or datasets is not installed.
    """
    try:
        import verifiers
        from datasets import Dataset
    except ImportError as error:
        raise ValueError(
            f"this environment needs verifiers and datasets ({error}): pip install verifiers"
        ) from None

    def listed(split: Split, count: int) -> Any:
        made = rows(world, level, split, count, "trl", shots=shots)
        return Dataset.from_list([{"prompt": row["prompt"], "answer": row["address"]} for row in made])

    def solves(completion: Any, answer: str, **_: Any) -> float:
        """The judge's reward of the last message."""
        return score(answer, _said(completion), reward=reward)

    def readable(completion: Any, answer: str, **_: Any) -> float:
        """Would a reader who means well have found a solution? Told, and not rewarded."""
        return score(answer, _said(completion), lenient=True)

    rubric = verifiers.Rubric(funcs=[solves, readable], weights=[1.0, 0.0])
    return verifiers.SingleTurnEnv(
        dataset=listed("train", num_train), eval_dataset=listed("val", num_eval), rubric=rubric, **settings
    )


def _said(completion: Any) -> str:
    if isinstance(completion, str):
        return completion
    last = completion[-1]
    content = last["content"] if isinstance(last, dict) else getattr(last, "content", "")
    return content if isinstance(content, str) else str(content)
