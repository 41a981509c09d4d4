"""Transforms of colours: ColorJitter, Grayscale, RandomGrayscale."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from minicnn.transforms._image import Transform, number_range, probability, white


def gray(pixels: np.ndarray) -> np.ndarray:
    """Return the brightness, shape (H, W, 1): 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601)."""
    if pixels.shape[2] == 1:
        return pixels
    if pixels.shape[2] != 3:
        raise ValueError(f"transforms: a coloured image has 3 channels, got {pixels.shape[2]}")
    if pixels.dtype == np.uint8:  # in 16 bits after the point, as Pillow does it
        whole = pixels.astype(np.int32) @ np.array([19595, 38470, 7471], np.int32)
        return ((whole + 0x8000) >> 16).astype(np.uint8)[:, :, None]
    return (pixels @ np.array([0.299, 0.587, 0.114], pixels.dtype))[:, :, None]


def blended(pixels: np.ndarray, other: Any, factor: float) -> np.ndarray:
    """Return other + factor * (pixels - other), cut to the range of brightness."""
    dtype = np.float32 if pixels.dtype == np.uint8 else pixels.dtype
    other = np.asarray(other, dtype)
    mixed = other + np.asarray(factor, dtype) * (pixels.astype(dtype) - other)
    return np.clip(mixed, 0, white(pixels)).astype(pixels.dtype)


def hue_shifted(pixels: np.ndarray, shift: float) -> np.ndarray:
    """Turn the colours by a share of the circle of hues; brightness and saturation stay."""
    if pixels.shape[2] == 1 or shift == 0:
        return pixels
    rgb = pixels.astype(np.float64) / white(pixels)
    high, low = rgb.max(axis=2), rgb.min(axis=2)
    spread = high - low
    r, g, b = rgb.transpose(2, 0, 1)
    divisor = np.where(spread == 0, 1, spread)
    sector = np.select(
        [high == r, high == g], [(g - b) / divisor, (b - r) / divisor + 2], (r - g) / divisor + 4
    )
    sector = (sector + 6 * shift) % 6
    # each channel is full, empty or on a ramp between, by the distance from its own hue
    ramps = [np.clip(np.abs((sector - own + 3) % 6 - 3) - 1, 0, 1) for own in (0, 2, 4)]
    turned = high[:, :, None] - spread[:, :, None] * np.stack(ramps, axis=2)
    if pixels.dtype == np.uint8:
        return np.rint(turned * 255).astype(np.uint8)
    return turned.astype(pixels.dtype)


class Grayscale(Transform):
    """Make the image grey.

    Args:
        num_output_channels: 1, or 3 equal ones.

    Example:
        >>> Grayscale()(np.full((2, 2, 3), 7, np.uint8)).shape
        (2, 2, 1)
    """

    def __init__(self, num_output_channels: int = 1) -> None:
        if num_output_channels not in (1, 3):
            raise ValueError(
                f"Grayscale: num_output_channels must be 1 or 3, got {num_output_channels!r}"
            )
        self.num_output_channels = num_output_channels

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        return np.repeat(gray(image), self.num_output_channels, axis=2)


class RandomGrayscale(Transform):
    """Make the image grey with probability p; it keeps its number of channels."""

    def __init__(self, p: float = 0.1) -> None:
        self.p = probability("RandomGrayscale", p)

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        return {"gray": bool(self.generator.random() < self.p)}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        return np.repeat(gray(image), image.shape[2], axis=2) if params["gray"] else image


class ColorJitter(Transform):
    """Change brightness, contrast, saturation and hue at random, in a random order.

    Brightness, contrast and saturation are Pillow's (`ImageEnhance`), bit for bit on uint8 images.

    Args:
        brightness, contrast, saturation: The lowest and highest factor; a number v means
            (max(0, 1 - v), 1 + v); None or 0 for no change.
        hue: The lowest and highest shift, in turns around the circle of hues, within [-0.5, 0.5]; a
            number v means (-v, v).

    Example:
        >>> ColorJitter(brightness=0.4, hue=0.1)(np.zeros((4, 4, 3), np.uint8)).shape
        (4, 4, 3)
    """

    def __init__(
        self, brightness: Any = None, contrast: Any = None, saturation: Any = None, hue: Any = None
    ) -> None:
        self.brightness = _factors("brightness", brightness, 1.0)
        self.contrast = _factors("contrast", contrast, 1.0)
        self.saturation = _factors("saturation", saturation, 1.0)
        self.hue = _factors("hue", hue, 0.0)

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        generator = self.generator
        order = generator.permutation(4).tolist()
        ranges = (self.brightness, self.contrast, self.saturation, self.hue)
        values = [None if r is None else float(generator.uniform(*r)) for r in ranges]
        return {"order": order, "values": values}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        for which in params["order"]:
            value = params["values"][which]
            if value is not None:
                image = _CHANGES[which](image, value)
        return image


def _brighter(image: np.ndarray, factor: float) -> np.ndarray:
    return blended(image, 0, factor)


def _contrasted(image: np.ndarray, factor: float) -> np.ndarray:
    mean = gray(image).mean(dtype=np.float64)
    return blended(image, int(mean + 0.5) if image.dtype == np.uint8 else mean, factor)


def _saturated(image: np.ndarray, factor: float) -> np.ndarray:
    return image if image.shape[2] == 1 else blended(image, gray(image), factor)


_CHANGES = (_brighter, _contrasted, _saturated, hue_shifted)


def _factors(argument: str, value: Any, neutral: float) -> tuple[float, float] | None:
    low, high = (0.0, np.inf) if neutral else (-0.5, 0.5)
    if value is None:
        return None
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        width = float(value)
        if width < 0:
            raise ValueError(f"ColorJitter: {argument} must not be negative, got {value}")
        value = (max(neutral - width, low) if neutral else -width, neutral + width)
    first, last = number_range("ColorJitter", argument, value, low, high)
    return None if first == last == neutral else (first, last)
