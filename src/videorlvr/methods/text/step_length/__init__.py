"""Reasoning step length: a policy that thinks in traces learns from traces of another length, at equal information.

    <think><step>U<state>BOARD ... k times<step>R ... <answer>UR...<end>

Each step of a solver's trace is followed by the board after it, said k times: what is said again is nothing new, but
every time there are more tokens to compute with. Beside exact restatements stand as many filler tokens, and traces of
which exactly one board is false.

**Source.** arXiv:2401.04925: longer rationales in the demonstrations of a prompt, wrong ones among them.

**Differences.** The paper changes prompts of large models; here small models are trained on such traces. That is
another claim, about the length of traces in training, and is named so. What the paper lengthens and falsifies by
hand, the solver does exactly. The paper's own claim, about prompts, is a protocol for a server:
`videorlvr evaluate openai:MODEL --restatements K`, all arms and the rule in `benchmarks/step_length_server.py`.

**Cost.** Forward 1 and backward 2 a passage; a passage grows by k boards a move, and so does each answer.
"""

from videorlvr.training.language.glossary import IMITATION
from videorlvr.training.method import Method

METHOD = Method(
    name="step-length",
    title="Step length",
    host="text",
    summary="A language policy learns to think in traces whose steps are restated, filled up or corrupted.",
    source="arXiv:2401.04925",
    claim="Longer reasoning steps help even where they say nothing new, and even where they are wrong.",
    config=f"{__name__}.config:StepLengthConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics=IMITATION,
    shown=("loss", "val/success", "passages_per_s"),
    learner=f"{__name__}.run:StepLength",
    study=f"{__name__}.study:STUDY",
    demo={
        "tasks": ["maze:micro"],
        "model": {"width": 32, "depth": 1, "heads": 2},
        "batch": 4,
        "warmup": 0,
        "log_every": 1,
        "pool_start": 16,
        "pool_grow": 0,
        "pool_size": 16,
        "content": "corrupted",
    },
)
