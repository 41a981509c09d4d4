"""NaN and infinity: truth values, order and remainders, each row of docs/nan.md."""

from __future__ import annotations

import math

import numpy as np

from minicnn import ops
from tests.promises.test_nan_choices import arrays, inf, nan, same


def test_nan_and_infinity_are_true() -> None:
    for x, y in arrays((4, 3), (4, 3)):
        a, b = x.ravel().tolist(), y.ravel().tolist()
        same(ops.isnan(x).data.ravel(), [v != v for v in a])
        same(ops.isinf(x).data.ravel(), [abs(v) == inf for v in a])
        same(ops.isfinite(x).data.ravel(), [abs(v) < inf for v in a])
        same(ops.logical_not(x).data.ravel(), [not v for v in a])
        same(ops.logical_and(x, y).data.ravel(), [bool(v) and bool(w) for v, w in zip(a, b)])
        same(ops.logical_or(x, y).data.ravel(), [bool(v) or bool(w) for v, w in zip(a, b)])
        same(ops.logical_xor(x, y).data.ravel(), [bool(v) != bool(w) for v, w in zip(a, b)])
        same(ops.any(x, 1), [any(row) for row in x.tolist()])
        same(ops.all(x, 1), [all(row) for row in x.tolist()])


def test_nan_is_sorted_behind_infinity() -> None:
    for (x,) in arrays((6,)):
        order = sorted(range(6), key=lambda i: (math.isnan(x[i]), x[i] if x[i] == x[i] else 0, i))
        same(ops.argsort(x), order)
        values, indices = ops.sort(x)
        same(indices, order)
        same(values, x[order])


def python_remainder(a: float, b: float) -> tuple[float, float]:
    """Return a // b and a % b as IEEE 754 and Python have them, also for infinities."""
    if math.isnan(a) or math.isnan(b):
        return nan, nan
    if b == 0:
        return a * inf if a else nan, nan
    if math.isinf(a):
        return nan, nan
    return a // b, a % b


def test_remainders_of_infinity_are_nan_and_those_by_infinity_are_what_is_divided() -> None:
    for a, b in arrays((4, 3), (4, 3)):
        a, b = np.abs(a.astype(np.float64)), b.astype(np.float64)
        pairs = list(zip(a.ravel().tolist(), b.ravel().tolist()))
        expected = [python_remainder(v, math.copysign(w, 1) if w == 0 else w) for v, w in pairs]
        b = np.where(b == 0, 0.0, b)  # not -0
        same(ops.remainder(a, b).data.ravel(), [rest for _, rest in expected])
        same(ops.floor_divide(a, b).data.ravel(), [whole for whole, _ in expected])
