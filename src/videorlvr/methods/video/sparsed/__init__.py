"""SparseD: full attention in early steps, then for each head the blocks that it looked at, computed once and reused.

After a share of the steps each layer and head says which blocks of keys each block of queries gives most weight to; a
share of them, the density, is all that it sees from then on. Blocks of the given first frame and of the other frames
are chosen separately, so that neither starves the other. Patterns are each video's own.

What is computed here is exact attention under that mask, so what sparsity costs in success is measured on any machine;
that it saves time is measured by itself, with FlexAttention at 8,190 tokens and more
(`benchmarks/sparse_attention.py`): below that no saving is claimed.

**Source.** SparseD, arXiv:2509.24014, there for masked diffusion of text.

**Differences.** Frames in the place of prompt and answer; scores are scaled by the root of a head's width, where the
released code takes the number of heads. Beside the method stand its controls: sparse from the first step, sparse and
then full, patterns anew at each step, a window of equal density, one pattern for all heads.

**Cost.** As many network evaluations; in sparse steps attention over the share `density` of blocks. One step computes
the scores by block beside its attention.

**Found** (docs/methods/wave.md). At `micro`, with few tokens and five steps, where nothing is to be saved, half of the
blocks cost most of the success. Heads differ, and each looks at the same blocks from step to step more than from first
to last. The paper's boards and times on a GPU are yet to be measured.
"""

from videorlvr.training.method import Method

METHOD = Method(
    name="sparsed",
    title="SparseD",
    host="video",
    summary="Full attention early, then block patterns of each head, computed once.",
    source="SparseD, arXiv:2509.24014",
    claim="After a few full steps attention may be confined to patterns of each head without loss of quality.",
    config=f"{__name__}.config:SparseDConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={},
    player=f"{__name__}.run:SparseD",
)
