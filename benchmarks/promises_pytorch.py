"""minicnn beside PyTorch on what a library promises beyond speed: one table, in both directions.

    pip install -e '.[compare]'
    python benchmarks/promises_pytorch.py [--markdown] [--only fork] [--json runs/promises.json]

Each cell is measured in processes of its own, which are ended after --timeout seconds; nothing is
taken from documentation. PyTorch runs as it is installed; where it has a setting for the promise
(`torch.use_deterministic_algorithms`), a row of its own shows it with that. See promise_probes.py
for how each row is measured.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import machine
import report

LIBRARIES = ("minicnn", "torch")
# The row's probe, what it asks, and how it is measured.
ROWS = {
    "threads": (
        "Same bits with 1 and 2 threads",
        "y, grad_x, grad_weight of the benchmarks' layers",
    ),
    "training": ("Same weights with 1, 2, 3 threads", "30 steps of a small CNN"),
    "run": ("Same weights from run to run", "5 processes, 2 threads, 30 steps"),
    "ctrl-c": ("Ctrl-C inside one operation", "a convolution of about 4 s, SIGINT after 0.5 s"),
    "fork": ("Fork after kernels have run", "20 forked children that compute, 10 s each"),
    "full disk": ("Disk full while saving", "over an old checkpoint, 7 limits of the file size"),
    "kill": ("kill -9 while saving", "over an old checkpoint of 16 MiB, 20 random times"),
    "flipped checkpoint": ("One flipped bit in a checkpoint", "300 random places"),
    "flipped weights": ("One flipped bit in a weights file", "300 random places"),
    "hostile": ("Hostile settings", "0, -1, 2^31 +- 1, 2^62, 2^63 - 1 in conv2d and pooling"),
    "layouts": ("Arrays of NumPy accepted", "11 layouts given to conv2d"),
    "rounding": (
        "float32 error in eps * cond, at most",
        "62 convolutions against float64, some by Winograd",
    ),
}
DETERMINISTIC = ("threads", "training")  # rows that PyTorch's setting might change


def measured(probe: str, library: str, timeout: float, **environment: str) -> dict[str, Any]:
    """Return what one probe says in a process of its own, which must end in time."""
    script = Path(__file__).with_name("promise_probes.py")
    process = subprocess.Popen(
        [sys.executable, str(script), probe, library],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return {"text": f"no answer in {timeout:.0f} s"}
    if process.returncode < 0:
        return {"text": f"crash: {signal.Signals(-process.returncode).name}", "stderr": err[-2000:]}
    if process.returncode != 0:
        return {"text": "the probe failed", "stderr": err[-2000:]}
    result: dict[str, Any] = json.loads(out.splitlines()[-1])
    return result


def run_to_run(library: str, timeout: float) -> dict[str, Any]:
    """Return how many different results 5 processes give, with different hash seeds."""
    runs = [measured("run", library, timeout, PYTHONHASHSEED=str(i)) for i in range(5)]
    hashes = {run["text"] for run in runs}
    return {"text": "all alike" if len(hashes) == 1 else f"{len(hashes)} different", "runs": runs}


def rows(probes: list[str], timeout: float) -> dict[str, dict[str, Any]]:
    """Return the cells of each row."""
    found: dict[str, dict[str, Any]] = {}
    for probe in probes:
        found[probe] = {
            name: run_to_run(name, timeout) if probe == "run" else measured(probe, name, timeout)
            for name in LIBRARIES
        }
        if probe in DETERMINISTIC:
            asked = measured(probe, "torch", timeout, PROMISES_DETERMINISTIC="1")
            found[probe]["torch, deterministic"] = asked
    return found


def main() -> None:
    options = report.parser(__doc__.splitlines()[0])
    options.add_argument("--timeout", type=float, default=300, help="seconds for one cell")
    args = options.parse_args()
    try:
        import torch
    except ImportError:
        raise SystemExit("promises_pytorch needs PyTorch: pip install -e '.[compare]'") from None
    about = machine.about() | {"torch": torch.__version__}
    report.show_machine(about, args.markdown)
    found = rows([probe for probe in ROWS if args.only in probe], args.timeout)
    lines = []
    for probe, cells in found.items():
        asks, how = ROWS[probe]
        theirs = cells["torch"]["text"]
        if "torch, deterministic" in cells:
            theirs += f"; asked for determinism: {cells['torch, deterministic']['text']}"
        lines.append([asks, how, cells["minicnn"]["text"], theirs])
    report.show("Promises", ["", "how measured", "minicnn", "PyTorch"], lines, args.markdown)
    report.write_json(args.json, about, found)


if __name__ == "__main__":
    main()
