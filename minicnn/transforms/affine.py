"""Rotations and other affine maps of the image plane."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

from minicnn._checks import boolean
from minicnn.transforms._image import Transform, filled, number_range
from minicnn.transforms.resample import NEAREST, InterpolationMode, interpolation_mode

# (x, y) of the input from (x, y) of the output: rows of a 2 x 3 matrix; pixel i spans [i, i + 1)
Inverse = tuple[float, float, float, float, float, float]


def sampled(
    pixels: np.ndarray,
    inverse: Inverse,
    size: tuple[int, int],
    mode: InterpolationMode,
    fill: np.ndarray,
) -> np.ndarray:
    """Return the image whose pixel at (x, y) is the input's at inverse(x, y), or `fill` outside."""
    a, b, c, d, e, f = inverse
    y, x = (np.arange(n) + 0.5 for n in size)  # pixels' centres
    x_in = a * x + b * y[:, None] + c  # (H_out, W_out)
    y_in = d * x + e * y[:, None] + f
    return read_at(pixels, x_in, y_in, mode, fill)


def read_at(
    pixels: np.ndarray,
    x_in: np.ndarray,
    y_in: np.ndarray,
    mode: InterpolationMode,
    fill: np.ndarray,
) -> np.ndarray:
    """Return the image of what the input has at these places, or `fill` outside of it."""
    H, W, _ = pixels.shape
    inside = (x_in >= 0) & (x_in < W) & (y_in >= 0) & (y_in < H)
    if mode is NEAREST:
        rows, columns = (np.where(inside, v, 0).astype(int) for v in (y_in, x_in))
        values = pixels[rows, columns]
    else:
        values = _bilinear(pixels, np.where(inside, y_in, 0), np.where(inside, x_in, 0))
    return np.where(inside[:, :, None], values, fill)


def _bilinear(pixels: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Mix the four pixels whose centres are around (x, y); at the border, the last goes on."""
    H, W, _ = pixels.shape
    top, left = np.floor(y - 0.5).astype(int), np.floor(x - 0.5).astype(int)
    down, right = (y - 0.5 - top)[:, :, None], (x - 0.5 - left)[:, :, None]
    rows = [np.clip(top + i, 0, H - 1) for i in (0, 1)]
    columns = [np.clip(left + i, 0, W - 1) for i in (0, 1)]
    wide = pixels.astype(np.float64)
    above, below = (
        wide[row, columns[0]] * (1 - right) + wide[row, columns[1]] * right for row in rows
    )
    mixed = above * (1 - down) + below * down
    return (np.rint(mixed) if pixels.dtype == np.uint8 else mixed).astype(pixels.dtype)


def inverse_affine(
    center: tuple[float, float],
    angle: float,
    translate: tuple[float, float],
    scale: float,
    shear: tuple[float, float],
) -> Inverse:
    """Return the inverse of: shear, rotate and scale about the centre, then translate.

    Args:
        center: (x, y), pixels from the upper left corner.
        angle: Degrees, clockwise on the screen.
        translate: (x, y), pixels.
        scale: The factor.
        shear: Degrees along x and along y.
    """
    turn, sx, sy = (math.radians(v) for v in (angle, *shear))
    # rotation @ shear along y @ shear along x, as torchvision orders them
    cos, sin = math.cos(turn), math.sin(turn)
    rotation = np.array([[cos, -sin], [sin, cos]])
    shear_y, shear_x = (
        np.array([[1, 0], [-math.tan(sy), 1]]),
        np.array([[1, -math.tan(sx)], [0, 1]]),
    )
    inverse = np.linalg.inv(scale * (rotation @ shear_y @ shear_x))
    about, moved = np.array(center), np.array(center) + np.array(translate)
    (a, b), (d, e) = inverse.tolist()
    c, f = (about - inverse @ moved).tolist()
    return a, b, c, d, e, f


def _degrees(name: str, argument: str, value: Any) -> tuple[float, float]:
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        if value < 0:
            raise ValueError(f"{name}: a single {argument} must not be negative, got {value}")
        return -float(value), float(value)
    return number_range(name, argument, value)


def _center(center: Any, pixels: np.ndarray) -> tuple[float, float]:
    if center is None:
        return pixels.shape[1] / 2, pixels.shape[0] / 2
    x, y = (float(v) for v in center)
    return x, y


def _mode(name: str, interpolation: Any) -> InterpolationMode:
    mode = interpolation_mode(name, interpolation)
    if mode not in (NEAREST, InterpolationMode.BILINEAR):
        raise ValueError(f"{name}: interpolation must be nearest or bilinear, got {mode.value!r}")
    return mode


class RandomRotation(Transform):
    """Rotate the image by a random angle.

    Args:
        degrees: The lowest and highest angle, counter-clockwise; a number d means (-d, d).
        interpolation: "nearest" or "bilinear".
        expand: Whether the result is large enough to hold the whole rotated image.
        center: (x, y) that stays, in pixels from the upper left corner; None for the middle.
        fill: Value outside of the image, or one for each channel.

    Example:
        >>> RandomRotation((90, 90))(np.array([[1, 2], [3, 4]], np.uint8)).tolist()
        [[2, 4], [1, 3]]
    """

    def __init__(
        self,
        degrees: Any,
        interpolation: Any = NEAREST,
        expand: bool = False,
        center: Any = None,
        fill: Any = 0,
    ) -> None:
        self.degrees = _degrees("RandomRotation", "degrees", degrees)
        self.interpolation = _mode("RandomRotation", interpolation)
        self.expand = boolean("RandomRotation", "expand", expand)
        self.center, self.fill = center, fill

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        return {"angle": float(self.generator.uniform(*self.degrees))}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        H, W, _ = image.shape
        center = _center(self.center, image)
        inverse = inverse_affine(center, -params["angle"], (0.0, 0.0), 1.0, (0.0, 0.0))
        size = (H, W)
        if self.expand:
            a, b, _, d, e, _ = inverse
            # the transposed rotation is its inverse: where the corners go, about the middle
            x = [abs(a) * W / 2 + abs(d) * H / 2, abs(b) * W / 2 + abs(e) * H / 2]
            size = (math.ceil(2 * x[1] - 1e-9), math.ceil(2 * x[0] - 1e-9))
            c = W / 2 - (a * size[1] + b * size[0]) / 2
            f = H / 2 - (d * size[1] + e * size[0]) / 2
            inverse = (a, b, c, d, e, f)
        fill = filled("RandomRotation", self.fill, image)
        return sampled(image, inverse, size, self.interpolation, fill)


class RandomAffine(Transform):
    """Shear, rotate and scale the image about its middle and shift it, all at random.

    Args:
        degrees: The lowest and highest angle, clockwise; a number d means (-d, d).
        translate: Largest shift along x and along y, as shares of width and height; None for none.
        scale: The lowest and highest factor; None for 1.
        shear: Degrees: the lowest and highest along x, or those along x and y (four numbers); a
            number s means (-s, s); None for none.
        interpolation, fill, center: As of `RandomRotation`.

    Example:
        >>> RandomAffine(10, translate=(0.1, 0.1))(np.zeros((9, 9), np.uint8)).shape
        (9, 9)
    """

    def __init__(
        self,
        degrees: Any,
        translate: Any = None,
        scale: Any = None,
        shear: Any = None,
        interpolation: Any = NEAREST,
        fill: Any = 0,
        center: Any = None,
    ) -> None:
        name = "RandomAffine"
        self.degrees = _degrees(name, "degrees", degrees)
        self.translate = None
        if translate is not None:
            # two shares, which need not be in order
            x, y = (number_range(name, "translate", (0, v), 0, 1)[1] for v in translate)
            self.translate = (x, y)
        self.scale = None if scale is None else number_range(name, "scale", scale, 1e-6, 1e6)
        self.shear: tuple[float, ...] | None = None
        if shear is not None:
            parts = [shear]
            if isinstance(shear, (tuple, list)) and len(shear) == 4:
                parts = [shear[:2], shear[2:]]
            self.shear = tuple(v for part in parts for v in _degrees(name, "shear", part))
        self.interpolation, self.fill = _mode(name, interpolation), fill
        self.center = center

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        H, W, _ = image.shape
        generator = self.generator
        angle = generator.uniform(*self.degrees)
        shift = (0.0, 0.0)
        if self.translate is not None:
            x, y = self.translate[0] * W, self.translate[1] * H
            # whole pixels, as in torchvision
            shift = (round(generator.uniform(-x, x)), round(generator.uniform(-y, y)))
        scale = 1.0 if self.scale is None else generator.uniform(*self.scale)
        shear = [0.0, 0.0]
        for i in range(len(self.shear or ()) // 2):
            assert self.shear is not None
            shear[i] = generator.uniform(self.shear[2 * i], self.shear[2 * i + 1])
        return {"angle": angle, "translate": shift, "scale": scale, "shear": tuple(shear)}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        inverse = inverse_affine(_center(self.center, image), **params)
        fill = filled("RandomAffine", self.fill, image)
        return sampled(image, inverse, image.shape[:2], self.interpolation, fill)
