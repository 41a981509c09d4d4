"""What the microscope takes: arrays small enough to be read, as the kernels want them."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import kernel_array
from minicnn.tensor import Tensor

MOST_IMAGES, MOST_CHANNELS, MOST_PIXELS = 4, 16, 16  # pixels along one side of an image
MOST_TERMS = MOST_PLACES = 64  # rows and columns of an im2col matrix
MOST_PRODUCTS = 4000  # multiplications of one pass, each of which stands in the file four times
HINT = "try a smaller example: the microscope is for a few numbers that fit on a page"


def array(op: str, name: str, values: Any) -> np.ndarray:
    """Return an array or tensor as a kernel reads it; raise TypeError unless it is real floats."""
    data = values.data if isinstance(values, Tensor) else np.asarray(values)
    return kernel_array(op, name, data)


def images(op: str, x: Any) -> np.ndarray:
    """Return x as a batch (N, C, H, W), if it is small enough to be read."""
    x = array(op, "x", x)
    if x.ndim == 3:
        x = x[np.newaxis]
    if x.ndim != 4:
        raise ValueError(
            f"{op}: x must have shape (N, C, H, W) or (C, H, W), got {x.ndim} dimensions: {x.shape}"
        )
    if x.shape[0] == 0:
        raise ValueError(f"{op}: x must hold at least one image to look at, got shape {x.shape}")
    names = ("images", "channels", "rows", "columns")
    limits = (MOST_IMAGES, MOST_CHANNELS, MOST_PIXELS, MOST_PIXELS)
    for name, limit, size in zip(names, limits, x.shape):
        at_most(op, f"{name} of x", limit, size)
    return x


def at_most(op: str, what: str, limit: int, got: int) -> None:
    """Raise ValueError if there are too many of something to be read."""
    if got > limit:
        raise ValueError(f"{op}: at most {limit} {what} can be read on a page, got {got}; {HINT}")


def gradient(op: str, grad_y: Any, y: np.ndarray) -> np.ndarray:
    """Return grad_y as a kernel reads it, with y's shape and dtype.

    Of ones if it is None; made by `grad_y(shape)` if it is a function.
    """
    if grad_y is None:
        return np.ones_like(y)
    if callable(grad_y):
        grad_y = grad_y(y.shape)
    grad_y = array(op, "grad_y", grad_y)
    if grad_y.shape == y.shape[1:] and y.shape[0] == 1:
        grad_y = grad_y[np.newaxis]
    if grad_y.shape != y.shape:
        raise ValueError(f"{op}: grad_y must have the shape of y, {y.shape}, got {grad_y.shape}")
    if grad_y.dtype != y.dtype:
        raise TypeError(f"{op}: grad_y must be {y.dtype}, as x is, got {grad_y.dtype}")
    return grad_y
