"""The method of CONTRIBUTING.md, built from its text as a package beside ours, keeps the contract."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()


def installed(folder: Path) -> None:
    """The package of the section 'Add a method', with the entry point that the text gives."""
    section = TEXT[TEXT.index("## Add a method") : TEXT.index("## Add a study")]
    files = re.findall(r"```python\n# (high_noise/\w+\.py)\n(.*?)```", section, re.S)
    assert [name.partition("/")[2] for name, _ in files] == [
        "__init__.py", "config.py", "math.py", "run.py", "recipes.py",
    ]  # fmt: skip
    for name, code in files:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(code)
    ((group, lines),) = re.findall(r'```toml\n\[project.entry-points."([\w.]+)"\]\n(.*?)```', section, re.S)
    info = folder / "high_noise-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: high-noise\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{lines}".replace('"', ""))


def test_the_example_is_found_and_keeps_the_contract(tmp_path):
    installed(tmp_path)
    source = str(Path(__file__).parents[2] / "src")
    script = "import sys; from videorlvr.cli.main import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", script, "methods", "check", "high-noise-sft"],
        env=os.environ | {"PYTHONPATH": f"{source}:{tmp_path}", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "high-noise-sft" in done.stdout
