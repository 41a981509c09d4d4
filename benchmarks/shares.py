"""Where the time of a training step goes in each of the six nets.

    python benchmarks/shares.py --threads 1 2

`minicnn.profile` tells it, operation by operation, forward and backward together; what is left
of the step is Python between the operations, and counted as such.
"""

from __future__ import annotations

import time
from typing import Any

import machine
import numpy as np
import report
from nets import NETS, Net

import minicnn
import minicnn.nn.functional as F
from minicnn.optim import SGD

KINDS = {
    "Conv2d": "convolution",
    "Linear": "Linear",
    "BatchNorm": "BatchNorm",
    "MaxPool2d": "pooling",
    "AvgPool2d": "pooling",
    "SGD": "SGD",
}
COLUMNS = [*dict.fromkeys(KINDS.values()), "other operations", "between them"]
WARM_UP = 3


def shares(net: Net, seconds: float) -> tuple[float, dict[str, float]]:
    """Return the seconds of one step, and the share of each kind of operation in it."""
    rng = np.random.default_rng(0)
    x = minicnn.Tensor(rng.standard_normal(net.input_shape).astype(np.float32))
    labels = minicnn.Tensor(rng.integers(0, 10, net.input_shape[0]))
    model = net.build(minicnn.nn, True)
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step() -> float:
        start = time.perf_counter()
        optimizer.zero_grad()
        F.cross_entropy(model(x), labels).backward()
        optimizer.step()
        return time.perf_counter() - start

    once = min(step() for _ in range(WARM_UP))
    steps = max(5, round(seconds / once))
    with minicnn.profile(roof=minicnn.roof.Roof(1.0, 1.0)) as timed:  # its roof is not looked at
        for _ in range(steps):
            step()
    found = dict.fromkeys(COLUMNS, 0.0)
    for row in timed.rows:
        found[KINDS.get(row.op, "other operations")] += row.seconds
    found["between them"] = timed.seconds - sum(found.values())
    return timed.seconds / steps, {kind: s / timed.seconds for kind, s in found.items()}


def main() -> None:
    args = report.parser((__doc__ or "").splitlines()[0]).parse_args()
    about = machine.about()
    report.show_machine(about, args.markdown)
    results: list[dict[str, Any]] = []
    for threads in args.threads:
        rows = []
        for net in (net for net in NETS if args.only in net.name):
            with machine.Threads(threads):
                seconds, found = shares(net, args.seconds)
            rows.append([net.name, f"{1e3 * seconds:.3g}", *(f"{s:.0%}" for s in found.values())])
            results.append({"name": net.name, "threads": threads, "seconds": seconds} | found)
        header = ["", "ms, timed so", *COLUMNS]
        report.show(f"Shares of a training step, {threads} thread(s)", header, rows, args.markdown)
    report.write_json(args.json, about, results)


if __name__ == "__main__":
    main()
