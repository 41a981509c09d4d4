"""Transforms that move pixels and change none: padding, crops, flips."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn._checks import boolean, integer
from minicnn.transforms._image import (
    Transform,
    filled,
    height_width,
    number_range,
    probability,
)
from minicnn.transforms.resample import BILINEAR, interpolation_mode, resize

MODES = ("constant", "edge", "reflect", "symmetric")


def four_sides(name: str, padding: Any) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom) from an int, two ints (left and right, top and bottom), or
    four."""
    values = list(padding) if isinstance(padding, (tuple, list)) else [padding]
    values = [integer(name, "padding", value) for value in values]
    if len(values) not in (1, 2, 4):
        raise ValueError(f"{name}: padding must be an int, or 2 or 4 ints, got {padding!r}")
    left, top, right, bottom = values * (4 // len(values))
    return left, top, right, bottom


def padded(
    name: str, pixels: np.ndarray, sides: tuple[int, int, int, int], fill: Any, mode: str
) -> np.ndarray:
    """Return the image with (left, top, right, bottom) pixels more, or less where negative."""
    left, top, right, bottom = sides
    H, W, _ = pixels.shape
    if min(H + min(top, 0) + min(bottom, 0), W + min(left, 0) + min(right, 0)) < 1:
        raise ValueError(f"{name}: padding {sides} leaves nothing of an image of {H} x {W} pixels")
    pixels = pixels[max(-top, 0) : H - max(-bottom, 0), max(-left, 0) : W - max(-right, 0)]
    width = ((max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0)))
    if mode != "constant":
        return np.pad(pixels, (*width, (0, 0)), mode=mode)  # type: ignore[call-overload]
    H, W, C = pixels.shape
    shape = (H + sum(width[0]), W + sum(width[1]), C)
    out = np.empty(shape, pixels.dtype)
    out[...] = filled(name, fill, pixels)
    out[width[0][0] : width[0][0] + H, width[1][0] : width[1][0] + W] = pixels
    return out


def check_mode(name: str, mode: str) -> str:
    if mode not in MODES:
        raise ValueError(f"{name}: padding_mode must be one of {', '.join(MODES)}, got {mode!r}")
    return mode


class Pad(Transform):
    """Put pixels around the image.

    Args:
        padding: Pixels on each side; or (left and right, top and bottom); or (left, top, right,
            bottom). Negative ones are cut off.
        fill: Their value, or one for each channel.
        padding_mode: "constant", "edge" (the last pixel again), "reflect" (mirrored, without the
            last pixel) or "symmetric" (with it).

    Example:
        >>> Pad((1, 0), fill=9)(np.zeros((1, 2), np.uint8))
        array([[9, 0, 0, 9]], dtype=uint8)
    """

    def __init__(self, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> None:
        self.padding, self.fill = padding, fill
        self._sides = four_sides("Pad", padding)
        self.padding_mode = check_mode("Pad", padding_mode)

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        return padded("Pad", image, self._sides, self.fill, self.padding_mode)


class CenterCrop(Transform):
    """Cut out the middle; an image that is smaller is padded with 0.

    Args:
        size: (height, width), or one int for both.

    Example:
        >>> CenterCrop(2)(np.arange(16, dtype=np.uint8).reshape(4, 4)).tolist()
        [[5, 6], [9, 10]]
    """

    def __init__(self, size: Any) -> None:
        self.size = height_width("CenterCrop", size)

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        top, left = self.corner(image.shape[0], image.shape[1])
        H, W, C = image.shape
        h, w = self.size
        out = np.zeros((h, w, C), image.dtype)
        rows, columns = slice(max(top, 0), min(top + h, H)), slice(max(left, 0), min(left + w, W))
        out[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = image[
            rows, columns
        ]
        return out

    def corner(self, H: int, W: int) -> tuple[int, int]:
        """Return (top, left): half of what is cut off, rounded to even; negative for padding."""
        h, w = self.size
        # what is missing is put half and half, the odd pixel below and to the right
        top = -((h - H) // 2) if h > H else round((H - h) / 2)
        left = -((w - W) // 2) if w > W else round((W - w) / 2)
        return top, left


class RandomCrop(Transform):
    """Cut a rectangle out of the image, maybe padded before, at a random place.

    Args:
        size: (height, width), or one int for both.
        padding: As of `Pad`; None for none.
        pad_if_needed: Whether to pad an image that is smaller than `size` on both sides of it.
        fill, padding_mode: As of `Pad`.

    Raises:
        ValueError: When called, if the image is too small.

    Example:
        >>> RandomCrop(32, padding=4)(np.zeros((32, 32, 3), np.uint8)).shape
        (32, 32, 3)
    """

    def __init__(
        self,
        size: Any,
        padding: Any = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:
        self.size, self.padding, self.fill = height_width("RandomCrop", size), padding, fill
        self.pad_if_needed = boolean("RandomCrop", "pad_if_needed", pad_if_needed)
        self.padding_mode = check_mode("RandomCrop", padding_mode)
        self._sides = (0, 0, 0, 0) if padding is None else four_sides("RandomCrop", padding)

    def sides_for(self, H: int, W: int) -> tuple[int, int, int, int]:
        """Return how much an image of this size is padded: left, top, right, bottom."""
        left, top, right, bottom = self._sides
        h, w = self.size
        if self.pad_if_needed:
            more_h = max(h - (H + top + bottom), 0)
            more_w = max(w - (W + left + right), 0)
            left, top, right, bottom = left + more_w, top + more_h, right + more_w, bottom + more_h
        H_padded, W_padded = H + top + bottom, W + left + right
        if H_padded < h or W_padded < w:
            raise ValueError(
                f"RandomCrop: size {self.size} must not be larger than the padded image, whose size"
                f" is ({H} + {top} + {bottom}, {W} + {left} + {right}) = ({H_padded}, {W_padded})"
            )
        return left, top, right, bottom

    def draw(self, H: int, W: int) -> tuple[int, int]:
        """Return a random corner (top, left) in the padded image of H x W pixels."""
        h, w = self.size
        generator = self.generator
        top, left = generator.integers(H - h + 1), generator.integers(W - w + 1)
        return int(top), int(left)

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        H, W, _ = image.shape
        left, top, right, bottom = sides = self.sides_for(H, W)
        return {"sides": sides, "corner": self.draw(H + top + bottom, W + left + right)}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        if any(params["sides"]):
            image = padded("RandomCrop", image, params["sides"], self.fill, self.padding_mode)
        top, left = params["corner"]
        return image[top : top + self.size[0], left : left + self.size[1]]


class RandomResizedCrop(Transform):
    """Cut out a rectangle of random area and aspect ratio, and resize it.

    Args:
        size: (height, width) of the result, or one int for both.
        scale: The area's lowest and highest share of the image.
        ratio: The lowest and highest width / height; the logarithm is uniform.
        interpolation, antialias: As of `Resize`.

    Example:
        >>> RandomResizedCrop(8)(np.zeros((20, 30, 3), np.uint8)).shape
        (8, 8, 3)

    Source: Szegedy et al., "Going deeper with convolutions", CVPR 2015, section 6.
    """

    def __init__(
        self,
        size: Any,
        scale: Any = (0.08, 1.0),
        ratio: Any = (3 / 4, 4 / 3),
        interpolation: Any = BILINEAR,
        antialias: bool = True,
    ) -> None:
        self.size = height_width("RandomResizedCrop", size)
        self.scale = number_range("RandomResizedCrop", "scale", scale, 0, 1)
        self.ratio = number_range("RandomResizedCrop", "ratio", ratio, 1e-6, 1e6)
        self.interpolation = interpolation_mode("RandomResizedCrop", interpolation)
        self.antialias = boolean("RandomResizedCrop", "antialias", antialias)

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        H, W, _ = image.shape
        generator, (low, high) = self.generator, self.ratio
        for _ in range(10):
            area = H * W * generator.uniform(*self.scale)
            ratio = math.exp(generator.uniform(math.log(low), math.log(high)))
            w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < w <= W and 0 < h <= H:
                top, left = generator.integers(H - h + 1), generator.integers(W - w + 1)
                return {"top": int(top), "left": int(left), "height": h, "width": w}
        # none fits: the middle, as much of it as the ratio allows
        w, h = min(W, round(H * high)), min(H, round(W / low))
        return {"top": (H - h) // 2, "left": (W - w) // 2, "height": max(h, 1), "width": max(w, 1)}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        top, left = params["top"], params["left"]
        part = image[top : top + params["height"], left : left + params["width"]]
        return resize(part, self.size, self.interpolation, self.antialias)


class RandomHorizontalFlip(Transform):
    """Mirror the image, left for right, with probability p.

    Example:
        >>> RandomHorizontalFlip(p=1.0)(np.array([[1, 2, 3]], np.uint8))
        array([[3, 2, 1]], dtype=uint8)
    """

    def __init__(self, p: float = 0.5) -> None:
        self.p = probability(type(self).__name__, p)

    def draw(self) -> bool:
        """Draw whether to change an image, with probability p."""
        return bool(self.generator.random() < self.p)

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        return {"flip": self.draw()}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        return image[:, ::-1] if params["flip"] else image


class RandomVerticalFlip(RandomHorizontalFlip):
    """Mirror the image, top for bottom, with probability p.

    Example:
        >>> RandomVerticalFlip(p=1.0)(np.array([[1], [2]], np.uint8)).tolist()
        [[2], [1]]
    """

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        return image[::-1] if params["flip"] else image
