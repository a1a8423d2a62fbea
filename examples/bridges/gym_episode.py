"""One episode of every world at its first level, by chance among legal moves."""

import gymnasium

from videorlvr.bridges.gym import register

for name in register():
    if "-micro-" not in name:
        continue
    env = gymnasium.make(name, render_mode="ansi")
    _, info = env.reset(seed=0)
    env.action_space.seed(0)
    earned, done = 0.0, False
    while not done:
        _, reward, solved, truncated, info = env.step(env.action_space.sample(info["action_mask"]))
        earned, done = earned + float(reward), solved or truncated
    print(f"{name}: {info['moves']} earned {earned:g}\n{env.render()}")
