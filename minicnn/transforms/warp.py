"""Images seen from aside (RandomPerspective) and through uneven glass (ElasticTransform)."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.transforms._image import Transform, filled, probability, real
from minicnn.transforms.affine import _mode, read_at
from minicnn.transforms.filters import _filtered, _gaussian
from minicnn.transforms.resample import BILINEAR

Corners = list[tuple[float, float]]  # (x, y) of upper left, upper right, lower right, lower left


def perspective(start: Corners, end: Corners) -> np.ndarray:
    """Return (a, ..., h): output (x, y) shows input ((ax + by + c) / z, (dx + ey + f) / z).

    z = gx + hy + 1. The corners `start` of the input are shown at `end`.
    """
    rows, aims = [], []
    for (u, v), (x, y) in zip(start, end):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        aims += [u, v]
    return np.linalg.lstsq(np.array(rows, float), np.array(aims, float), rcond=None)[0]


class RandomPerspective(Transform):
    """Show the image as a plane seen from aside, with probability p.

    Args:
        distortion_scale: How far corners move inwards at most, as a share of half the sides.
        p: The probability.
        interpolation: "nearest" or "bilinear".
        fill: Value outside of the image, or one for each channel.

    Raises:
        ValueError: If a setting is out of range.

    Example:
        >>> RandomPerspective(p=1.0)(np.zeros((8, 8, 3), np.uint8)).shape
        (8, 8, 3)
    """

    def __init__(
        self,
        distortion_scale: float = 0.5,
        p: float = 0.5,
        interpolation: Any = BILINEAR,
        fill: Any = 0,
    ) -> None:
        self.distortion_scale = real("RandomPerspective", "distortion_scale", distortion_scale)
        if not 0 <= self.distortion_scale <= 1:
            raise ValueError(
                f"RandomPerspective: distortion_scale must be in [0, 1], got {distortion_scale}"
            )
        self.p = probability("RandomPerspective", p)
        self.interpolation = _mode("RandomPerspective", interpolation)
        self.fill = fill

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        generator = self.generator
        if generator.random() >= self.p:
            return {}
        H, W, _ = image.shape
        bounds = [int(self.distortion_scale * (n // 2)) + 1 for n in (W, H)]
        start = [(0, 0), (W - 1, 0), (W - 1, H - 1), (0, H - 1)]
        end = []
        for x, y in start:
            dx, dy = (int(generator.integers(n)) for n in bounds)
            end.append((x - dx if x else dx, y - dy if y else dy))
        return {"start": start, "end": end}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        if not params:
            return image
        a, b, c, d, e, f, g, h = perspective(params["start"], params["end"])
        H, W, _ = image.shape
        x, y = np.arange(W) + 0.5, (np.arange(H) + 0.5)[:, None]
        z = g * x + h * y + 1
        with np.errstate(divide="ignore", invalid="ignore"):  # z = 0 on the horizon: outside
            x_in, y_in = (a * x + b * y + c) / z, (d * x + e * y + f) / z
        fill = filled("RandomPerspective", self.fill, image)
        return read_at(image, x_in, y_in, self.interpolation, fill)


def _two(argument: str, value: Any, low: float) -> tuple[float, float]:
    values = value if isinstance(value, (tuple, list)) else (value, value)
    if len(values) == 1:
        values = (values[0], values[0])
    if len(values) != 2:
        raise ValueError(f"ElasticTransform: {argument} must be one or two numbers, got {value!r}")
    first, last = (real("ElasticTransform", argument, v) for v in values)
    if not min(first, last) >= low:
        raise ValueError(f"ElasticTransform: {argument} must be at least {low:g}, got {value!r}")
    return first, last


class ElasticTransform(Transform):
    """Move each pixel a little, neighbours alike.

    Args:
        alpha: Strength of the displacement, along x and along y or for both.
        sigma: How smooth it is: standard deviation of a Gaussian, in pixels.
        interpolation: "nearest" or "bilinear".
        fill: Value outside of the image, or one for each channel.

    Raises:
        ValueError: If a setting is negative.

    Example:
        >>> ElasticTransform()(np.zeros((28, 28), np.uint8)).shape
        (28, 28)

    Source: Simard et al., "Best practices for convolutional neural networks applied to visual
    document analysis", ICDAR 2003, section 2.
    """

    def __init__(
        self,
        alpha: Any = 50.0,
        sigma: Any = 5.0,
        interpolation: Any = BILINEAR,
        fill: Any = 0,
    ) -> None:
        self.alpha, self.sigma = _two("alpha", alpha, 0), _two("sigma", sigma, 0)
        self.interpolation = _mode("ElasticTransform", interpolation)
        self.fill = fill

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        H, W, _ = image.shape
        moves = []
        for strength, sigma in zip(self.alpha, self.sigma):
            noise = self.generator.uniform(-1, 1, (H, W, 1))
            if sigma > 0:
                half = int(4 * sigma + 0.5)
                for axis, n in enumerate((H, W)):
                    noise = _mirrored_blur(noise, axis, min(half, n - 1), sigma)
            moves.append(noise[:, :, 0] * strength / 2)
        return {"dx": moves[0], "dy": moves[1]}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        H, W, _ = image.shape
        x, y = np.arange(W) + 0.5, (np.arange(H) + 0.5)[:, None]
        fill = filled("ElasticTransform", self.fill, image)
        return read_at(image, x + params["dx"], y + params["dy"], self.interpolation, fill)


def _mirrored_blur(values: np.ndarray, axis: int, half: int, sigma: float) -> np.ndarray:
    """Blur along an axis; a kernel that reaches further than the image is cut off there."""
    return _filtered(values, axis, _gaussian(2 * half + 1, sigma))
