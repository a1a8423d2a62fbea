"""Items of a reasoning-gym dataset, and what answers to them are worth."""

import reasoning_gym

import videorlvr.bridges.reasoning  # noqa: F401 (makes the dataset known)

data = reasoning_gym.create_dataset("videorlvr", world="maze", level="small", size=3, seed=1)
for item in data:
    worth = data.score_answer(item["answer"], item), data.score_answer("no idea", item)
    print(item["metadata"]["address"], item["answer"], worth)
print(data[0]["question"])
