"""Max pooling undone: each value goes back to where it came from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn._checks import integer, kernel_array
from minicnn.autograd import Function
from minicnn.ops._convolution import LETTERS, Sizes, per_axis
from minicnn.ops.shape import check_memory
from minicnn.tensor import Tensor, as_tensor


class MaxUnpool(Function):
    """y is 0 but at the indices; the gradient of a value is that of the place it went to."""

    def __init__(self, op: str, indices: np.ndarray, size: Sizes) -> None:
        self.op, self.indices, self.size = op, indices, size

    def forward(self, x: np.ndarray) -> np.ndarray:
        x = kernel_array(self.op, "x", x)
        self.x_shape, n = x.shape, len(self.size)
        leading = x.shape[:-n]
        self.planes = math.prod(leading), math.prod(x.shape[-n:])  # e.g. (N * C, H_in * W_in)
        self.places = self.indices.reshape(self.planes)
        y = np.zeros((self.planes[0], math.prod(self.size)), x.dtype)
        np.put_along_axis(y, self.places, x.reshape(self.planes), axis=1)
        return y.reshape(leading + self.size)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        flat = grad_y.reshape(self.planes[0], math.prod(self.size))
        return (np.take_along_axis(flat, self.places, axis=1).reshape(self.x_shape),)


def _output_size(
    op: str, size: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, wanted: Any
) -> Sizes:
    """Return the size asked for, or that of the input from which these windows are cut exactly."""
    n = len(size)
    least = [(a - 1) * s - 2 * p + k for a, k, s, p in zip(size, kernel, stride, padding)]
    if wanted is None:
        if min(least) < 1:
            raise ValueError(
                f"{op}: (input - 1) * stride - 2 * padding + kernel_size must be at least 1, got"
                f" {tuple(least)}"
            )
        return tuple(least)
    if not isinstance(wanted, Sequence) or len(wanted) < n:
        raise ValueError(f"{op}: output_size must have at least {n} sizes, got {wanted!r}")
    given = tuple([integer(op, "output_size", a) for a in wanted])[-n:]
    for a, low, s in zip(given, least, stride):
        if not low - s < a < low + s:
            raise ValueError(
                f"{op}: output_size {given} must be within a stride of {tuple(least)} ="
                " (input - 1) * stride - 2 * padding + kernel_size"
            )
    return given


def _max_unpool(
    op: str,
    n: int,
    x: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    output_size: Any,
) -> Tensor:
    x, places = as_tensor(x), as_tensor(indices).data
    if x.ndim not in (n + 1, n + 2):
        raise ValueError(
            f"{op}: x must have shape (N, C, {LETTERS[n]}) or (C, {LETTERS[n]}), got {x.ndim}"
            f" dimensions: {x.shape}"
        )
    if places.dtype != np.int64:
        raise TypeError(f"{op}: indices must be int64, got {places.dtype}")
    if places.shape != x.shape:
        raise ValueError(f"{op}: indices must have x's shape {x.shape}, got {places.shape}")
    kernel = per_axis(op, "kernel_size", kernel_size, n, 1)
    size = _output_size(
        op,
        x.shape[-n:],
        kernel,
        kernel if stride is None else per_axis(op, "stride", stride, n, 1),
        per_axis(op, "padding", padding, n, 0),
        output_size,
    )
    check_memory(op, (*x.shape[:-n], *size))
    count = math.prod(size)
    if places.size and not 0 <= int(places.min()) <= int(places.max()) < count:
        raise ValueError(
            f"{op}: indices must be from 0 to {' * '.join(map(str, size))} - 1 = {count - 1}, got"
            f" {places.min()} to {places.max()}"
        )
    return MaxUnpool(op, places, size)(x)


def max_unpool2d(
    x: Any,
    indices: Any,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Put each value back where max pooling found it, and 0 everywhere else.

    Args:
        x: What `max_pool2d` returned, shape (N, C, H_in, W_in) or (C, H_in, W_in). If windows
            overlapped, a pixel may have won several; the last in memory order stays.
        indices: Where it found the values, int64, the shape of x.
        kernel_size, stride, padding: As they were given to `max_pool2d`.
        output_size: (H_out, W_out), or a shape that ends with them: which of the sizes that lead to
            x's size is meant.

    Returns:
        Shape (N, C, H_out, W_out), or without N as x has it; if there is no output_size,
        H_out = (H_in - 1) * stride - 2 * padding + kernel_size, and likewise for W_out.

    Raises:
        ValueError: If the sizes do not fit each other, or an index is outside of the result.
        TypeError: If x is not float32 or float64, indices not int64, or a setting not an int.

    Example:
        >>> from minicnn.ops import max_pool2d
        >>> y, indices = max_pool2d([[[1.0, 2.0], [4.0, 3.0]]], 2, return_indices=True)
        >>> max_unpool2d(y, indices, 2).tolist()
        [[[0.0, 0.0], [4.0, 0.0]]]

    Source: Zeiler & Fergus, "Visualizing and understanding convolutional networks",
    arXiv:1311.2901, section 2.1.
    """
    return _max_unpool("max_unpool2d", 2, x, indices, kernel_size, stride, padding, output_size)


def max_unpool1d(
    x: Any,
    indices: Any,
    kernel_size: int | tuple[int],
    stride: int | tuple[int] | None = None,
    padding: int | tuple[int] = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Put each value back where max pooling found it, and 0 everywhere else.

    Args:
        x: What `max_pool1d` returned, shape (N, C, L_in) or (C, L_in).
        indices, kernel_size, stride, padding, output_size: As of `max_unpool2d`, along one axis.

    Returns:
        Shape (N, C, L_out), or without N as x has it; if there is no output_size,
        L_out = (L_in - 1) * stride - 2 * padding + kernel_size.

    Raises:
        ValueError: If the sizes do not fit each other, or an index is outside of the result.
        TypeError: If x is not float32 or float64, indices not int64, or a setting not an int.

    Example:
        >>> max_unpool1d([[4.0, 5.0]], [[1, 2]], 2).tolist()
        [[0.0, 4.0, 5.0, 0.0]]

    Source: torch.nn.functional.max_unpool1d.
    """
    return _max_unpool("max_unpool1d", 1, x, indices, kernel_size, stride, padding, output_size)
