"""Margins around an array: tests in tests/ops/test_pad.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn._checks import integer, real
from minicnn.autograd import Function
from minicnn.tensor import Tensor, as_tensor

MODES = ("constant", "reflect", "replicate", "circular")
Margins = list[tuple[int, int]]  # (before, after) of each axis, in the order of the axes


class ConstantPad(Function):
    """y is x in the middle and `value` around it; a negative margin cuts off."""

    def __init__(self, margins: Margins, value: float) -> None:
        self.margins, self.value = margins, value

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        y_shape = [n + sum(margin) for n, margin in zip(x.shape, self.margins)]
        # where x lies in y, and which part of x that is
        self.inside = tuple(
            [slice(max(0, a), n - max(0, b)) for n, (a, b) in zip(y_shape, self.margins)]
        )
        self.part = tuple(
            [slice(max(0, -a), n - max(0, -b)) for n, (a, b) in zip(x.shape, self.margins)]
        )
        y = np.full(y_shape, self.value, x.dtype.newbyteorder("="))
        y[self.inside] = x[self.part]
        return y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        if self.part == tuple([slice(0, n) for n in self.x_shape]):
            return (grad_y[self.inside],)
        grad_x = np.zeros(self.x_shape, grad_y.dtype)
        grad_x[self.part] = grad_y[self.inside]
        return (grad_x,)


class CopyPad(Function):
    """Each margin holds copies of values of x; their gradients add up."""

    def __init__(self, margins: Margins, mode: str) -> None:
        self.margins, self.mode = margins, mode

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        y = x
        for axis, (before, after) in enumerate(self.margins):
            if before or after:
                y = np.take(y, source_indices(x.shape[axis], before, after, self.mode), axis)
        return y.copy() if y is x else y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        grad = grad_y
        for axis, (before, after) in reversed(list(enumerate(self.margins))):
            if before or after:
                n = self.x_shape[axis]
                grad = gathered(grad, axis, n, before, source_indices(n, before, after, self.mode))
        return (grad,)


def source_indices(n: int, before: int, after: int, mode: str) -> np.ndarray:
    """Return which of the n values each of the before + n + after padded places copies."""
    place = np.arange(-before, n + after)
    if mode == "replicate":
        return np.clip(place, 0, n - 1)
    if mode == "circular":
        return place % n
    return n - 1 - np.abs(n - 1 - np.abs(place))  # reflect, once at each end


def gathered(grad_y: np.ndarray, axis: int, n: int, before: int, source: np.ndarray) -> np.ndarray:
    """Return, for each of n values along `axis`, the sum of the gradients of its copies."""
    grad_y = np.moveaxis(grad_y, axis, 0)
    grad_x = np.zeros((n, *grad_y.shape[1:]), grad_y.dtype)
    first, last = max(0, before), min(len(source), before + n)  # the original itself
    grad_x[first - before : last - before] = grad_y[first:last]
    for place in (*range(first), *range(last, len(source))):
        grad_x[source[place]] += grad_y[place]
    return np.moveaxis(grad_x, 0, axis)


def margins_of_axes(x_shape: tuple[int, ...], pad: Any) -> Margins:
    """Return the margins of each axis, in order; raise if `pad` does not describe them."""
    if not isinstance(pad, (tuple, list)):
        raise TypeError(f"pad: pad must be ints (left, right, top, bottom, ...), got {pad!r}")
    values = [integer("pad", "pad", value) for value in pad]
    if len(values) % 2 or len(values) > 2 * len(x_shape):
        raise ValueError(
            f"pad: pad must have two ints for each of at most {len(x_shape)} axes, the last axis"
            f" first, got {len(values)}: {tuple(values)}"
        )
    pairs = list(zip(values[::2], values[1::2]))  # the last axis first
    margins = [(0, 0)] * (len(x_shape) - len(pairs)) + pairs[::-1]
    for axis, (n, (before, after)) in enumerate(zip(x_shape, margins)):
        if n + min(before, 0) + min(after, 0) < 0:
            raise ValueError(
                f"pad: ({before}, {after}) cuts more off axis {axis} than it has: size {n}"
            )
    y_shape = tuple([n + sum(margin) for n, margin in zip(x_shape, margins)])
    if math.prod(y_shape) >= 2**60:  # bytes must fit in 64 bits, too
        raise ValueError(f"pad: the result would have shape {y_shape}, more than 2**60 values")
    return margins


def check_copies(x_shape: tuple[int, ...], margins: Margins, mode: str) -> None:
    """Raise ValueError if an axis has too few values to fill its margins."""
    for axis, (n, margin) in enumerate(zip(x_shape, margins)):
        widest = max(margin)
        limit = {"reflect": n - 1, "circular": n}.get(mode, widest if n else 0)
        if min(margin) < 0:
            raise ValueError(f"pad: only mode='constant' can cut off, got {margin} and {mode!r}")
        if widest > max(limit, 0):
            raise ValueError(
                f"pad: mode={mode!r} can pad axis {axis} of size {n} by at most {limit}, got"
                f" {margin}"
            )


def pad(
    x: Any, pad: tuple[int, ...] | list[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Put margins around an array.

    Args:
        x: Any shape, any dtype.
        pad: Widths of the margins, the last axis first: (left, right) for one axis, (left, right,
            top, bottom) for two. With mode="constant" a negative width cuts off.
        mode: What the margins hold: "constant", `value`; "reflect", the values mirrored at the
            outermost; "replicate", the outermost value; "circular", the values of the other end.
        value: What to fill with; 0 if left out. Only for mode="constant".

    Returns:
        An axis of size n has n + before + after.

    Raises:
        ValueError: If a margin does not fit: "reflect" needs margins below the axis' size,
            "circular" at most as wide; nothing can be cut off that is not there.
        TypeError: If a width is not an int.

    Example:
        >>> pad([1, 2, 3], (2, 1), mode="reflect").tolist()
        [3, 2, 1, 2, 3, 2]

    Source: torch.nn.functional.pad, whose order of the margins this is.
    """
    x = as_tensor(x)
    if mode not in MODES:
        raise ValueError(f"pad: mode must be one of {', '.join(map(repr, MODES))}, got {mode!r}")
    margins = margins_of_axes(x.shape, pad)
    if mode == "constant":
        return ConstantPad(margins, 0 if value is None else real("pad", "value", value))(x)
    if value is not None:
        raise ValueError(f"pad: value is only for mode='constant', got {value} with {mode!r}")
    check_copies(x.shape, margins, mode)
    return CopyPad(margins, mode)(x)
