"""The kernels of classical filters."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from minicnn.filters._checks import odd, positive


def _fixed(rows: list[list[float]], divisor: float = 1.0) -> np.ndarray:
    values = np.array(rows) / divisor
    values.flags.writeable = False
    return values


# Slid over the image as they stand, not turned round: where it gets brighter to the right,
# sobel_x is positive, and where it gets brighter downwards, sobel_y is.
KERNELS: Mapping[str, np.ndarray] = MappingProxyType(
    {
        "sobel_x": _fixed([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
        "sobel_y": _fixed([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
        "prewitt_x": _fixed([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]),
        "prewitt_y": _fixed([[-1, -1, -1], [0, 0, 0], [1, 1, 1]]),
        "laplacian": _fixed([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
        "sharpen": _fixed([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        "emboss": _fixed([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
        "box": _fixed([[1, 1, 1], [1, 1, 1], [1, 1, 1]], 9),
        "gaussian": _fixed([[1, 2, 1], [2, 4, 2], [1, 2, 1]], 16),
    }
)


def kernel(name: str) -> np.ndarray:
    """Return the kernel of a classical filter.

    Args:
        name: One of `KERNELS`: "sobel_x", "sobel_y", "prewitt_x", "prewitt_y", "laplacian",
            "sharpen", "emboss", "box", "gaussian".

    Returns:
        Its values, shape (3, 3), float64, read-only.

    Raises:
        ValueError: If there is none of this name.

    Example:
        >>> kernel("laplacian")
        array([[ 0.,  1.,  0.],
               [ 1., -4.,  1.],
               [ 0.,  1.,  0.]])
    """
    if name not in KERNELS:
        raise ValueError(f"kernel: no filter {name!r}; there are {', '.join(KERNELS)}")
    return KERNELS[name]


def box(size: int) -> np.ndarray:
    """Return the kernel that takes the mean of size * size pixels, shape (size, size).

    Raises:
        ValueError: If size is not odd and positive.

    Example:
        >>> box(3)[0] * 9
        array([1., 1., 1.])
    """
    size = odd("box", "size", size)
    return np.full((size, size), 1 / size**2)


def gaussian(sigma: float, size: int | None = None) -> np.ndarray:
    """Return the kernel of a Gaussian blur: exp(-(x^2 + y^2) / (2 sigma^2)), with sum 1.

    Args:
        sigma: Standard deviation, in pixels.
        size: Pixels of a side, odd; if left out, it reaches 3 sigma to each side.

    Returns:
        The kernel, shape (size, size), float64.

    Raises:
        ValueError, TypeError: If sigma is not positive, or size is not odd and positive.

    Example:
        >>> gaussian(1.0).shape
        (7, 7)
    """
    sigma = positive("gaussian", "sigma", sigma)
    size = odd("gaussian", "size", 2 * int(np.ceil(3 * sigma)) + 1 if size is None else size)
    x = np.arange(size) - size // 2
    line = np.exp(-0.5 * (x / sigma) ** 2)
    line /= line.sum()
    return np.outer(line, line)


def gabor(
    wavelength: float,
    angle: float = 0.0,
    sigma: float | None = None,
    *,
    aspect: float = 0.5,
    phase: float = 0.0,
    size: int | None = None,
) -> np.ndarray:
    """Return a Gabor filter: a wave under a Gaussian, which answers to stripes like its own.

    With u along the wave and v across it, exp(-(u^2 + (aspect v)^2) / (2 sigma^2)) times
    cos(2 pi u / wavelength + phase).

    Args:
        wavelength: Pixels from stripe to stripe.
        angle: Direction in which the wave runs, in degrees: 0 to the right (upright stripes), 90
            downwards (level stripes).
        sigma: Standard deviation of the Gaussian along u, in pixels; wavelength / 2 if left out.
        aspect: How much shorter the Gaussian is along u than along v.
        phase: In degrees; 0 has a bright stripe in the middle, 90 an edge.
        size: Pixels of a side, odd; if left out, it reaches 3 sigma / min(aspect, 1).

    Returns:
        The kernel, shape (size, size), float64.

    Raises:
        ValueError, TypeError: If a setting is not finite, or not positive where it must be.

    Example:
        >>> gabor(4.0, sigma=2.0).shape
        (25, 25)

    Source: Daugman, "Uncertainty relation for resolution in space, spatial frequency, and
    orientation optimized by two-dimensional visual cortical filters", JOSA A 2(7), 1985.
    """
    wavelength = positive("gabor", "wavelength", wavelength)
    sigma = wavelength / 2 if sigma is None else positive("gabor", "sigma", sigma)
    aspect = positive("gabor", "aspect", aspect)
    if size is None:
        size = 2 * int(np.ceil(3 * sigma / min(aspect, 1.0))) + 1
    half = odd("gabor", "size", size) // 2
    turn, shift = _radians("angle", angle), _radians("phase", phase)
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    u = x * np.cos(turn) + y * np.sin(turn)
    v = y * np.cos(turn) - x * np.sin(turn)
    envelope = np.exp(-0.5 * (u**2 + (aspect * v) ** 2) / sigma**2)
    return envelope * np.cos(2 * np.pi * u / wavelength + shift)


def _radians(name: str, degrees: Any) -> float:
    try:
        value = float(degrees)
    except (TypeError, ValueError):
        raise TypeError(f"gabor: {name} must be a number of degrees, got {degrees!r}") from None
    if not np.isfinite(value):
        raise ValueError(f"gabor: {name} must be finite, got {value}")
    return np.deg2rad(value)
