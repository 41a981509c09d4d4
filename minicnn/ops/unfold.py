"""Windows of images as columns (im2col), and back. Tests in tests/ops/test_unfold.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import kernel_array, pair
from minicnn.autograd import Function
from minicnn.tensor import Tensor, as_tensor

Pair = tuple[int, int]


class Windows:
    """Where the windows of an image of H x W pixels lie: kernel, stride, padding, dilation."""

    def __init__(
        self, op: str, size: Pair, kernel_size: Any, dilation: Any, padding: Any, stride: Any
    ) -> None:
        self.size, self.kernel = size, pair(op, "kernel_size", kernel_size)
        self.dilation = pair(op, "dilation", dilation)
        self.padding, self.stride = pair(op, "padding", padding), pair(op, "stride", stride)
        for name, values, least in (
            ("kernel_size", self.kernel, 1),
            ("dilation", self.dilation, 1),
            ("padding", self.padding, 0),
            ("stride", self.stride, 1),
        ):
            if min(values) < least:
                raise ValueError(f"{op}: {name} must be at least {least}, got {min(values)}")
        self.count = self.counts(op)  # windows along the height and along the width

    def counts(self, op: str) -> Pair:
        out = []
        for name, n, k, d, p, s in zip(
            ("height", "width"), self.size, self.kernel, self.dilation, self.padding, self.stride
        ):
            reach = d * (k - 1) + 1
            if n + 2 * p < reach:
                raise ValueError(
                    f"{op}: {name}: the window covers dilation * (kernel_size - 1) + 1 = {reach}"
                    f" pixels but the padded input has only {n} + 2 * {p} = {n + 2 * p}"
                )
            out.append((n + 2 * p - reach) // s + 1)
        rows, columns = self.kernel[0] * self.kernel[1], out[0] * out[1]
        padded = (self.size[0] + 2 * self.padding[0]) * (self.size[1] + 2 * self.padding[1])
        if max(rows * columns, padded) >= 2**56:
            raise ValueError(f"{op}: the sizes are too large: {rows} * {columns} window pixels")
        return out[0], out[1]

    def cell(self, kh: int, kw: int) -> tuple[Any, ...]:
        """Return where the padded image holds pixel (kh, kw) of all windows."""
        starts = kh * self.dilation[0], kw * self.dilation[1]
        parts = [
            slice(start, start + s * (count - 1) + 1, s)
            for start, s, count in zip(starts, self.stride, self.count)
        ]
        return (..., *parts)

    def columns(self, x: np.ndarray) -> np.ndarray:
        """Return (N, C, H, W) as (N, C * K_h * K_w, L), L being the number of windows."""
        (N, C, H, W), (P_h, P_w), (K_h, K_w) = x.shape, self.padding, self.kernel
        padded = np.zeros((N, C, H + 2 * P_h, W + 2 * P_w), x.dtype)
        padded[:, :, P_h : P_h + H, P_w : P_w + W] = x
        y = np.empty((N, C, K_h, K_w, *self.count), x.dtype)
        for kh, kw in np.ndindex(K_h, K_w):
            y[:, :, kh, kw] = padded[self.cell(kh, kw)]
        return y.reshape(N, C * K_h * K_w, self.count[0] * self.count[1])

    def image(self, y: np.ndarray) -> np.ndarray:
        """Return (N, C * K_h * K_w, L) as (N, C, H, W), each pixel the sum over its windows."""
        (H, W), (P_h, P_w), (K_h, K_w) = self.size, self.padding, self.kernel
        N, C = y.shape[0], y.shape[1] // (K_h * K_w)
        y = y.reshape(N, C, K_h, K_w, *self.count)
        padded = np.zeros((N, C, H + 2 * P_h, W + 2 * P_w), y.dtype)
        for kh, kw in np.ndindex(K_h, K_w):
            padded[self.cell(kh, kw)] += y[:, :, kh, kw]
        return np.ascontiguousarray(padded[:, :, P_h : P_h + H, P_w : P_w + W])


class Unfold(Function):
    def __init__(self, windows: Windows) -> None:
        self.windows = windows

    def forward(self, x: np.ndarray) -> np.ndarray:
        return self.windows.columns(kernel_array("unfold", "x", x))

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (self.windows.image(grad_y),)


class Fold(Function):
    def __init__(self, windows: Windows) -> None:
        self.windows = windows

    def forward(self, x: np.ndarray) -> np.ndarray:
        return self.windows.image(kernel_array("fold", "x", x))

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (self.windows.columns(grad_y),)


def unfold(
    x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """Write each window of an image as a column; convolution is a matrix product of these.

    Args:
        x: Images, shape (N, C, H, W) or (C, H, W).
        kernel_size: Pixels of a window, as (height, width) or one int for both.
        dilation: Pixels from one cell of a window to the next.
        padding: Rows and columns of zeros added on each side.
        stride: Pixels from one window to the next.

    Returns:
        Shape (N, C * K_h * K_w, L), or without N as x has it, L = H_out * W_out being the number of
        windows, with
        H_out = (H + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1.

    Raises:
        ValueError: If the sizes do not fit each other.
        TypeError: If x is not float32 or float64, or a setting is not an int.

    Example:
        >>> unfold(np.arange(9.0).reshape(1, 1, 3, 3), 2).data[0, :, 0].tolist()
        [0.0, 1.0, 3.0, 4.0]

    Source: torch.nn.functional.unfold, whose order of the rows this is.
    """
    x = as_tensor(x)
    if x.ndim not in (3, 4) or 0 in x.shape[-3:]:
        raise ValueError(
            "unfold: x must have shape (N, C, H, W) or (C, H, W), and only N may be 0; got shape"
            f" {x.shape}"
        )
    if x.ndim == 3:
        return unfold(x.unsqueeze(0), kernel_size, dilation, padding, stride).squeeze(0)
    size = x.shape[2], x.shape[3]
    return Unfold(Windows("unfold", size, kernel_size, dilation, padding, stride))(x)


def fold(
    x: Any,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """Add the columns of `unfold` up to images again: where windows overlap, their values add.

    Args:
        x: Columns, shape (N, C * K_h * K_w, L) or (C * K_h * K_w, L).
        output_size: (H, W) of the images, or one int for both.
        kernel_size, dilation, padding, stride: As of `unfold`.

    Returns:
        Shape (N, C, H, W), or without N as x has it.

    Raises:
        ValueError: If the sizes do not fit each other.
        TypeError: If x is not float32 or float64, or a setting is not an int.

    Example:
        >>> fold(np.ones((1, 4, 4)), 3, 2).tolist()
        [[[[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]]]

    Source: torch.nn.functional.fold.
    """
    x, size = as_tensor(x), pair("fold", "output_size", output_size)
    if min(size) < 1:
        raise ValueError(f"fold: output_size must be at least 1, got {min(size)}")
    windows = Windows("fold", size, kernel_size, dilation, padding, stride)
    cells, count = windows.kernel[0] * windows.kernel[1], windows.count[0] * windows.count[1]
    if x.ndim == 2:
        return fold(x.unsqueeze(0), size, kernel_size, dilation, padding, stride).squeeze(0)
    if x.ndim != 3 or x.shape[1] == 0 or x.shape[1] % cells or x.shape[2] != count:
        raise ValueError(
            f"fold: x must have shape (N, C * {cells}, {count}), for images of {size} have"
            f" {windows.count[0]} * {windows.count[1]} windows of {cells} pixels; got shape"
            f" {x.shape}"
        )
    return Fold(windows)(x)
