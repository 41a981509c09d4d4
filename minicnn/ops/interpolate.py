"""Images of another size: tests in tests/ops/test_interpolate.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn._checks import boolean, integer, kernel_array
from minicnn.autograd import Function
from minicnn.ops.adaptive_pool2d import adaptive_avg_pool2d
from minicnn.tensor import Tensor, as_tensor

# and how many axes of pixels they need
MODES = {
    "nearest": None,
    "nearest-exact": None,
    "linear": 1,
    "bilinear": 2,
    "bicubic": 2,
    "area": None,
}
CUBIC = -0.75  # slope of the kernel at 1


class Axis:
    """How the n pixels of one axis become `size`, each of them `step` input pixels wide.

    Output pixel i is the sum of weight[i] * x[place[i]] over the pairs of `places` and `weights`:
    two of (1 - share, share) in the linear modes, four in the cubic one, a single pixel else.

    Source: Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans. ASSP
    29 (1981), section II, with torch's slope.
    """

    def __init__(self, n: int, size: int, step: float | None, mode: str, corners: bool) -> None:
        self.n = n
        i = np.arange(size)
        if mode.startswith("nearest"):
            half = int(mode == "nearest-exact")  # the pixel below the middle, not the start
            if step is None:
                exact = (2 * i + half) * n // (2 * size)
            else:
                exact = np.floor((i + half / 2) * step).astype(np.intp)
            self.low = np.minimum(exact, n - 1)
            return
        if corners:
            place = i * ((n - 1) / (size - 1) if size > 1 else 0.0)
        else:  # pixels are squares, and their centers are halfway
            place = (i + 0.5) * (n / size if step is None else step) - 0.5
        self.cubic = mode == "bicubic"
        if self.cubic:
            first = np.floor(place).astype(np.intp)
            self.share = place - first
            self.places = [np.clip(first + k, 0, n - 1) for k in (-1, 0, 1, 2)]
            return
        place = np.maximum(place, 0)
        self.low = np.minimum(place.astype(np.intp), n - 1)
        self.share = place - self.low
        self.places = [self.low, np.minimum(self.low + 1, n - 1)]

    def weights(self, like: np.ndarray, axis: int) -> list[np.ndarray]:
        """Return the weights of each of `places`, to be multiplied along an axis of `like`."""
        shape = (-1, *[1] * (like.ndim - 1 - axis))
        if not self.cubic:
            share = self.share.astype(like.dtype).reshape(shape)
            return [1 - share, share]
        distances = [self.share + 1, self.share, 1 - self.share, 2 - self.share]
        return [cubic(d).astype(like.dtype).reshape(shape) for d in distances]

    def resized(self, x: np.ndarray, axis: int, nearest: bool) -> np.ndarray:
        """Return x with the output pixels along `axis`."""
        if nearest:
            return np.take(x, self.low, axis)
        weights = self.weights(x, axis)
        out = np.take(x, self.places[0], axis)
        out *= weights[0]
        for places, weight in zip(self.places[1:], weights[1:]):
            out += np.take(x, places, axis) * weight
        return out

    def gathered(self, grad_y: np.ndarray, axis: int, nearest: bool) -> np.ndarray:
        """Return the gradient of the input pixels, given that of the output pixels."""
        if nearest:
            return self.sum_by(self.low, grad_y, axis)
        weights = self.weights(grad_y, axis)
        out = self.sum_by(self.places[0], grad_y * weights[0], axis)
        for places, weight in zip(self.places[1:], weights[1:]):
            out = out + self.sum_by(places, grad_y * weight, axis)
        return out

    def sum_by(self, source: np.ndarray, grad: np.ndarray, axis: int) -> np.ndarray:
        """Return, for each of n pixels, the sum of grad where `source`, which rises, names it."""
        pixels, starts = np.unique(source, return_index=True)
        out = np.zeros((*grad.shape[:axis], self.n, *grad.shape[axis + 1 :]), grad.dtype)
        out[(slice(None),) * axis + (pixels,)] = np.add.reduceat(grad, starts, axis=axis)
        return out


def cubic(distance: np.ndarray) -> np.ndarray:
    """Return the weight of pixels at these distances, from 0 to 2."""
    d, a = distance, CUBIC
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d <= 1, near, far)


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
        mode: "nearest", the pixel at the start of the output pixel, or "nearest-exact", that at its
            middle; "bilinear" for two axes of pixels, "linear" for one: between neighbours;
            "bicubic": between four of them along each of two axes; "area": means, as of
            `adaptive_avg_pool2d`, for one axis or two.
        align_corners: Whether the corner pixels of input and output are at the same place (the
            centers), instead of the images' corners. Only for the linear and cubic modes.

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
    pixels, nearest = x.shape[2:], mode.startswith("nearest")
    needed = MODES[mode]
    if needed is not None and needed != len(pixels):
        raise ValueError(
            f"interpolate: mode={mode!r} is for {needed} axes of pixels, got x with shape {x.shape}"
        )
    if needed is None and align_corners is not None:
        raise ValueError("interpolate: align_corners is only for the linear and cubic modes")
    corners = boolean("interpolate", "align_corners", bool(align_corners))
    sizes = output_sizes(pixels, size, scale_factor)
    if mode == "area":
        return area(x, tuple([s for s, _ in sizes]))
    axes = [Axis(n, s, step, mode, corners) for n, (s, step) in zip(pixels, sizes)]
    return Interpolate(axes, nearest)(x)


def area(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Return means of the pixels under each output pixel."""
    if len(size) > 2:
        raise ValueError(f"interpolate: mode='area' is for one or two axes, got shape {x.shape}")
    if len(size) == 2:
        return adaptive_avg_pool2d(x, size)
    return adaptive_avg_pool2d(x.unsqueeze(2), (1, *size)).squeeze(2)
