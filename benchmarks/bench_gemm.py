"""Every step of the GEMM ladder beside NumPy's matmul and this machine's FMA peak, in GFLOP/s.

python benchmarks/bench_gemm.py --threads 1 2
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import harness
import machine
import numpy as np
import report
from shapes import GEMM_SHAPES, GemmShape

from minicnn import _core

# The slow steps are there to be read: a product that would take them seconds is not timed.
SLOW_STEPS = {"naive": 0.3, "blocked": 3.0}  # GFLOP


def operands(s: GemmShape) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, s.a).astype(np.float32), rng.uniform(-1, 1, s.b).astype(np.float32)


def competitors(s: GemmShape) -> dict[str, Callable[[], Any]]:
    a, b = operands(s)
    op_a = a.T if s.transposes[0] == "T" else a
    op_b = b.T if s.transposes[1] == "T" else b
    runs: dict[str, Callable[[], Any]] = {"numpy": partial(np.matmul, op_a, op_b)}
    settings = dict(transpose_a=s.transposes[0] == "T", transpose_b=s.transposes[1] == "T")
    for name in _core.GEMM_ALGORITHMS:
        if s.gflop <= SLOW_STEPS.get(name, np.inf):
            runs[name] = partial(_core.gemm, a, b, algorithm=name, **settings)
    expected = op_a.astype(np.float64) @ op_b.astype(np.float64)
    cond = np.abs(op_a).astype(np.float64) @ np.abs(op_b).astype(np.float64)
    for name, run in runs.items():
        harness.check(f"gemm {s} {name}", run(), expected, cond)
    return runs


def main() -> None:
    args = report.parser(__doc__.splitlines()[0]).parse_args()
    about = machine.about()
    report.show_machine(about, args.markdown)
    peak = about["FMA peak of one core, GFLOP/s"]
    steps = [*_core.GEMM_ALGORITHMS, "numpy"]
    results = []
    for threads in args.threads:
        rows = []
        for s in (s for s in GEMM_SHAPES if args.only in str(s)):
            with machine.Threads(threads):
                times = harness.compare(competitors(s), seconds=args.seconds)
            rates = {name: s.gflop / t.median for name, t in times.items()}
            cells = [f"{rates[name]:.1f}" if name in rates else "-" for name in steps]
            rows.append([str(s), *cells, f"{rates[steps[-2]] / (peak * threads):.0%}"])
            results += [
                {"shape": str(s), "threads": threads, "step": name, "gflops": rates[name]}
                | t.as_json()
                for name, t in times.items()
            ]
        title = f"GEMM, float32, {threads} thread(s): GFLOP/s (peak {peak * threads:.0f})"
        header = ["op(A) op(B), M x N x K", *steps, f"{steps[-2]} of peak"]
        report.show(title, header, rows, args.markdown)
    report.write_json(args.json, about, results)


if __name__ == "__main__":
    main()
