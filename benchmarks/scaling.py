"""How the time of a training step grows with the batch and shrinks with the second core; imports.

    python benchmarks/scaling.py

Time per image should stay the same from batch 32 to 512, and two cores should do nearly twice the
work of one. The last table is what `import minicnn` adds to `import numpy`: for each, the median
over fresh processes.
"""

from __future__ import annotations

import dataclasses
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import harness
import machine
import numpy as np
import report
from nets import NETS, Net

import minicnn
import minicnn.nn.functional as F
from minicnn.optim import SGD

BATCHES = (32, 64, 128, 256, 512)
IMPORTS = 20
CLOCK = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def step_of(net: Net, batch: int) -> Callable[[], None]:
    """Return one training step with a batch of this size."""
    rng = np.random.default_rng(0)
    x = minicnn.Tensor(rng.standard_normal((batch, *net.input_shape[1:])).astype(np.float32))
    labels = minicnn.Tensor(rng.integers(0, 10, batch))
    model = net.build(minicnn.nn, True)
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(x), labels).backward()
        optimizer.step()

    return step


def of_batches(nets: list[Net], threads: int, seconds: float) -> list[dict[str, Any]]:
    """Return the time per image for each batch size, all sizes of one net measured in turns."""
    entries = []
    for net in nets:
        steps = {str(batch): step_of(net, batch) for batch in BATCHES}
        with machine.Threads(threads):
            times = harness.compare(steps, seconds=seconds, burst=0.02)
        micros = {batch: 1e6 * t.median / int(batch) for batch, t in times.items()}
        spread = max(micros.values()) / min(micros.values()) - 1
        entry = {"name": net.name.split(",")[0], "threads": threads, "us per image": micros}
        entries.append(entry | {"spread": spread})
    return entries


def of_cores(nets: list[Net], seconds: float) -> list[dict[str, Any]]:
    """Return one core's time over two cores', measured in turns."""
    entries = []
    for net in nets:
        step = step_of(net, net.input_shape[0])

        def run(threads: int, step: Callable[[], None] = step) -> None:
            minicnn.set_num_threads(threads)
            step()

        with machine.Threads(2):
            runs = {"1": lambda run=run: run(1), "2": lambda run=run: run(2)}
            times = harness.compare(runs, seconds=seconds, burst=0.02)
        entries.append({"name": net.name, "ms": {n: 1e3 * t.median for n, t in times.items()}})
        entries[-1]["gain"] = harness.ratio(times["1"], times["2"])
    return entries


def import_seconds(module: str) -> float:
    """Return the median over fresh processes; the first, which may compile files, not counted."""
    command = [sys.executable, "-c", CLOCK.format(module)]
    settings = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    run = partial(subprocess.run, command, env=settings, check=True, capture_output=True)
    runs = [float(run().stdout) for _ in range(1 + IMPORTS)]
    return statistics.median(runs[1:])


def main() -> None:
    args = report.parser((__doc__ or "").splitlines()[0]).parse_args()
    about = machine.about()
    report.show_machine(about, args.markdown)
    nets = [net for net in NETS if args.only in net.name]
    different = list({net.build: dataclasses.replace(net) for net in nets}.values())
    results: dict[str, Any] = {"batches": [], "cores": of_cores(nets, args.seconds)}
    for threads in args.threads:
        found = of_batches(different, threads, args.seconds)
        rows = [
            [e["name"], *(f"{t:.1f}" for t in e["us per image"].values()), f"{e['spread']:.0%}"]
            for e in found
        ]
        header = ["us per image, batch of", *map(str, BATCHES), "slowest / fastest - 1"]
        report.show(f"Training step, {threads} thread(s)", header, rows, args.markdown)
        results["batches"] += found
    rows = []
    for e in results["cores"]:
        middle, low, high = e["gain"]
        cells = [f"{ms:.3g}" for ms in e["ms"].values()]
        rows.append([e["name"], *cells, f"{middle:.2f}", f"{low:.2f}-{high:.2f}"])
    header = ["", "1 core, ms", "2 cores, ms", "gain", "quartiles"]
    report.show("Training step, the second core", header, rows, args.markdown)
    imports = {module: import_seconds(module) for module in ("numpy", "numpy, minicnn")}
    results["imports"] = imports
    added = 1e3 * (imports["numpy, minicnn"] - imports["numpy"])
    rows = [[f"import {m}", f"{1e3 * t:.0f}"] for m, t in imports.items()]
    report.show("Import", ["", "ms"], [*rows, ["minicnn adds", f"{added:.0f}"]], args.markdown)
    report.write_json(args.json, about, results)


if __name__ == "__main__":
    main()
