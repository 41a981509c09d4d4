"""Adaptive 2-D pooling, where the caller names the output size and the windows follow from it.

Where the input size is a multiple of the output size on both axes, the windows are those of an
ordinary pooling, and its kernels do the work. Else windows differ in size by one pixel and may
overlap, and NumPy does it, window by window.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import boolean, image_batch, integer, kernel_array
from minicnn.autograd import Function
from minicnn.ops.avg_pool2d import avg_pool2d
from minicnn.ops.max_pool2d import max_pool2d
from minicnn.tensor import Tensor, as_tensor

MAX_WINDOWS = 2**24  # along an axis: they are found one by one


def windows(size_in: int, size_out: int) -> list[tuple[int, int]]:
    """Return (begin, end) of the `size_out` windows that cover `size_in` pixels along one axis.

    Window i is i * size_in / size_out, rounded down, to (i + 1) * size_in / size_out, rounded up.
    """
    return [(i * size_in // size_out, -(-(i + 1) * size_in // size_out)) for i in range(size_out)]


def output_pair(op: str, x: np.ndarray, output_size: Any) -> tuple[int, int]:
    """Return (H_out, W_out) from an int or two, of which None stands for the size of the input."""
    shape = x.shape
    if len(shape) not in (3, 4):
        raise ValueError(
            f"{op}: x must have shape (N, C, H, W) or (C, H, W), got {len(shape)} dimensions:"
            f" {shape}"
        )
    if 0 in shape[-3:]:
        raise ValueError(f"{op}: only the batch axis N may be empty, got shape {shape}")
    kernel_array(op, "x", x[:0])  # the kernels would name another op in their errors
    given = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    if output_size is None or len(given) != 2:
        raise TypeError(
            f"{op}: output_size must be an int or two of int or None (height, width),"
            f" got {output_size!r}"
        )
    height, width = (
        size if wanted is None else integer(op, "output_size", wanted)
        for size, wanted in zip(shape[-2:], given)
    )
    if height < 1 or width < 1:
        raise ValueError(f"{op}: output_size must be at least 1, got {output_size!r}")
    if max(height, width) > MAX_WINDOWS:
        raise ValueError(f"{op}: output_size must be at most {MAX_WINDOWS}, got {output_size!r}")
    return height, width


def is_multiple(shape: tuple[int, ...], output_size: tuple[int, int]) -> bool:
    """Whether windows of one size, side by side, cover an image of this shape."""
    return shape[-2] % output_size[0] == 0 and shape[-1] % output_size[1] == 0


class AdaptiveAvgPool2d(Function):
    """y = the mean of each adaptive window, and its gradient."""

    def __init__(self, output_size: tuple[int, int]) -> None:
        self.output_size = output_size

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        x = image_batch("adaptive_avg_pool2d", x)
        self.rows = windows(x.shape[2], self.output_size[0])
        self.columns = windows(x.shape[3], self.output_size[1])
        rows = np.stack([x[:, :, b:e].sum(axis=2, dtype=np.float64) for b, e in self.rows], axis=2)
        y = np.stack([rows[..., b:e].sum(axis=3) for b, e in self.columns], axis=3)
        y /= self.areas()  # (H_out, W_out) under (N, C, H_out, W_out)
        return y.astype(x.dtype).reshape(self.x_shape[:-2] + self.output_size)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        grad_y = kernel_array("adaptive_avg_pool2d", "grad_y", grad_y)
        share = grad_y / self.areas()  # (..., H_out, W_out), in float64
        H, W = self.x_shape[-2:]
        rows = np.zeros((*self.x_shape[:-2], self.output_size[0], W))
        for j, (begin, end) in enumerate(self.columns):
            rows[..., begin:end] += share[..., j : j + 1]
        grad_x = np.zeros((*self.x_shape[:-2], H, W))
        for i, (begin, end) in enumerate(self.rows):
            grad_x[..., begin:end, :] += rows[..., i : i + 1, :]
        return (grad_x.astype(grad_y.dtype),)

    def areas(self) -> np.ndarray:
        """Return the number of pixels in each window, shape (H_out, W_out)."""
        heights = np.array([end - begin for begin, end in self.rows], np.float64)
        widths = np.array([end - begin for begin, end in self.columns], np.float64)
        return heights[:, np.newaxis] * widths


def adaptive_avg_pool2d(x: Any, output_size: Any) -> Tensor:
    """Take means of windows chosen so that the output has the size asked for.

    Args:
        x: Images, shape (N, C, H_in, W_in) or (C, H_in, W_in).
        output_size: (H_out, W_out), or one int for both; None for an axis keeps its size.

    Returns:
        Shape (N, C, H_out, W_out), or without N as x has it. Output row i is the mean over input
        rows i * H_in // H_out to ceil((i + 1) * H_in / H_out), that one not counted; columns
        likewise.

    Raises:
        ValueError: If an axis other than N is empty, or output_size is not 1 to 2**24.
        TypeError: If x is not float32 or float64, or output_size is not of ints.

    Example:
        >>> adaptive_avg_pool2d(np.arange(4, dtype=np.float32).reshape(1, 2, 2), 1).tolist()
        [[[1.5]]]

    Source: torch.nn.functional.adaptive_avg_pool2d.
    """
    x = as_tensor(x)
    size = output_pair("adaptive_avg_pool2d", x.data, output_size)
    if is_multiple(x.shape, size):
        return avg_pool2d(x, (x.shape[-2] // size[0], x.shape[-1] // size[1]))
    return AdaptiveAvgPool2d(size)(x)


class AdaptiveMaxPool2d(Function):
    """y = the largest pixel of each adaptive window, and its gradient."""

    indices: np.ndarray

    def __init__(self, output_size: tuple[int, int]) -> None:
        self.output_size = output_size

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        x = image_batch("adaptive_max_pool2d", x)
        N, C, H, W = x.shape
        planes = x.reshape(N * C, H * W)
        indices = np.empty((N * C, *self.output_size), np.int64)
        for i, (top, bottom) in enumerate(windows(H, self.output_size[0])):
            for j, (left, right) in enumerate(windows(W, self.output_size[1])):
                window = x[:, :, top:bottom, left:right]
                window = window.reshape(N * C, (bottom - top) * (right - left))
                first = window.argmax(axis=1)  # the first NaN, else the first of the largest
                hi, wi = top + first // (right - left), left + first % (right - left)
                indices[:, i, j] = hi * W + wi
        self.indices = indices.reshape(self.x_shape[:-2] + self.output_size)
        y = planes[np.arange(N * C)[:, np.newaxis, np.newaxis], indices]
        return y.reshape(self.indices.shape)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        grad_y = kernel_array("adaptive_max_pool2d", "grad_y", grad_y)
        pixels = self.x_shape[-2] * self.x_shape[-1]
        windows_of_plane = self.output_size[0] * self.output_size[1]
        grad_x = np.zeros((grad_y.size // windows_of_plane, pixels), grad_y.dtype)
        planes = np.arange(len(grad_x))
        indices = self.indices.reshape(-1, windows_of_plane).T
        for index, grad in zip(indices, grad_y.reshape(-1, windows_of_plane).T):
            grad_x[planes, index] += grad  # one pixel of each plane at a time: no pixel twice
        return (grad_x.reshape(self.x_shape),)


def adaptive_max_pool2d(x: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Take the largest pixels of windows chosen so that the output has the size asked for.

    Args:
        x: Images, shape (N, C, H_in, W_in) or (C, H_in, W_in).
        output_size: (H_out, W_out), or one int for both; None for an axis keeps its size.
        return_indices: Whether to return also where the largest pixels are.

    Returns:
        Shape (N, C, H_out, W_out), or without N as x has it; the windows are those of
        `adaptive_avg_pool2d`, and ties and NaN are settled as in `max_pool2d`. With return_indices,
        the pair of that and an int64 tensor of the same shape, which holds hi * W_in + wi of each
        maximum.

    Raises:
        ValueError: If an axis other than N is empty, or output_size is not 1 to 2**24.
        TypeError: If x is not float32 or float64, or output_size is not of ints.

    Example:
        >>> adaptive_max_pool2d(np.arange(4, dtype=np.float32).reshape(1, 2, 2), 1).tolist()
        [[[3.0]]]

    Source: torch.nn.functional.adaptive_max_pool2d.
    """
    x = as_tensor(x)
    return_indices = boolean("adaptive_max_pool2d", "return_indices", return_indices)
    size = output_pair("adaptive_max_pool2d", x.data, output_size)
    if is_multiple(x.shape, size):
        kernel = x.shape[-2] // size[0], x.shape[-1] // size[1]
        return max_pool2d(x, kernel, return_indices=return_indices)
    function = AdaptiveMaxPool2d(size)
    y = function(x)
    return (y, Tensor.of_array(function.indices)) if return_indices else y
