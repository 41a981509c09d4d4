"""Images of another size: tests in tests/ops/test_interpolate.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn._checks import boolean, integer, kernel_array
from minicnn.autograd import Function
from minicnn.tensor import Tensor, as_tensor

MODES = {"nearest": None, "linear": 1, "bilinear": 2}  # and how many axes of pixels they need


class Axis:
    """How the n pixels of one axis become `size`, each of them `step` input pixels wide.

    Output pixel i is (1 - share[i]) * x[low[i]] + share[i] * x[high[i]]; nearest has no share.
    """

    def __init__(self, n: int, size: int, step: float | None, mode: str, corners: bool) -> None:
        self.n = n
        i = np.arange(size)
        if mode == "nearest":
            exact = i * n // size if step is None else np.floor(i * step).astype(np.intp)
            self.low = np.minimum(exact, n - 1)
            return
        if corners:
            place = i * ((n - 1) / (size - 1) if size > 1 else 0.0)
        else:  # pixels are squares, and their centers are halfway
            place = np.maximum((i + 0.5) * (n / size if step is None else step) - 0.5, 0)
        self.low = np.minimum(place.astype(np.intp), n - 1)
        self.high = np.minimum(self.low + 1, n - 1)
        self.share = place - self.low

    def resized(self, x: np.ndarray, axis: int, nearest: bool) -> np.ndarray:
        """Return x with the output pixels along `axis`."""
        low = np.take(x, self.low, axis)
        if nearest:
            return low
        share = self.share_along(x, axis)
        low *= 1 - share
        low += np.take(x, self.high, axis) * share
        return low

    def gathered(self, grad_y: np.ndarray, axis: int, nearest: bool) -> np.ndarray:
        """Return the gradient of the input pixels, given that of the output pixels."""
        if nearest:
            return self.sum_by(self.low, grad_y, axis)
        share = self.share_along(grad_y, axis)
        grad_low = self.sum_by(self.low, grad_y * (1 - share), axis)
        return grad_low + self.sum_by(self.high, grad_y * share, axis)

    def share_along(self, x: np.ndarray, axis: int) -> np.ndarray:
        return self.share.astype(x.dtype).reshape(-1, *[1] * (x.ndim - 1 - axis))

    def sum_by(self, source: np.ndarray, grad: np.ndarray, axis: int) -> np.ndarray:
        """Return, for each of n pixels, the sum of grad where `source`, which rises, names it."""
        pixels, starts = np.unique(source, return_index=True)
        out = np.zeros((*grad.shape[:axis], self.n, *grad.shape[axis + 1 :]), grad.dtype)
        out[(slice(None),) * axis + (pixels,)] = np.add.reduceat(grad, starts, axis=axis)
        return out


class Interpolate(Function):
    """Each axis of pixels is resized in turn; backward, in the other order, gathers."""

    def __init__(self, axes: list[Axis], nearest: bool) -> None:
        self.axes, self.nearest = axes, nearest

    def forward(self, x: np.ndarray) -> np.ndarray:
        x = kernel_array("interpolate", "x", x)
        for number, axis in enumerate(self.axes):
            x = axis.resized(x, number + 2, self.nearest)
        return x

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        for number, axis in reversed(list(enumerate(self.axes))):
            grad_y = axis.gathered(grad_y, number + 2, self.nearest)
        return (grad_y,)


def per_axis(name: str, value: Any, pixels: tuple[int, ...]) -> list[Any]:
    """Return one value for each axis of pixels."""
    values = list(value) if isinstance(value, (tuple, list)) else [value] * len(pixels)
    if len(values) != len(pixels):
        raise ValueError(
            f"interpolate: {name} must be a number or {len(pixels)} of them, got {value!r}"
        )
    return values


def output_sizes(
    pixels: tuple[int, ...], size: Any, scale_factor: Any
) -> list[tuple[int, float | None]]:
    """Return, for each axis, how many output pixels there are and how many input pixels each is."""
    if (size is None) == (scale_factor is None):
        raise ValueError("interpolate: exactly one of size and scale_factor must be given")
    out: list[tuple[int, float | None]] = []
    if size is not None:
        out = [(integer("interpolate", "size", s), None) for s in per_axis("size", size, pixels)]
    else:
        for n, factor in zip(pixels, per_axis("scale_factor", scale_factor, pixels)):
            if not 0 < factor < math.inf:
                raise ValueError(f"interpolate: scale_factor must be positive, got {factor}")
            out.append((math.floor(n * factor), 1 / factor))
    for s, _ in out:
        if not 1 <= s < 2**31:
            raise ValueError(f"interpolate: the output would have {s} pixels along one axis")
    return out


def interpolate(
    x: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """Resize images.

    Args:
        x: Shape (N, C, H_in, W_in), or with any number of axes of pixels after C.
        size: Pixels of the output, an int or one for each axis.
        scale_factor: Output pixels for each input pixel, instead of size.
        mode: "nearest"; "bilinear" for two axes of pixels, "linear" for one: between neighbours.
        align_corners: Whether the corner pixels of input and output are at the same place (the
            centers), instead of the images' corners. Only for the linear modes.

    Returns:
        Shape (N, C, H_out, W_out), H_out being size[0] or floor(H_in * scale_factor[0]).

    Raises:
        ValueError: If not one of size and scale_factor is given, or a setting does not fit.
        TypeError: If x is not float32 or float64, or size not of ints.

    Example:
        >>> interpolate([[[0.0, 4.0]]], size=4).tolist()
        [[[0.0, 0.0, 4.0, 4.0]]]
        >>> interpolate([[[0.0, 4.0]]], size=4, mode="linear").tolist()
        [[[0.0, 1.0, 3.0, 4.0]]]

    Source: torch.nn.functional.interpolate, whose coordinates these are.
    """
    x = as_tensor(x)
    if mode not in MODES:
        raise ValueError(f"interpolate: mode must be one of {list(MODES)}, got {mode!r}")
    if x.ndim < 3 or 0 in x.shape[1:]:
        raise ValueError(
            f"interpolate: x must have shape (N, C, H, W), and only N may be 0; got {x.shape}"
        )
    pixels, nearest = x.shape[2:], mode == "nearest"
    if not nearest and MODES[mode] != len(pixels):
        raise ValueError(
            f"interpolate: mode={mode!r} is for {MODES[mode]} axes of pixels, got x with shape"
            f" {x.shape}"
        )
    if nearest and align_corners is not None:
        raise ValueError("interpolate: align_corners is only for the linear modes")
    corners = boolean("interpolate", "align_corners", bool(align_corners))
    sizes = output_sizes(pixels, size, scale_factor)
    axes = [Axis(n, s, step, mode, corners) for n, (s, step) in zip(pixels, sizes)]
    return Interpolate(axes, nearest)(x)
