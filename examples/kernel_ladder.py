"""Run one convolution by every step of the ladder, from seven plain loops to Winograd's transforms.

    python examples/kernel_ladder.py

It prints, for each step of cpp/conv2d: its time, its rate and what that is of this machine's peak,
the bytes that it moves, the memory it borrows, and how far its result is from the first step's. The
picture goes to runs/kernel_ladder.png. Needs matplotlib: the extra `viz`. Each step is a header of
cpp/conv2d that can be read; cpp/README.md gives the order.

Rates count the operations of the definition, 2 for each multiply-add, for every step. Winograd's
steps do fewer (4/9 and 1/4 of the products), so they may pass the peak.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import minicnn
from minicnn import _core
from minicnn.nn.functional import conv2d
from minicnn.roof import Roof, measure_roof

BLUE, ORANGE = "#2a6fbb", "#d9822b"
# How often a step copies each pixel of x before it multiplies, and how many values it stores for
# each pixel of y before the last sum: for a K x K kernel with stride 1. In Winograd's steps a tile
# of M x M pixels of y takes (M + 2)^2 values of each kind.
COPIES = {
    "direct": lambda K: (0, 0),
    "im2col": lambda K: (K * K, 0),  # all of them, then one matrix product
    "tiled": lambda K: (K * K, 0),  # a few at a time, so that they stay in the cache
    "strip": lambda K: (K, 0),  # rows of the kernel share them
    "winograd2": lambda K: (16 / 4, 16 / 4),
    "winograd4": lambda K: (36 / 16, 36 / 16),
}

MEANINGS = (
    "images",
    "channels",
    "pixels a side of an image",
    "kernels",
    "pixels a side of a kernel",
)
FEWER = {"winograd2": "4/9", "winograd4": "1/4"}


@dataclass(frozen=True)
class Shape:
    """N images of C channels and H x H pixels, O kernels of K x K, padded to keep the size."""

    N: int = 8
    C: int = 64
    H: int = 28
    O: int = 64  # noqa: E741 - output channels
    K: int = 3

    @property
    def flops(self) -> float:
        return 2.0 * self.N * self.O * self.H**2 * self.C * self.K**2

    @property
    def arrays(self) -> float:
        """Bytes of x, weight and y in float32: what any step must move at least."""
        pixels = self.N * self.H**2
        return 4.0 * (pixels * self.C + self.O * self.C * self.K**2 + pixels * self.O)

    def moved(self, step: str) -> float:
        """Bytes that a step moves: the arrays once, its copies written once and read once."""
        of_x, of_y = COPIES[step](self.K)
        pixels = self.N * self.H**2
        return self.arrays + 2 * 4.0 * pixels * (of_x * self.C + of_y * self.O)

    def __str__(self) -> str:
        return (
            f"{self.N} images of {self.C} channels and {self.H} x {self.H} pixels,"
            f" {self.O} kernels of {self.K} x {self.K}"
        )


@dataclass(frozen=True)
class Rung:
    """What was measured of one step."""

    step: str
    seconds: float
    gflops: float
    of_peak: float
    moved: float  # bytes
    borrowed: float  # bytes of workspace
    difference: float  # the largest from the first step's result


def measure(shape: Shape, roof: Roof, seconds: float) -> list[Rung]:
    """Check and time each step that serves this convolution; the first step is the yardstick."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (shape.N, shape.C, shape.H, shape.H)).astype(np.float32)
    weight = rng.uniform(-1, 1, (shape.O, shape.C, shape.K, shape.K)).astype(np.float32)
    rungs: list[Rung] = []
    first: Any = None
    for step in COPIES:
        settings: dict[str, Any] = dict(padding=shape.K // 2, algorithm=step)
        _core.empty_buffers()
        try:
            y = conv2d(x, weight, **settings).data
        except ValueError as error:
            print(f"{step} is left out: {error}")
            continue
        borrowed = _core.buffer_stats()["kept"]  # y's own memory is still in use
        first = y if first is None else first
        took = best_time(lambda s=settings: conv2d(x, weight, **s), seconds)
        gflops = 1e-9 * shape.flops / took
        difference = float(np.abs(y - first).max())
        of_peak = gflops / roof.gflops
        rungs.append(Rung(step, took, gflops, of_peak, shape.moved(step), borrowed, difference))
        del y  # or its memory would count as borrowed by the next step
    return rungs


def best_time(run: Any, seconds: float) -> float:
    """Return the shortest of the calls made in this time, at least three: the least disturbed."""
    times: list[float] = []
    while len(times) < 3 or sum(times) < seconds:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def table(rungs: list[Rung], markdown: bool = False) -> str:
    """Return the rungs as lines of text."""
    rows = [("step", "ms", "GFLOP/s", "of peak", "MB moved", "MB borrowed", "largest difference")]
    for r in rungs:
        rows.append(
            (
                r.step,
                f"{1e3 * r.seconds:.2f}",
                f"{r.gflops:.1f}",
                f"{r.of_peak:.1%}",
                f"{1e-6 * r.moved:.1f}",
                f"{1e-6 * r.borrowed:.1f}",
                f"{r.difference:.1e}",
            )
        )
    if markdown:
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return "\n".join([lines[0], "|---|" + "---:|" * (len(rows[0]) - 1), *lines[1:]])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:]))])
        for row in rows
    ]
    return "\n".join(lines)


def draw(rungs: list[Rung], shape: Shape, roof: Roof, threads: int) -> Any:
    """Return the figure: a point for each step on a logarithmic axis, and the roof."""
    from matplotlib.figure import Figure  # drawn into a file, without a screen

    figure = Figure(figsize=(9, 0.55 * len(rungs) + 2.2), layout="constrained")
    axes = figure.subplots()
    place = range(len(rungs))
    rates = [r.gflops for r in rungs]
    limit = 1e-9 * shape.flops / roof.seconds(shape.flops, shape.arrays)
    axes.plot(rates, place, color="0.8", linewidth=2, zorder=1)
    axes.scatter(rates, place, s=80, color=BLUE, zorder=2)
    for i, r in zip(place, rungs):
        label(axes, i, r, min(rates), limit)
    why = "FMA peak" if limit > 0.999 * roof.gflops else "memory bandwidth"
    axes.axvline(limit, color=ORANGE, linewidth=2.5, zorder=0)
    axes.text(limit, -0.85, f"roof ({why}): {limit:.0f} ", ha="right", va="center", color="#9a5410")
    axes.set(xscale="log", xlim=(min(rates) / 2, 50 * max(*rates, limit)))
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.set_ylim(len(rungs) - 0.4, -1.2)  # the first step at the top
    axes.set_yticks(place, [r.step for r in rungs])
    axes.set_xlabel("GFLOP/s of the definition's operations (log scale)")
    axes.set_ylabel("step of the ladder")
    axes.grid(axis="x", color="0.9", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(
        "One convolution, from plain loops to the peak", x=0.01, ha="left", weight="bold"
    )
    axes.set_title(f"{shape}; {threads} thread{'s' * (threads > 1)}", loc="left", fontsize="medium")
    return figure


def label(axes: Any, place: int, r: Rung, lowest: float, limit: float) -> None:
    """Write a step's rate beside its point, on the side where the roof's line is not."""
    text = f"{r.gflops:.3g} GFLOP/s, {100 * r.of_peak:.2g} % of the peak"
    if r.of_peak >= 0.1:
        text = f"{r.gflops:.3g} GFLOP/s, {100 * r.of_peak:.0f} % of the peak"
    if r.gflops > limit and r.step in FEWER:
        text += f"\nwith {FEWER[r.step]} of the products"
    left = 60 * lowest < r.gflops <= limit
    axes.annotate(
        text, (r.gflops, place), xytext=(-10 if left else 10, 0), textcoords="offset points",
        ha="right" if left else "left", va="center",
        bbox=dict(facecolor="white", edgecolor="none", pad=1.5),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for letter, meaning in zip("NCHOK", MEANINGS):
        default = getattr(Shape, letter)
        parser.add_argument(f"--{letter}", type=int, default=default, help=f"{meaning} ({default})")
    parser.add_argument("--threads", type=int, default=1, help="(1)")
    parser.add_argument("--seconds", type=float, default=0.5, help="to time each step, about (0.5)")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--out", type=Path, default=Path("runs/kernel_ladder.png"))
    args = parser.parse_args()
    shape = Shape(args.N, args.C, args.H, args.O, args.K)
    minicnn.set_num_threads(args.threads)
    roof = measure_roof(args.threads)
    bullet, threads = "- " if args.markdown else "", f"{args.threads} thread(s)"
    arrays = f"{1e-9 * shape.flops:.3g} GFLOP, arrays of {1e-6 * shape.arrays:.3g} MB"
    print(f"{bullet}{shape}: {arrays}")
    print(f"{bullet}peak with {threads}: {roof.gflops:.0f} GFLOP/s, {roof.gb_per_s:.1f} GB/s\n")
    rungs = measure(shape, roof, args.seconds)
    print(table(rungs, args.markdown))
    if args.markdown:
        return
    args.out.parent.mkdir(parents=True, exist_ok=True)
    draw(rungs, shape, roof, args.threads).savefig(args.out, dpi=150)
    print(f"\nwrote {args.out}")


if __name__ == "__main__":
    main()
