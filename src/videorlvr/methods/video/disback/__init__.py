"""DisBack: a student of one step, taught by the teacher's score by way of the stations between them.

The student begins as the teacher, taken at pure noise for a single Euler step. **Recording**: a score that begins as
the teacher's learns what the student makes, and is kept as it goes, so that the last station is the student's own
score. **Backtracking**: the student is moved by the difference of two scores, its own and a station's, in their data
estimates,

    g = (D_own - D_station) / mean |x - D_station|,    loss = 1/2 |x - stopgrad(x - g)|^2

from the last station back to the teacher, its own score learning beside it. What comes of it is a policy like any
other, whose runs are evaluated with one solver step.

**Source.** DisBack, arXiv:2408.15991; distribution matching, arXiv:2311.18828.

**Differences.** Given a first frame, which is clean in all of it and moves nothing. The student's noise level is 1, so
that it is Euler's sampler with one step. No GAN head. The released backtracking loads no station (other prefixes, not
strict); here stations are parts of the run, and go with its checkpoints. Controls: no stations (`nodes=0`), stations in
another order, plain regression on the teacher's samples.

**Cost.** A recording step takes 4 network evaluations a video, one of the student 4 times `fake_steps` and 5; the
regression 3 and `teacher_steps`. Memory holds three networks and the stations.
"""

from videorlvr.training.method import Method

METHOD = Method(
    name="disback",
    title="DisBack",
    host="video",
    summary="A student of one step, moved by scores along the recorded path back to its teacher.",
    source="DisBack, arXiv:2408.15991",
    claim="A student that backtracks the recorded path learns faster and better than one taught by the endpoint.",
    config=f"{__name__}.config:DisBackConfig",
    recipes=f"{__name__}.recipes:RECIPES",
    metrics={
        "loss": "the student's objective, mean over worlds",
        "score_loss": "mean squared velocity error of the student's score on what it makes",
        "mismatch": "root of the mean square between the data estimates of the student's score and its target's",
        "station": "which station is gone to; 0 is the teacher",
        "grad_norm": "norm of the student's gradient before it is clipped",
    },
    shown=("mismatch", "station", "val/success"),
    learner=f"{__name__}.run:DisBack",
    study=f"{__name__}.study:STUDY",
    demo={
        "tasks": ["flowfree:micro"],
        "batch": 2,
        "nodes": 1,
        "record": 1,
        "fake_steps": 1,
        "log_every": 1,
        "pool_size": 16,
    },
)
