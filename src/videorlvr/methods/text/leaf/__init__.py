"""LeaF: what confuses a student is found by gradients beside a teacher's, and left out while it is taught.

    g(token) = |d loss of the answer / d embedding of the token|, of student and teacher, each scaled to [0, 1] over a
    prompt confounders: tokens where g_teacher - g_student, scaled to [0, 1] again, lies below tau loss = lambda
    KL(p_T(y | x) || p_S(y | x)) + (1 - lambda) KL(p_T(y | x without A) || p_S(y | x without A))

A is one run of confounders of a prompt, drawn among its runs; it is left out where the teacher finds the answer no
less likely without it. Here confounders are put in, so that what is found can be told right or wrong: a tag that
names the first move of the solution nine times in ten while it is learnt, and boards that are not asked for. Instead
of found runs `mask` leaves out runs of the same length anywhere, or the true ones; `tags` says how tags are drawn,
also in play (`leaf-tags`), where flipped ones name a move that is wrong.

**Source.** arXiv:2506.07851, sections 3.2 and 3.3, and its code for scaling and spans.

**Differences.** Teacher and student are small models from scratch; the teacher learnt with tags by chance. A pruned
prompt is kept by the teacher's likelihood of the answer, and not by answers that are sampled. Answers have one
segment.

**Cost.** Of each passage forward 1 and backward 1 of student and teacher for the gradients, and then two passages
instead of one, in both models; `flops` counts the student's training alone.
"""

from videorlvr.training.language.glossary import IMITATION
from videorlvr.training.method import Method

METHOD = Method(
    name="leaf",
    title="LeaF",
    host="text",
    summary="A student is distilled with and without the tokens that confuse it, found by gradients.",
    source="arXiv:2506.07851",
    claim="Leaving out what gradients beside a teacher's call confounding makes a distilled student look at what "
    "matters.",
    config=f"{__name__}.config:LeafConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={
        **IMITATION,
        "precision": "share of tokens called confounding that are, since the last line",
        "recall": "share of confounding tokens that are called so, since the last line",
        "recall_tag": "share of tags of which a token is called confounding, since the last line",
        "pruned": "share of passages that were also learnt without a run of tokens, since the last line",
    },
    shown=("loss", "precision", "recall"),
    learner=f"{__name__}.run:Leaf",
    study=f"{__name__}.study:STUDY",
    demo={
        "tasks": ["maze:micro"],
        "model": {"width": 32, "depth": 1, "heads": 2},
        "teacher_model": {"width": 16, "depth": 1, "heads": 2},
        "batch": 4,
        "warmup": 0,
        "log_every": 1,
        "pool_start": 16,
        "pool_grow": 0,
        "pool_size": 16,
    },
)

PLAYER = Method(
    name="leaf-tags",
    title="LeaF's tags",
    host="text",
    summary="A policy answers boards behind a tag and among others that are not asked for.",
    source="arXiv:2506.07851",
    claim="Who learnt from confounders fails where they mislead.",
    config=f"{__name__}.config:LeafTagsConfig",
    recipes=f"{__name__}.recipes:WAYS",
    metrics={},
    player=f"{__name__}.play:LeafTags",
)
