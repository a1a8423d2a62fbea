"""Post-train a Wan pipeline on puzzle videos, and have plain diffusers make videos that the judge scores.

    pip install "videorlvr[wan]"
    python examples/wan/post_train.py Wan-AI/Wan2.2-TI2V-5B-Diffusers runs/wan

Every line that trains is ours, every line that samples is diffusers'. docs/wan.md says what it costs.
"""

import json
import sys
from pathlib import Path

import torch
from diffusers import DiffusionPipeline, WanImageToVideoPipeline
from PIL import Image

from videorlvr.base.media.write import write_mp4
from videorlvr.cli.main import main as videorlvr
from videorlvr.methods import method_of
from videorlvr.training.run import run

HEIGHT, WIDTH, FRAMES = 256, 256, 33
LONG = {"num_steps": 2000, "batch": 16}  # of SFT
RL = {"num_steps": 100, "problems": 8, "group": 16, "batch": 16}


def train(pipeline: str, out: Path, *, size: str, sft: dict, rl: dict, **common) -> Path:
    """SFT on oracle videos, then SDE-GRPO on the judge's verdicts; the folder with the LoRA weights."""
    common = {"tasks": [f"maze:small@{size}"], "sampling": {"steps": 20, "shift": 5.0}, **common}
    how = {"optimizer": "adamw", "lr": 1e-4, "warmup": 50, "ema": 0.99}
    begun = method_of("sft").config_type(model={"path": pipeline, "rank": 32}, **how, **sft, **common)
    start = run(method_of("sft"), begun, out / "sft")
    better = method_of("sde-grpo").config_type(
        init=str(start), lr=1e-5, **{"window": "early", "num_trained": 4} | rl, **common
    )
    return run(method_of("sde-grpo"), better, out / "rl")


def sample(pipeline: str, adapter: Path, manifest: Path, videos: Path, *, steps: int) -> None:
    """A video of each problem of the manifest, by diffusers alone."""
    dtype = torch.bfloat16 if torch.cuda.is_available() else torch.float32
    loaded = DiffusionPipeline.from_pretrained(pipeline, dtype=dtype)
    wan = WanImageToVideoPipeline(**loaded.components, expand_timesteps=loaded.config.expand_timesteps)
    wan.load_lora_weights(adapter)
    wan.to("cuda" if torch.cuda.is_available() else "cpu")
    for problem in map(json.loads, manifest.read_text().splitlines()):
        first = Image.open(manifest.parent / problem["first_frame"])
        frames = wan(
            first, problem["prompt"], height=first.height, width=first.width, num_frames=FRAMES,
            num_inference_steps=steps, guidance_scale=1.0, output_type="np",
        ).frames[0]  # fmt: skip
        write_mp4(videos / f"{problem['id']}.mp4", (frames * 255).round().astype("uint8"), fps=8)


def score(out: Path, *, size: str, count: int, **sampling) -> int:
    """Test problems as files, videos of them, and the judge's table."""
    exported = out / "test"
    where = ["--size", size, "--align", "16", "--count", str(count), "--out", str(exported)]
    videorlvr(["worlds", "export", "maze", "--level", "small", *where])
    sample(manifest=exported / "manifest.jsonl", videos=out / "videos", **sampling)
    table = ["--videos", str(out / "videos"), "--json", str(out / "score.json")]
    return videorlvr(["score", str(exported / "manifest.jsonl"), *table])


if __name__ == "__main__":
    source, folder = sys.argv[1], Path(sys.argv[2])
    trained = train(source, folder, size=f"{HEIGHT}x{WIDTH}x{FRAMES}", sft=LONG, rl=RL, compile=True)
    sys.exit(score(folder, size=f"{HEIGHT}x{WIDTH}", count=50, pipeline=source, adapter=trained, steps=20))
