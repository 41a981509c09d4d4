"""Transforms of each channel's tones: invert, posterize, solarize, stretch, equalize, sharpen.

On uint8 images they are Pillow's (`ImageOps` and `ImageEnhance.Sharpness`), bit for bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.transforms._image import Transform, probability, real, white
from minicnn.transforms.color import blended
from minicnn.transforms.conversion import scaled

UINT8 = np.dtype(np.uint8)


def inverted(pixels: np.ndarray) -> np.ndarray:
    """Return white - v for each value."""
    return (white(pixels) - pixels).astype(pixels.dtype)


def posterized(pixels: np.ndarray, bits: int) -> np.ndarray:
    """Return the values with so many bits: 2**bits different ones."""
    if pixels.dtype == np.uint8:
        return pixels & np.uint8(256 - 2 ** (8 - bits))
    levels = pixels.dtype.type(2**bits)
    return np.clip(np.floor(pixels * levels), 0, levels - 1) / levels


def solarized(pixels: np.ndarray, threshold: float) -> np.ndarray:
    """Return the values with those inverted that are not below a threshold."""
    return np.where(pixels >= threshold, inverted(pixels), pixels)


def autocontrasted(pixels: np.ndarray) -> np.ndarray:
    """Return each channel stretched so that its darkest value is black and its brightest white."""
    low, high = (f(axis=(0, 1), keepdims=True).astype(np.float64) for f in (pixels.min, pixels.max))
    flat = high <= low
    scale = white(pixels) / np.where(flat, 1, high - low)
    stretched = np.clip(pixels * scale - low * scale, 0, white(pixels))
    return np.where(flat, pixels, stretched.astype(pixels.dtype))


def equalized(pixels: np.ndarray) -> np.ndarray:
    """Return each channel with values spread so that all are about equally frequent."""
    if pixels.dtype != np.uint8:
        return scaled(equalized(scaled(pixels, UINT8)), pixels.dtype)
    out = pixels.copy()
    for c in range(pixels.shape[2]):
        counts = np.bincount(pixels[:, :, c].ravel(), minlength=256)
        last = counts[counts > 0][-1]
        step = (counts.sum() - last) // 255
        if step > 0:  # else nearly all have one value
            below = np.cumsum(counts) - counts
            table = np.minimum((step // 2 + below) // step, 255).astype(np.uint8)
            out[:, :, c] = table[pixels[:, :, c]]
    return out


def sharpened(pixels: np.ndarray, factor: float) -> np.ndarray:
    """Return the image moved away from its blurred self: 0 is that, 1 the image, 2 sharper."""
    H, W, _ = pixels.shape
    if min(H, W) < 3:
        return pixels
    values = pixels.astype(np.float64)
    total = 4 * values[1:-1, 1:-1]  # the kernel: 5 in the middle, 1 around it, over 13
    for i in range(3):
        for j in range(3):
            total = total + values[i : H - 2 + i, j : W - 2 + j]
    blurred = values.copy()  # pixels of the border stay
    blurred[1:-1, 1:-1] = total / 13
    if pixels.dtype == np.uint8:
        blurred = np.floor(blurred + 0.5)
    return blended(pixels, blurred, factor)


class _RandomTone(Transform):
    """Change the image with probability p; a subclass says how in `changed`."""

    def __init__(self, p: float = 0.5) -> None:
        self.p = probability(type(self).__name__, p)

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        return {"change": bool(self.generator.random() < self.p)}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        return self.changed(image) if params["change"] else image

    def changed(self, image: np.ndarray) -> np.ndarray:
        """Return the changed image."""
        raise NotImplementedError


class RandomInvert(_RandomTone):
    """Invert the image's values with probability p.

    Example:
        >>> RandomInvert(p=1.0)(np.array([[0, 200]], np.uint8)).tolist()
        [[255, 55]]
    """

    def changed(self, image: np.ndarray) -> np.ndarray:
        return inverted(image)


class RandomPosterize(_RandomTone):
    """Keep so many bits of each value, with probability p.

    Args:
        bits: From 0 to 8.
        p: The probability.

    Example:
        >>> RandomPosterize(bits=1, p=1.0)(np.array([[100, 200]], np.uint8)).tolist()
        [[0, 128]]
    """

    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(p)
        self.bits = integer("RandomPosterize", "bits", bits)
        if not 0 <= bits <= 8:
            raise ValueError(f"RandomPosterize: bits must be from 0 to 8, got {bits}")

    def changed(self, image: np.ndarray) -> np.ndarray:
        return posterized(image, self.bits)


class RandomSolarize(_RandomTone):
    """Invert the values that are not below a threshold, with probability p.

    Args:
        threshold: In the image's own units: 0..255 for uint8, 0..1 for float.
        p: The probability.

    Example:
        >>> RandomSolarize(threshold=128, p=1.0)(np.array([[100, 200]], np.uint8)).tolist()
        [[100, 55]]
    """

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.threshold = real("RandomSolarize", "threshold", threshold)

    def changed(self, image: np.ndarray) -> np.ndarray:
        return solarized(image, self.threshold)


class RandomAutocontrast(_RandomTone):
    """Stretch each channel from black to white, with probability p.

    Example:
        >>> RandomAutocontrast(p=1.0)(np.array([[100, 151]], np.uint8)).tolist()
        [[0, 255]]
    """

    def changed(self, image: np.ndarray) -> np.ndarray:
        return autocontrasted(image)


class RandomEqualize(_RandomTone):
    """Spread each channel's values so that all are about equally frequent, with probability p.

    Example:
        >>> RandomEqualize(p=1.0)(np.arange(256, dtype=np.uint8).reshape(16, 16))[0, :3].tolist()
        [0, 1, 2]
    """

    def changed(self, image: np.ndarray) -> np.ndarray:
        return equalized(image)


class RandomAdjustSharpness(_RandomTone):
    """Make the image sharper or more blurred, with probability p.

    Args:
        sharpness_factor: 0 for blurred, 1 for the image as it is, 2 for sharper.
        p: The probability.

    Example:
        >>> RandomAdjustSharpness(2.0, p=1.0)(np.zeros((4, 4, 3), np.uint8)).shape
        (4, 4, 3)
    """

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.sharpness_factor = real("RandomAdjustSharpness", "sharpness_factor", sharpness_factor)
        if not self.sharpness_factor >= 0:
            raise ValueError(
                f"RandomAdjustSharpness: sharpness_factor must not be negative, got"
                f" {sharpness_factor}"
            )

    def changed(self, image: np.ndarray) -> np.ndarray:
        return sharpened(image, self.sharpness_factor)
