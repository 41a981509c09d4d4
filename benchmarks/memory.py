"""Peak memory of a training step of six nets, beside PyTorch's; needs Linux.

    python benchmarks/memory.py

Each net and library runs in a process of its own. Counted is how far the process's resident memory
rises during five steps above what it was with the library, the net and the batch in place: outputs
that backward needs, gradients, the optimizer's state, workspaces, and what an allocator keeps. (The
system's mark of the highest resident memory is reset between the two.) PyTorch's figure is that of
its thriftier layout. A ratio above 1 says how many times more PyTorch takes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import machine
import numpy as np
import report
from nets import NETS, Net

import minicnn
import minicnn.nn.functional as F

STEPS = 5
MODES = ("minicnn", "NCHW", "channels_last")


def resident(line: str) -> float:
    """Return MB of this process from /proc/self/status: VmRSS is now, VmHWM the highest."""
    status = Path("/proc/self/status").read_text()
    (found,) = (text for text in status.splitlines() if text.startswith(f"{line}:"))
    return int(found.split()[1]) * 1024e-6


def rise(name: str, mode: str, threads: int) -> float:
    """Return by how many MB the resident memory of this process rises during the steps."""
    (net,) = (net for net in NETS if net.name == name)
    step = our_step(net, threads) if mode == "minicnn" else their_step(net, mode, threads)
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM starts again at VmRSS
    before = resident("VmRSS")
    for _ in range(STEPS):
        step()
    return resident("VmHWM") - before


def batch(net: Net) -> tuple[np.ndarray, np.ndarray]:
    """Return what pytorch_nets.data returns; that module needs PyTorch."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal(net.input_shape).astype(np.float32)
    return x, rng.integers(0, 10, net.input_shape[0])


def our_step(net: Net, threads: int) -> Callable[[], None]:
    minicnn.set_num_threads(threads)
    model = net.build(minicnn.nn, True)
    x, labels = (minicnn.Tensor(a) for a in batch(net))
    optimizer = minicnn.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(x), labels).backward()
        optimizer.step()

    return step


def their_step(net: Net, mode: str, threads: int) -> Callable[[], None]:
    import torch  # not in the process that measures minicnn

    torch.set_num_threads(threads)
    layout = torch.channels_last if mode == "channels_last" else torch.contiguous_format
    model = net.build(torch.nn, True).to(memory_format=layout)
    x, labels = (torch.from_numpy(a) for a in batch(net))
    x = x.contiguous(memory_format=layout)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, fused=True)

    def step() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), labels).backward()
        optimizer.step()

    return step


def measured(name: str, mode: str, threads: int) -> float:
    command = [sys.executable, __file__, "--worker", name, mode, str(threads)]
    run = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)
    return float(run.stdout)


def main() -> None:
    options = report.parser((__doc__ or "").splitlines()[0])
    options.add_argument("--worker", nargs=3, help="for this script's own use: net, mode, threads")
    args = options.parse_args()
    if args.worker:
        print(json.dumps(rise(args.worker[0], args.worker[1], int(args.worker[2]))))
        return
    about = machine.about()
    report.show_machine(about, args.markdown)
    results = []
    for threads in args.threads:
        rows = []
        for net in (net for net in NETS if args.only in net.name):
            found = {mode: measured(net.name, mode, threads) for mode in MODES}
            best = min(MODES[1:], key=lambda mode: found[mode])
            ratio = found[best] / found["minicnn"]
            rows.append([net.name, *(f"{found[m]:.1f}" for m in ("minicnn", best)), best])
            rows[-1].append(f"{ratio:.2f}")
            results.append({"name": net.name, "threads": threads, "ratio": ratio, "MB": found})
        title = f"Peak memory of a training step, {threads} thread(s), MB"
        header = ["", "minicnn", "PyTorch", "its thriftier layout", "ratio"]
        report.show(title, header, rows, args.markdown)
    report.write_json(args.json, about, results)


if __name__ == "__main__":
    main()
