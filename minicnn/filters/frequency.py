"""Photos as sums of waves: what frequencies they hold, and filters that keep some of them.

Frequencies are in cycles per pixel: 0 is the mean brightness, 0.5 the finest pattern that pixels
can show (bright, dark, bright, dark).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.filters._checks import kernel_values, photo, positive
from minicnn.filters.kernels import kernel as kernel_of

KINDS = ("ideal", "gaussian")
LUMA = np.array([0.299, 0.587, 0.114])  # red, green, blue: ITU-R BT.601


def spectrum(image: Any) -> np.ndarray:
    """Return the frequency picture of a photo: log(1 + |F|), F its Fourier transform.

    Args:
        image: A photo, shape (H, W) or (H, W, 3), uint8, float32 or float64; of a coloured one the
            brightness counts.

    Returns:
        Shape (H, W), float64; frequency 0 is at [H // 2, W // 2], low ones around it.

    Raises:
        ValueError, TypeError: If it is no photo.

    Example:
        >>> stripes = np.tile([0.0, 1.0], (4, 4))  # 0.5 cycles per pixel, from left to right
        >>> np.argwhere(spectrum(stripes) > 0).tolist()
        [[2, 0], [2, 4]]
    """
    pixels = photo("spectrum", image)
    bright = pixels if pixels.ndim == 2 else pixels @ LUMA
    return np.log1p(np.abs(np.fft.fftshift(np.fft.fft2(bright.astype(np.float64)))))


def frequency_response(kernel: Any, shape: tuple[int, int]) -> np.ndarray:
    """Return by how much a kernel weakens or strengthens each frequency, at which no edge matters.

    Args:
        kernel: Name of a classical filter, or weights of shape (K_h, K_w).
        shape: Of the picture, (H, W), at least the kernel's.

    Returns:
        |F| of the kernel, shape (H, W), float64; frequency 0 is at [H // 2, W // 2].

    Raises:
        ValueError, TypeError: If the kernel does not fit into the shape.

    Example:
        >>> float(frequency_response("box", (4, 4))[2, 2])  # a blur keeps the mean
        1.0
    """
    op = "frequency_response"
    weight = kernel_values(op, kernel_of(kernel) if isinstance(kernel, str) else kernel)
    if len(shape) != 2 or any(n < k for n, k in zip(shape, weight.shape)):
        raise ValueError(f"{op}: shape must be (H, W), at least {weight.shape}, got {shape}")
    response = np.abs(np.fft.fftshift(np.fft.fft2(weight, shape)))
    return response.round(15)  # what is left of sums that are 0


def transfer_function(shape: tuple[int, int], cutoff: float, kind: str = "gaussian") -> np.ndarray:
    """Return which part of each frequency a low-pass filter keeps.

    Args:
        shape: Of the photo, (H, W).
        cutoff: In cycles per pixel. "ideal" keeps frequencies up to it and drops all others;
            "gaussian" keeps exp(-f^2 / (2 cutoff^2)) of frequency f.
        kind: "ideal" or "gaussian".

    Returns:
        0 to 1, shape (H, W), float64; frequency 0 is at [0, 0], as `np.fft.fft2` has it.

    Raises:
        ValueError, TypeError: If cutoff is not positive, or kind is neither.

    Example:
        >>> transfer_function((1, 4), 0.3, "ideal")
        array([[1., 1., 0., 1.]])
    """
    cutoff = positive("low_pass", "cutoff", cutoff)
    if kind not in KINDS:
        raise ValueError(f"low_pass: kind must be 'ideal' or 'gaussian', got {kind!r}")
    height, width = shape
    f = np.hypot(np.fft.fftfreq(height)[:, np.newaxis], np.fft.fftfreq(width))  # cycles per pixel
    if kind == "ideal":
        return (f <= cutoff).astype(np.float64)
    return np.exp(-0.5 * (f / cutoff) ** 2)


def low_pass(image: Any, cutoff: float, kind: str = "gaussian") -> np.ndarray:
    """Keep the slow changes of brightness in a photo: a blur.

    The photo counts as one tile of an endless pattern, so its opposite edges mix.

    Args:
        image: A photo, shape (H, W) or (H, W, 3), uint8, float32 or float64.
        cutoff: In cycles per pixel, see `transfer_function`.
        kind: "ideal", whose sharp limit leaves ripples beside edges, or "gaussian", without.

    Returns:
        Shape of the image; float32 for a float32 image, else float64.

    Raises:
        ValueError, TypeError: If it is no photo, or a setting is wrong.

    Example:
        >>> low_pass(np.tile([0.0, 1.0], (4, 4)), 0.25, "ideal")[0].tolist()
        [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    """
    pixels = photo("low_pass", image)
    keep = transfer_function(pixels.shape[:2], cutoff, kind)
    keep = keep if pixels.ndim == 2 else keep[..., np.newaxis]
    waves = np.fft.fft2(pixels.astype(np.float64), axes=(0, 1))
    return np.fft.ifft2(waves * keep, axes=(0, 1)).real.astype(pixels.dtype)


def high_pass(image: Any, cutoff: float, kind: str = "gaussian") -> np.ndarray:
    """Keep the fast changes of brightness in a photo, its edges: the photo less its `low_pass`.

    Args:
        image: A photo, shape (H, W) or (H, W, 3), uint8, float32 or float64.
        cutoff: In cycles per pixel, see `transfer_function`.
        kind: "ideal" or "gaussian".

    Returns:
        Shape of the image, with mean 0; float32 for a float32 image, else float64.

    Raises:
        ValueError, TypeError: If it is no photo, or a setting is wrong.

    Example:
        >>> high_pass(np.tile([0.0, 1.0], (4, 4)), 0.25, "ideal")[0, :4].tolist()
        [-0.5, 0.5, -0.5, 0.5]
    """
    pixels = photo("high_pass", image)
    smooth = low_pass(pixels.astype(np.float64), cutoff, kind)
    return (pixels - smooth).astype(pixels.dtype)
