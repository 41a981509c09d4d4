"""Resizing: each output pixel is a weighted mean of the input pixels below a filter.

Two passes, along rows and then along columns, each a product with a matrix of weights.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn._checks import boolean, integer
from minicnn.transforms._image import Transform, height_width

PRECISION = 2.0**22  # weights of uint8 images are multiples of 1 / this, as in Pillow


class InterpolationMode(enum.Enum):
    """How values between pixels are computed."""

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


BILINEAR, NEAREST = InterpolationMode.BILINEAR, InterpolationMode.NEAREST


def interpolation_mode(name: str, value: Any) -> InterpolationMode:
    """Return the mode of this name, or the mode itself."""
    try:
        return InterpolationMode(value)
    except ValueError:
        names = ", ".join(mode.value for mode in InterpolationMode)
        raise ValueError(f"{name}: interpolation must be one of {names}, got {value!r}") from None


def _cubic(x: np.ndarray) -> np.ndarray:
    a = -0.5  # Keys, "Cubic convolution interpolation", IEEE Trans. ASSP 29 (1981), equation 15
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _hamming(x: np.ndarray) -> np.ndarray:
    return np.where(x < 1, np.sinc(x) * (0.54 + 0.46 * np.cos(np.pi * x)), 0.0)


def _lanczos(x: np.ndarray) -> np.ndarray:
    return np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


Filter = Callable[[np.ndarray], np.ndarray]
FILTERS: dict[InterpolationMode, tuple[float, Filter]] = {  # half the width, and f(|x|)
    InterpolationMode.BOX: (0.5, lambda x: (x <= 0.5).astype(float)),
    InterpolationMode.BILINEAR: (1.0, lambda x: np.maximum(1 - x, 0)),
    InterpolationMode.HAMMING: (1.0, _hamming),
    InterpolationMode.BICUBIC: (2.0, _cubic),
    InterpolationMode.LANCZOS: (3.0, _lanczos),
}


@functools.lru_cache(maxsize=64)  # an epoch asks for the same sizes again and again
def weights(n_in: int, n_out: int, mode: InterpolationMode, antialias: bool) -> np.ndarray:
    """Return the matrix that resizes a line, shape (n_out, n_in); its rows add up to 1."""
    half, function = FILTERS[mode]
    scale = n_in / n_out
    width = max(scale, 1.0) if antialias else 1.0  # a wider filter when there is less of pixels
    out = np.zeros((n_out, n_in))
    for i in range(n_out):
        center = (i + 0.5) * scale
        first = max(int(center - half * width + 0.5), 0)
        last = min(int(center + half * width + 0.5), n_in)
        taps = np.arange(first, last)
        values = function(np.abs((taps + 0.5 - center) / width))
        out[i, first:last] = values / values.sum()
    out.setflags(write=False)
    return out


def resize(
    pixels: np.ndarray, size: tuple[int, int], mode: InterpolationMode, antialias: bool
) -> np.ndarray:
    """Return the image in another size; both have shape (H, W, C)."""
    H, W, _ = pixels.shape
    if size == (H, W):
        return pixels
    if mode is NEAREST:
        rows, columns = (
            # each place is the one before and a step, summed up so that ties fall as in Pillow
            np.minimum(np.cumsum([0.5 * n_in / n] + [n_in / n] * (n - 1)).astype(int), n_in - 1)
            for n, n_in in zip(size, (H, W))
        )
        return pixels[rows[:, None], columns]
    if size[1] != W:
        pixels = _product(weights(W, size[1], mode, antialias), pixels)
    if size[0] != H:
        columns_first = pixels.transpose(1, 0, 2)
        product = _product(weights(H, size[0], mode, antialias), columns_first)
        pixels = product.transpose(1, 0, 2)
    return pixels


def _product(matrix: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """(n_out, n_in), (L, n_in, C) -> (L, n_out, C)."""
    if pixels.dtype != np.uint8:
        return np.matmul(matrix, pixels.astype(np.float64)).astype(pixels.dtype)
    # All are integers below 2**53, so the sums are exact in whatever order they are made.
    sums = np.matmul(np.trunc(matrix * PRECISION + np.copysign(0.5, matrix)), pixels.astype(float))
    return np.clip(np.floor((sums + PRECISION / 2) / PRECISION), 0, 255).astype(np.uint8)


class Resize(Transform):
    """Resize the image. On uint8 images each of the two passes is Pillow's, bit for bit.

    Rows come first here. Pillow, and so torchvision on PIL images, may begin with the columns;
    then values can differ by rounding, and by more where a filter overshoots black or white
    (bicubic, lanczos).

    Args:
        size: (height, width); an int is the length of the shorter side, the other one follows, its
            fraction cut off; None only with `max_size`.
        interpolation: "nearest", "bilinear", "bicubic", "box", "hamming" or "lanczos", or an
            `InterpolationMode`.
        max_size: The longer side is at most this; only with an int or None as size.
        antialias: Whether the filter grows wider when the image shrinks, so that no pixel is left
            out.

    Example:
        >>> Resize(4)(np.zeros((8, 12, 3), np.uint8)).shape
        (4, 6, 3)
    """

    def __init__(
        self,
        size: Any,
        interpolation: Any = BILINEAR,
        max_size: int | None = None,
        antialias: bool = True,
    ) -> None:
        self.size, self.max_size = size, max_size
        self.interpolation = interpolation_mode("Resize", interpolation)
        self.antialias = boolean("Resize", "antialias", antialias)
        if size is not None:
            height_width("Resize", size)
        self._one_side = size is None or not isinstance(size, (tuple, list)) or len(size) == 1
        if max_size is not None and (
            integer("Resize", "max_size", max_size) < 1 or not self._one_side
        ):
            raise ValueError(
                "Resize: max_size must be at least 1 and needs an int or None as size, got"
                f" max_size={max_size}, size={size!r}"
            )
        if size is None and max_size is None:
            raise ValueError("Resize: size may be None only if max_size is given")

    def size_for(self, H: int, W: int) -> tuple[int, int]:
        """Return the size that an image of H x W pixels becomes."""
        if not self._one_side:
            return height_width("Resize", self.size)
        short, long = min(H, W), max(H, W)
        if self.size is None:
            assert self.max_size is not None
            new_long: int = self.max_size
            new_short = int(self.max_size * short / long)
        else:
            new_short = height_width("Resize", self.size)[0]
            new_long = int(new_short * long / short)
            if self.max_size is not None and new_long > self.max_size:
                new_short, new_long = int(self.max_size * new_short / new_long), self.max_size
        new_short = max(new_short, 1)
        return (new_short, new_long) if H <= W else (new_long, new_short)

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        size = self.size_for(image.shape[0], image.shape[1])
        return resize(image, size, self.interpolation, self.antialias)
