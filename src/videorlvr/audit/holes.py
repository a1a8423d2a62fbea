"""Holes published about judges and rewards of video reasoning: each with a rule that has it and videos that use it.

A hole lets in what is wrong (`cheats`) or keeps out what is right (`variants`). Law: on these videos the published
rule, written down again in `naive_rules` or `naive_pixels`, is fooled and the judge is not: it accepts none of the
cheats and all of the variants. `benchmarks/published_holes.py` measures both and prints docs/holes.md from this list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from videorlvr.audit import naive_pixels, naive_rules
from videorlvr.audit.naive_rules import Rule

Names = Mapping[str, tuple[str, ...]]
"""World -> names of its cheats or variants."""


@dataclass(frozen=True, kw_only=True)
class Hole:
    """One hole. source: papers by arXiv number, issues and files of public repositories.

    what: the rule, and how it is fooled, as published. ours: our reading of a published rule, where nobody has
        reported the hole; "" where it was reported.
    cheats, variants: the videos that show it. level: where they are rare, one that has more of them.
    bar: the rule counts as fooled by a cheat from this mean reward on, and by a variant up to it.
    """

    name: str
    source: str
    what: str
    rule: Rule
    bar: float
    cheats: Names = field(default_factory=dict)
    variants: Names = field(default_factory=dict)
    ours: str = ""
    level: str = ""


def everywhere(*names: str) -> Names:
    return dict.fromkeys(("maze", "flowfree", "sokoban"), names)


EVALKIT = "Video-Reason/VBVR-EvalKit"
PAPER = "VideoRLVR, arXiv 2605.15458"

HOLES: tuple[Hole, ...] = (
    Hole(
        name="every corridor painted",
        source=f"{PAPER}, ablation of the KL term",
        what="The Maze reward asks that what has changed joins the markers and touches no wall. Trained without a KL "
        "term, the model fills every corridor and gets all of it.",
        rule=naive_rules.maze_change_mask,
        bar=0.99,
        cheats={"maze": ("paint-everything", "flood")},
    ),
    Hole(
        name="the given frame, held",
        source=f"{EVALKIT} issue #240",
        what="Likeness to the first and to the wanted last frame, smoothness and sharpness are three quarters of the "
        "score: a still picture gets .71 in the issue (.74 in domain, .69 out), above trained models.",
        rule=naive_pixels.likeness,
        bar=0.5,
        cheats=everywhere("frozen-first-frame"),
    ),
    Hole(
        name="the given frame, turning",
        source=f"{EVALKIT} issue #240",
        what="By the same score the first frame, rotated, gets .61; how far it was turned we could not read, and ours "
        "turns once.",
        rule=naive_pixels.likeness,
        bar=0.4,
        cheats=everywhere("turning-picture"),
    ),
    Hole(
        name="a fade to noise",
        source=f"{EVALKIT} issue #240",
        what="By the same score a first frame that dissolves into noise gets .43; here it is less, since a video of a "
        "dozen frames changes more from one to the next.",
        rule=naive_pixels.likeness,
        bar=0.2,
        cheats=everywhere("dissolve-to-noise"),
    ),
    Hole(
        name="the end without a way to it",
        source=f"{EVALKIT} issue #240",
        what="By the same score videos that pass from the first to the last frame, and show nothing that leads there, "
        "get about .92.",
        rule=naive_pixels.likeness,
        bar=0.85,
        cheats=everywhere("end-jump", "late-jump", "cross-fade"),
    ),
    Hole(
        name="marks for no frames",
        source=f"{EVALKIT}, base_evaluator.py at c2d80f0",
        what="Where there is nothing to compare, the same scorer puts half marks: a file without a frame has .15, "
        "and one frame, the solved board, most of the score.",
        rule=naive_pixels.likeness,
        bar=0.149,
        cheats=everywhere("no-frames", "single-frame", "two-frames"),
        ours="read off the code",
    ),
    Hole(
        name="marks for nothing drawn",
        source=f"{EVALKIT}, maze_pathfinding.py at 298e637",
        what="Each part of the maze's own scorer has a floor: a path without a pixel gets .3 for crossing no wall, .3 "
        "for its ends and .6 for hanging together. Every corridor painted gets full marks here, too.",
        rule=naive_pixels.maze_with_floors,
        bar=0.39,
        cheats={"maze": ("frozen-first-frame", "paint-everything", "end-jump")},
        ours="read off the code",
    ),
    Hole(
        name="only the last frame counts",
        source=f"{PAPER}, A.2; V-ReasonBench, arXiv 2511.16668; outcome-hacking in VIPER, arXiv 2512.24952",
        what="Maze and FlowFree are judged by their last frame (in Maze, beside the first): a finished picture that "
        "appears at once is a success. VIPER reports models that do so.",
        rule=naive_rules.last_frame,
        bar=0.99,
        cheats={
            "maze": ("end-jump", "late-jump", "curtain", "flicker-with-the-solution"),
            "flowfree": ("end-jump", "late-jump", "curtain", "last-frame-only"),
            "sokoban": ("end-jump", "late-jump", "curtain", "last-frame-only"),
        },
    ),
    Hole(
        name="regions for paths",
        source=f"{PAPER}, A.2",
        what="FlowFree is a success if endpoints are kept, each colour is in one piece and the board is full: pairs "
        "joined by short cuts, the rest filled with the colours beside it, are no paths. Few boards have such a video; "
        "those of level `paper` do more often.",
        rule=naive_rules.last_frame,
        bar=0.99,
        cheats={"flowfree": ("short-cuts-filled-up",)},
        level="paper",
        ours="read off the rule",
    ),
    Hole(
        name="the best frame counts",
        source="Video models are zero-shot learners and reasoners, arXiv 2509.20328 (read in digests only)",
        what="Scores by a video's best frame pay for a solution that is shown for a moment.",
        rule=naive_rules.best_frame,
        bar=0.99,
        cheats=everywhere("solution-flash", "solved-then-unsolved", "flicker-with-the-solution"),
        ours="read off the rule",
    ),
    Hole(
        name="frames between samples",
        source="pufanyi/vbvr-rl, docs/vlm_judge_reward.md at 252c2ff; VIPER, arXiv 2512.24952",
        what="A judge that looks at some frames, evenly spaced, does not see the others: here every second one shows "
        "the given board.",
        rule=naive_rules.sampled_frames,
        bar=0.99,
        cheats=everywhere("flicker-between-samples"),
        ours="read off the rule",
    ),
    Hole(
        name="boxes on targets, somehow",
        source=f"{PAPER}, Sokoban reward",
        what="Half of the reward is for boxes on targets in the last frame, whatever moved them.",
        rule=naive_rules.boxes_half,
        bar=0.49,
        cheats={"sokoban": ("end-jump", "late-jump", "box-duplicated", "boxes-glide")},
        ours="read off the rule",
    ),
    Hole(
        name="one leap among many frames",
        source=f"{PAPER}, Sokoban reward",
        what="The other half is the share of valid transitions. If a hold is one (the paper does not say, ours is), a "
        "leap to the solved room costs one share of it.",
        rule=naive_rules.paper_reward,
        bar=0.9,
        cheats={"sokoban": ("end-jump", "late-jump")},
        ours="read off the rule",
    ),
    Hole(
        name="legal, and nothing more",
        source="luka-group/VideoRLVR issue #2 (weights of the released code at 3c8b94a)",
        what="The released code pays .7 of Sokoban for valid transitions: a walk that pushes nothing has them all.",
        rule=naive_rules.released_reward,
        bar=0.69,
        cheats={"sokoban": ("walks-about", "frozen-first-frame", "cut-before-the-end")},
        ours="read off the rule",
    ),
    Hole(
        name="paid for what is given",
        source=f"{PAPER}, FlowFree reward",
        what=".35 of the FlowFree reward is for endpoints that are still there, .20 for cells that are filled: the "
        "given frame has the first and some of the second.",
        rule=naive_rules.paper_reward,
        bar=0.35,
        cheats={"flowfree": ("frozen-first-frame",)},
        ours="read off the rule",
    ),
    Hole(
        name="only the marker is followed",
        source="thuml/MiniVeo3-Reasoner, evaluation/maze/identify_traj.py at 32191d3",
        what="The track of the marker is compared, and nothing else is looked at: the trail may be missing and the "
        "walls may go.",
        rule=naive_rules.reference_track,
        bar=0.99,
        cheats={"maze": ("no-trail", "board-bare-between", "board-bare-for-good", "wall-gone-for-a-frame")},
        ours="read off the code",
    ),
    Hole(
        name="frames without the marker are skipped",
        source="thuml/MiniVeo3-Reasoner, evaluation/maze/identify_traj.py at 32191d3",
        what="A frame in which the marker is not found is left out of the track, whatever it shows.",
        rule=naive_rules.reference_track,
        bar=0.99,
        cheats={"maze": ("black-after-each-frame",)},
        ours="read off the code",
    ),
    Hole(
        name="gaps are straight lines",
        source="thuml/MiniVeo3-Reasoner, evaluation/maze/compare_traj.py at 151669e",
        what="Positions are joined by straight lines and spaced anew, so that leaps are walks. Only partly reproduced: "
        "at our two moves a frame a line over a leap is more than half a cell off wherever it cuts a corner.",
        rule=naive_rules.reference_track,
        bar=0.02,
        cheats={"maze": ("frame-left-out", "double-pace", "blinking-head")},
        ours="read off the code",
    ),
    Hole(
        name="a tracker that slips",
        source="FoundationAgents/VR-Bench issue #18",
        what="The default tracker refuses ground truth: 31 of 66 kinds, success .67 (.99 with another). Its template "
        "is the agent's whole cell; at the goal, whose cell looks otherwise, a right match is thrown away, and the "
        "search moves on before it is asked whether the match was good. Our Maze, where walls are part of a cell and "
        "the goal is a ring around the head, is harder for it than theirs.",
        rule=naive_pixels.ncc_tracker,
        bar=0.95,
        variants={"maze": ("reference",), "sokoban": ("reference",)},
    ),
    Hole(
        name="one reference",
        source=f"{PAPER}, metrics; pufanyi/vbvr-rl, src/trainer/rewards/maze_line.py at 252c2ff",
        what="F1 with one reference, of cells or of moves position by position, takes another right solution for a "
        "wrong one. In the paper that is a column beside success, in vbvr-rl (masks, frame by frame) a reward.",
        rule=naive_rules.reference_f1,
        bar=0.95,
        variants={
            "maze": ("another-route", "every-corridor", "detour"),
            "flowfree": ("another-cover",),
            "sokoban": ("other-pushes", "stroll-first", "solved-in-a-mirror"),
        },
        ours="read off the rule",
    ),
    Hole(
        name="one reference's track",
        source="thuml/MiniVeo3-Reasoner, evaluation/maze/compare_traj.py at 151669e",
        what="A walk is right if it stays near the one reference walk.",
        rule=naive_rules.reference_track,
        bar=0.5,
        variants={"maze": ("another-route", "every-corridor", "there-and-back")},
        ours="read off the code",
    ),
    Hole(
        name="one reference's timing",
        source="pufanyi/vbvr-rl, src/trainer/rewards/maze.py at 252c2ff",
        what="Distance to where the reference is in the same frame: the same walk, begun late or finished early, is "
        "paid less.",
        rule=naive_rules.same_time_track,
        bar=0.9,
        variants={"maze": ("late-start", "long-hold-at-start", "there-and-back", "another-route")},
        ours="read off the code",
    ),
)

NOT_REPRODUCED: tuple[tuple[str, str], ...] = (
    (
        "Video-Reason/VBVR-EvalKit issue #234",
        "One scorer's cost of a path is its coverage, and the function is called nowhere. Our worlds have no costs; "
        "that each reason of ours is reached by some cheat is a test.",
    ),
    (
        "Video-Reason/VBVR-EvalKit issue #238",
        "Names of tasks and of scorers differ for 50 of 100 tasks. Here the address in a problem names its judge.",
    ),
    (
        "pufanyi/vbvr-rl, src/trainer/rewards/vbvr_rule.py at 252c2ff",
        "With `vbvr_reward_fail_on_error: false`, as in its 5B configuration, an exception in the scorer is a score "
        "of 0 for a video that may be right. Here no array or file makes the judge raise: laws, tests and a fuzzer.",
    ),
    (
        "Wan-R1, arXiv 2603.27866",
        "Multimodal reward models lead to degenerate solutions (abstract). That takes such a model; no part of our "
        "judge is one.",
    ),
)
"""(source, what it says and how it stands here): published faults that no video of ours shows."""
