"""How near each operation comes to what this machine can do: a table and, with --png, a picture.

    python benchmarks/roofline.py --png runs/roofline.png

An operation of F flops that must move at least B bytes takes at least max(F / peak, B / bandwidth);
its roof is the rate that this allows. The peak is that of a loop of FMAs on one core, times the
threads; the bandwidth is that of as many threads copying a 64 MB array. Arrays that fit the caches
move faster than that: small operations may pass their roof. The operations that mostly move memory
(batch norm, ReLU, sums, dropout, the loss, the update) are listed in memory_bound.py.

Source: Williams, Waterman & Patterson, "Roofline", CACM 52(4), 2009.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bench_conv2d
import bench_gemm
import bench_pool
import harness
import machine
import memory_bound
import numpy as np
import report
from shapes import CONV_SHAPES, GEMM_SHAPES, POOL_SHAPES

from minicnn import _core
from minicnn.roof import copy_bandwidth

FAMILIES = ("conv2d", "gemm", "pooling", "other")
COLORS = {"conv2d": "#2a6fbb", "gemm": "#d9822b", "pooling": "#3a8f5c", "other": "#8a5fb0"}


@dataclass(frozen=True)
class Case:
    """One operation: a family, its name, and what it must do and move at least."""

    family: str
    name: str
    gflop: float
    megabytes: float
    run: Callable[[], Any]


@dataclass(frozen=True)
class Rate:
    case: Case
    gflops: float
    gb_per_s: float
    of_roof: float

    @property
    def intensity(self) -> float:
        """Flops for each byte that must be moved."""
        return 1e3 * self.case.gflop / self.case.megabytes


def cases(only: str) -> Iterator[Case]:
    """Yield every operation as the library runs it by default, its result checked."""
    for s in CONV_SHAPES:
        for pass_name in bench_conv2d.PASSES:
            if only in (name := f"conv2d {pass_name} {s}"):
                step = bench_conv2d.steps_for(s)[1]
                run = bench_conv2d.competitors(s, pass_name, [step])[step]
                yield Case("conv2d", name, s.gflop, s.megabytes, run)
    for s in GEMM_SHAPES:
        if only in (name := f"gemm {s}"):
            run = bench_gemm.competitors(s)[_core.GEMM_ALGORITHMS[-1]]
            yield Case("gemm", name, s.gflop, s.megabytes, run)
    for s in POOL_SHAPES:
        names = {p: f"{p} pooling {s}" for p in bench_pool.PASSES}
        if not any(only in name for name in names.values()):
            continue
        gflop = 1e-9 * s.N * s.C * s.H_out**2 * s.K**2
        for pass_name, runs in bench_pool.competitors(s).items():
            if only in names[pass_name]:
                run = runs[bench_pool.STEPS[pass_name[:3]][-1]]
                yield Case("pooling", names[pass_name], gflop, s.megabytes, run)
    for op in memory_bound.operations():
        if only in op.name:
            yield Case("other", *op)


def measure(case: Case, peak: float, bandwidth: float, seconds: float) -> Rate:
    time = harness.compare({"ours": case.run}, seconds=seconds)["ours"].median
    least = max(case.gflop / peak, 1e-3 * case.megabytes / bandwidth)
    return Rate(case, case.gflop / time, 1e-3 * case.megabytes / time, least / time)


def draw(rates: list[Rate], peak: float, bandwidth: float, title: str, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")  # draw into files, without a screen
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8.5, 5.4), layout="constrained")
    for family in FAMILIES:
        some = [r for r in rates if r.case.family == family]
        x, y = [r.intensity for r in some], [r.gflops for r in some]
        axes.scatter(x, y, s=42, color=COLORS[family], edgecolor="white", label=family, zorder=2)
    lowest = 0.6 * min([r.gflops for r in rates] + [0.2 * bandwidth])
    axes.set(xscale="log", yscale="log", xlim=(0.1, 1000), ylim=(lowest, 3 * peak))
    axes.set_title(title, loc="left", fontweight="bold")
    axes.set_xlabel("flops for each byte that must be moved")
    axes.set_ylabel("GFLOP/s (of the definition)")
    axes.grid(which="major", color="0.9", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    figure.draw_without_rendering()  # now the axes have their final place
    draw_roof(axes, peak, bandwidth)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def draw_roof(axes: Any, peak: float, bandwidth: float) -> None:
    """Draw the two limits, each with its name written along it."""
    x = np.geomspace(0.1, 1000, 200)
    axes.plot(x, np.minimum(peak, x * bandwidth), color="0.25", linewidth=2, zorder=1)
    ridge = peak / bandwidth
    axes.text(ridge * 1.4, peak * 1.08, f"FMA peak, {peak:.0f} GFLOP/s", color="0.25")
    start = ridge / 10
    (x0, y0), (x1, y1) = axes.transData.transform([(start, start * bandwidth), (ridge, peak)])
    axes.text(
        start,
        1.15 * start * bandwidth,
        f"copy bandwidth, {bandwidth:.0f} GB/s",
        color="0.25",
        rotation=np.degrees(np.arctan2(y1 - y0, x1 - x0)),
        rotation_mode="anchor",
    )


def report_threads(threads: int, args: argparse.Namespace, one_core: float) -> list[dict[str, Any]]:
    peak, bandwidth = one_core * threads, copy_bandwidth(threads)
    with machine.Threads(threads):
        rates = [measure(c, peak, bandwidth, args.seconds) for c in cases(args.only)]
    rows = [
        [r.case.name, f"{r.gflops:.1f}", f"{r.gb_per_s:.1f}", f"{r.of_roof:.0%}"] for r in rates
    ]
    title = f"{threads} thread(s): peak {peak:.0f} GFLOP/s, copy {bandwidth:.1f} GB/s"
    report.show(title, ["operation", "GFLOP/s", "GB/s", "of its roof"], rows, args.markdown)
    if args.png is not None:
        name = args.png.with_stem(f"{args.png.stem}-{threads}") if threads > 1 else args.png
        draw(rates, peak, bandwidth, f"minicnn on {machine.processor()}, {threads} thread(s)", name)
    facts = {"threads": threads, "peak": peak, "bandwidth": bandwidth}
    return [
        facts
        | {"name": r.case.name, "gflops": r.gflops, "gb_per_s": r.gb_per_s, "of_roof": r.of_roof}
        for r in rates
    ]


def main() -> None:
    options = report.parser(__doc__.splitlines()[0])
    options.add_argument("--png", type=Path, help="draw the roofline into this file")
    args = options.parse_args()
    about = machine.about()
    report.show_machine(about, args.markdown)
    peak = about["FMA peak of one core, GFLOP/s"]
    results = [entry for t in args.threads for entry in report_threads(t, args, peak)]
    report.write_json(args.json, about, results)


if __name__ == "__main__":
    main()
