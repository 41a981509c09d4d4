"""Max and average pooling, forward and backward, beside a copy of the same tensor.

    python benchmarks/bench_pool.py --threads 1 2

Pooling has next to no arithmetic: it cannot be faster than reading its input and writing its
output, and `np.copyto` of the input tensor (on one thread) reads and writes about as much. The last
column is the fastest step's time over the copy's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import harness
import machine
import numpy as np
import report
from shapes import POOL_SHAPES, PoolShape

from minicnn import _core

PASSES = ("max forward", "max backward", "avg forward", "avg backward")
STEPS: dict[str, tuple[str, ...]] = {
    "max": _core.MAX_POOL2D_ALGORITHMS,
    "avg": _core.AVG_POOL2D_ALGORITHMS,
}


def windows(s: PoolShape, x: np.ndarray, fill: float) -> np.ndarray:
    """Return each window's values as one row, shape (N, C, H_out, H_out, K * K)."""
    border = (s.padding, s.padding)
    padded = np.pad(x, [(0, 0), (0, 0), border, border], constant_values=fill)
    views = np.lib.stride_tricks.sliding_window_view(padded, (s.K, s.K), axis=(2, 3))
    views = views[:, :, :: s.stride, :: s.stride]
    return views.reshape(*views.shape[:4], s.K**2)


def spread(s: PoolShape, shares: np.ndarray) -> np.ndarray:
    """Add each window's shares, shape as `windows` returns, to the pixels it was read from."""
    side, span = s.H + 2 * s.padding, s.stride * s.H_out
    grad_x = np.zeros((s.N, s.C, side + s.stride, side + s.stride))
    for kh in range(s.K):
        for kw in range(s.K):
            target = grad_x[:, :, kh : kh + span : s.stride, kw : kw + span : s.stride]
            target += shares[..., kh * s.K + kw]
    inner = slice(s.padding, s.padding + s.H)
    return grad_x[:, :, inner, inner]


def expected(s: PoolShape, x: np.ndarray, grad_y: np.ndarray) -> dict[str, np.ndarray]:
    """Return what each pass must give, in float64, by NumPy alone."""
    to_max = windows(s, x, -np.inf)
    winner = np.arange(s.K**2) == to_max.argmax(axis=-1)[..., None]
    to_mean = windows(s, x, 0.0)
    even = np.broadcast_to(grad_y[..., None] / s.K**2, to_mean.shape)
    return {
        "max forward": to_max.max(axis=-1).astype(np.float64),
        "max backward": spread(s, winner * grad_y[..., None]),
        "avg forward": to_mean.mean(axis=-1, dtype=np.float64),
        "avg backward": spread(s, even),
    }


def competitors(s: PoolShape) -> dict[str, dict[str, Callable[[], Any]]]:
    """Return for each pass its checked steps, and the copy."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, s.x).astype(np.float32)
    grad_y = rng.uniform(-1, 1, (s.N, s.C, s.H_out, s.H_out)).astype(np.float32)
    right, magnitude = expected(s, x, grad_y), expected(s, np.abs(x), np.abs(grad_y))
    magnitude["max backward"] = np.abs(right["max backward"]) + 1
    magnitude["max forward"] = np.abs(right["max forward"])
    copy = np.empty_like(x)
    runs: dict[str, dict[str, Callable[[], Any]]] = {}
    for pass_name in PASSES:
        kind, direction = pass_name.split()
        runs[pass_name] = {"copy": partial(np.copyto, copy, x)}
        for step in STEPS[kind]:
            run = (max_pass if kind == "max" else avg_pass)(s, step, direction, x, grad_y)
            harness.check(f"{pass_name} {s} {step}", run(), right[pass_name], magnitude[pass_name])
            runs[pass_name][step] = run
    return runs


def max_pass(s: PoolShape, step: str, direction: str, x: Any, grad_y: Any) -> Callable[[], Any]:
    settings = common(s, step) | dict(dilation=(1, 1))
    if direction == "forward":  # as in training: it also keeps which pixel won
        return lambda: _core.max_pool2d_forward(x, keep="argmax", relu=False, **settings)[0]
    argmax = _core.max_pool2d_forward(x, keep="argmax", relu=False, **settings)[1]
    return partial(_core.max_pool2d_backward, grad_y, argmax, x_shape=s.x, **settings)


def avg_pass(s: PoolShape, step: str, direction: str, x: Any, grad_y: Any) -> Callable[[], Any]:
    settings = common(s, step) | dict(count_include_pad=True, divisor_override=None)
    if direction == "forward":
        return partial(_core.avg_pool2d_forward, x, **settings)
    return partial(_core.avg_pool2d_backward, grad_y, x_shape=s.x, **settings)


def common(s: PoolShape, step: str) -> dict[str, Any]:
    return dict(
        kernel_size=(s.K, s.K),
        stride=(s.stride, s.stride),
        padding=(s.padding, s.padding),
        ceil_mode=False,
        algorithm=step,
    )


def main() -> None:
    args = report.parser(__doc__.splitlines()[0]).parse_args()
    about = machine.about()
    report.show_machine(about, args.markdown)
    results = []
    for threads in args.threads:
        rows = {pass_name: [] for pass_name in PASSES}
        for s in (s for s in POOL_SHAPES if args.only in str(s)):
            for pass_name, runs in competitors(s).items():
                with machine.Threads(threads):
                    times = harness.compare(runs, seconds=args.seconds)
                fastest = min((t for name, t in times.items() if name != "copy"), key=median)
                middle = harness.ratio(fastest, times["copy"])[0]
                cells = [f"{1e3 * t.median:.3f}" for t in times.values()]
                rows[pass_name].append([str(s), *cells, f"{middle:.2f}"])
                results += [
                    {"shape": str(s), "pass": pass_name, "threads": threads, "step": name}
                    | t.as_json()
                    for name, t in times.items()
                ]
        for pass_name in PASSES:
            header = ["N x C x H x W, window", "copy", *STEPS[pass_name[:3]], "x copy"]
            title = f"{pass_name} pooling, float32, {threads} thread(s): ms"
            report.show(title, header, rows[pass_name], args.markdown)
    report.write_json(args.json, about, results)


def median(timing: harness.Timing) -> float:
    return timing.median


if __name__ == "__main__":
    main()
