"""A verifiers environment, and what its rubric says of a right reply."""

import asyncio

from videorlvr.bridges.scoring import problem_at
from videorlvr.bridges.verifiers import load_environment

env = load_environment(world="maze", level="micro", num_train=4, num_eval=2)
row = env.get_dataset(n=1)[0]
right = [{"role": "assistant", "content": f"MOVES: {problem_at(row['answer']).solution}"}]
wrong = [{"role": "assistant", "content": "MOVES: UUUU"}]


async def rewards(completion: list[dict[str, str]]) -> list[float]:
    """What each function of the rubric pays."""
    return [float(function(completion=completion, answer=row["answer"])) for function in env.rubric.funcs[:2]]


print("right", asyncio.run(rewards(right)), "wrong", asyncio.run(rewards(wrong)))
