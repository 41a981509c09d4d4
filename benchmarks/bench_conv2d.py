"""Every step of the conv2d ladder, all three passes, beside NumPy, in GFLOP/s.

    python benchmarks/bench_conv2d.py --threads 1 2

GFLOP/s counts the multiply-adds of the definition for every step, so Winograd's steps, which do
fewer, may pass the peak. The step that `algorithm="auto"` takes is marked *.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import harness
import machine
import numpy as np
import reference
import report
from shapes import CONV_SHAPES, ConvShape

from minicnn import _core

PASSES = ("forward", "backward_input", "backward_weight")
SLOW_STEPS = {"direct": 0.25, "im2col": 10.0}  # GFLOP; larger would take seconds


def arrays(s: ConvShape) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = dict(x=s.x, weight=s.weight, grad_y=s.y)
    return {name: rng.uniform(-1, 1, shape).astype(np.float32) for name, shape in shapes.items()}


def operands(pass_name: str, a: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the pass's two inputs, in the order that kernels and reference take them."""
    names = {
        "forward": ("x", "weight"),
        "backward_input": ("grad_y", "weight"),
        "backward_weight": ("grad_y", "x"),
    }[pass_name]
    return a[names[0]], a[names[1]]


def kernel(s: ConvShape, pass_name: str, step: str) -> Callable[..., Any]:
    """Return one pass of one step as a function of its two inputs."""
    settings: dict[str, Any] = dict(
        stride=(s.stride, s.stride),
        padding=(s.padding, s.padding),
        dilation=(1, 1),
        groups=1,
        algorithm=step,
    )
    if pass_name == "forward":
        return lambda x, weight: _core.conv2d_forward(x, weight, None, **settings)
    if pass_name == "backward_input":
        return partial(_core.conv2d_backward_input, x_shape=s.x, **settings)
    return partial(_core.conv2d_backward_weight, weight_shape=s.weight, **settings)


def steps_for(s: ConvShape) -> tuple[list[str], str]:
    """Return the steps that serve this shape, and the one that is chosen for it."""
    about: dict[str, Any] = dict(
        stride=(s.stride,) * 2, padding=(s.padding,) * 2, dilation=(1, 1), groups=1, dtype="float32"
    )
    steps = _core.conv2d_algorithms_for(s.x, s.weight, **about)
    timed = [step for step in steps if s.gflop <= SLOW_STEPS.get(step, np.inf)]
    if s.C == 1 and "winograd4" in timed:
        timed.remove("winograd4")  # so few products that its transforms' rounding shows: 12 eps
    return timed, _core.conv2d_auto_algorithm(s.x, s.weight, **about)


def rounding_scale(step: str, cond: np.ndarray) -> np.ndarray:
    """Return what float32's rounding is relative to: cond, for Winograd's steps cond around it.

    Winograd's transforms add and subtract the values of a whole tile of M x M outputs, so an output
    that is small beside its neighbours (a corner, most of whose taps fall on padding) gets their
    error.
    """
    if not step.startswith("winograd"):
        return cond
    reach = int(step[-1]) - 1  # M - 1: the farthest neighbour in the same tile
    padded = np.pad(cond, [(0, 0), (0, 0), (reach, reach), (reach, reach)])
    for axis in (2, 3):
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=axis)
        padded = windows.max(axis=-1)
    return padded


def competitors(
    s: ConvShape, pass_name: str, steps: list[str] | None = None
) -> dict[str, Callable[[], Any]]:
    """Return the checked competitors for one pass: NumPy, and these steps or all that serve."""
    inputs = operands(pass_name, arrays(s))
    numpy_pass = partial(getattr(reference, pass_name), s)
    runs = {step: partial(kernel(s, pass_name, step), *inputs) for step in steps or steps_for(s)[0]}
    runs["numpy"] = partial(numpy_pass, *inputs)
    expected = numpy_pass(*(a.astype(np.float64) for a in inputs))
    cond = numpy_pass(*(np.abs(a).astype(np.float64) for a in inputs))
    for name, run in runs.items():
        scale = rounding_scale(name, cond)
        harness.check(f"{pass_name} {s} {name}", run(), expected, scale)
    return runs


def main() -> None:
    options = report.parser(__doc__.splitlines()[0])
    options.add_argument("--passes", nargs="+", choices=PASSES, default=PASSES)
    args = options.parse_args()
    about = machine.about()
    report.show_machine(about, args.markdown)
    peak = about["FMA peak of one core, GFLOP/s"]
    columns = [*_core.CONV2D_ALGORITHMS, "numpy"]
    results = []
    for threads in args.threads:
        for pass_name in args.passes:
            rows = []
            for s in (s for s in CONV_SHAPES if args.only in str(s)):
                with machine.Threads(threads):
                    times = harness.compare(competitors(s, pass_name), seconds=args.seconds)
                rates = {name: s.gflop / t.median for name, t in times.items()}
                best = steps_for(s)[1]
                rows.append(
                    [str(s), *cells(columns, rates, best), f"{rates[best] / peak / threads:.0%}"]
                )
                results += [
                    {"shape": str(s), "pass": pass_name, "threads": threads, "step": name}
                    | {"gflops": rates[name]}
                    | t.as_json()
                    for name, t in times.items()
                ]
            title = f"conv2d {pass_name}, float32, {threads} thread(s): GFLOP/s"
            header = ["N x C x H x W -> kernels", *columns, f"* of {peak * threads:.0f}"]
            report.show(title, header, rows, args.markdown)
    report.write_json(args.json, about, results)


def cells(columns: list[str], rates: dict[str, float], best: str) -> list[str]:
    texts = {name: f"{'*' if name == best else ''}{rate:.1f}" for name, rate in rates.items()}
    return [texts.get(name, "-") for name in columns]


if __name__ == "__main__":
    main()
