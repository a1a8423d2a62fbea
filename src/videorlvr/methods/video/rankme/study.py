"""Do SFT and RL move the rank of representations in opposite directions, from one checkpoint?

The source says so of language models: SFT and DPO raise it, RL with verifiable rewards lowers it, with reward up and
diversity down. Here a policy for Maze `micro` goes on by SFT, by SDE-GRPO and by NFT, at about equal network
evaluations, and the last block's hidden states are looked at on the same videos. Whether SFT's own phases are the
source's (collapse, expansion, compression) can be read off the start's curve of `val/rank/maze`; no rule rests on it.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Setting, Study

SMALL: dict[str, Setting] = {"model.width": 96, "model.depth": 4}
LOOK: dict[str, Setting] = {"spectrum": True, "num_val": 96, "num_workers": 0}
RL: dict[str, Setting] = {"num_steps": 16, "problems": 16, "validate_every": 8, **LOOK}

STUDY = Study(
    name="rank-of-sft-and-rl",
    papers=(31,),
    question="Do SFT and RL move the effective rank of hidden states in opposite directions?",
    claim="From one checkpoint more SFT raises the effective rank of the last block's hidden states, and RL with "
    "verifiable rewards lowers it.",
    runs={
        "start": Run(
            recipe="micro-maze-sft", settings={"num_steps": 600, "validate_every": 60, **SMALL, **LOOK}
        ),
        "more": Run(
            recipe="micro-maze-sft-more",
            settings={"num_steps": 200, "validate_every": 50, **LOOK},
            after="start",
        ),
        "rl": Run(recipe="micro-maze-rl", settings=RL, after="start"),
        "nft": Run(recipe="micro-maze-nft", settings=RL, after="start"),
    },
    arms={
        "start": Arm(run="start", role="reference", what="the SFT policy that the others start from"),
        "more": Arm(run="more", role="claim", what="SFT continued"),
        "rl": Arm(run="rl", role="claim", what="SDE-GRPO"),
        "nft": Arm(run="nft", role="control", what="DiffusionNFT: RL on the forward process, as SFT is"),
    },
    seeds=(0, 1, 2),
    suite="micro-v2:maze",
    samples=4,
    pilot_suite="micro-val-v2:maze",
    pilot_seeds=(1001,),
    premises=(
        Criterion(
            measure="success",
            arm="more",
            against="start",
            above=0.0,
            why="a training that changes nothing says nothing about what it changes",
        ),
    ),
    criteria=(
        Criterion(measure="rank", arm="more", against="start", above=0.0, why="SFT spreads"),
        Criterion(measure="rank", arm="rl", against="start", below=0.0, why="RL compresses"),
    ),
    asides=(
        Criterion(
            measure="rank",
            arm="nft",
            against="start",
            below=0.0,
            why="is it rewards, or the objective's form?",
        ),
        Criterion(
            measure="alpha", arm="rl", against="start", above=0.0, why="compression by the other measure"
        ),
        Criterion(measure="alpha", arm="more", against="start", below=0.0, why="spread by the other measure"),
        Criterion(measure="success", arm="rl", against="start", above=0.0, why="did RL do anything?"),
        Criterion(
            measure="pass_at", arm="rl", against="start", above=0.0, why="did RL narrow what is found?"
        ),
        Criterion(measure="pass_at", arm="more", against="start", above=0.0, why="and SFT?"),
    ),
    budget=Budget(seconds=400, on="twelve cores, a run on each, no GPU"),
)
