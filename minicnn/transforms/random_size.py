"""Images of a random size: RandomResize, RandomShortestSize, ScaleJitter, RandomZoomOut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn._checks import boolean, integer
from minicnn.transforms._image import Transform, height_width, number_range, probability
from minicnn.transforms.crop import padded
from minicnn.transforms.resample import BILINEAR, Resize, interpolation_mode, resize


class RandomResize(Transform):
    """Resize so that the shorter side has a length drawn from [min_size, max_size).

    Args:
        min_size, max_size: The range; the second is not drawn itself, as in torchvision.
        interpolation, antialias: As of `Resize`.

    Raises:
        ValueError: If the range holds no length.

    Example:
        >>> RandomResize(4, 5)(np.zeros((8, 16), np.uint8)).shape
        (4, 8)
    """

    def __init__(
        self, min_size: int, max_size: int, interpolation: Any = BILINEAR, antialias: bool = True
    ) -> None:
        self.min_size = integer("RandomResize", "min_size", min_size)
        self.max_size = integer("RandomResize", "max_size", max_size)
        if not 1 <= self.min_size < self.max_size:
            raise ValueError(
                f"RandomResize: needs 1 <= min_size < max_size, got {min_size} and {max_size}"
            )
        self.interpolation = interpolation_mode("RandomResize", interpolation)
        self.antialias = boolean("RandomResize", "antialias", antialias)

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        return {"size": int(self.generator.integers(self.min_size, self.max_size))}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        size = Resize(params["size"]).size_for(image.shape[0], image.shape[1])
        return resize(image, size, self.interpolation, self.antialias)


class RandomShortestSize(Transform):
    """Resize so that the shorter side has one of these lengths, and the longer at most `max_size`.

    Args:
        min_size: A length or several, of which one is drawn.
        max_size: The longest side; None for any.
        interpolation, antialias: As of `Resize`.

    Raises:
        ValueError: If a length is not positive.

    Example:
        >>> RandomShortestSize([8], max_size=12)(np.zeros((8, 16), np.uint8)).shape
        (6, 12)
    """

    def __init__(
        self,
        min_size: int | Sequence[int],
        max_size: int | None = None,
        interpolation: Any = BILINEAR,
        antialias: bool = True,
    ) -> None:
        name = "RandomShortestSize"
        sizes = list(min_size) if isinstance(min_size, Sequence) else [min_size]
        self.min_size = [integer(name, "min_size", size) for size in sizes]
        self.max_size = None if max_size is None else integer(name, "max_size", max_size)
        if min([*self.min_size, *([] if max_size is None else [max_size])], default=0) < 1:
            raise ValueError(f"{name}: sizes must be positive, got {min_size!r} and {max_size!r}")
        self.interpolation = interpolation_mode(name, interpolation)
        self.antialias = boolean(name, "antialias", antialias)

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        H, W, _ = image.shape
        size = self.min_size[int(self.generator.integers(len(self.min_size)))]
        ratio = size / min(H, W)
        if self.max_size is not None:
            ratio = min(ratio, self.max_size / max(H, W))
        return {"size": (max(int(H * ratio), 1), max(int(W * ratio), 1))}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        return resize(image, params["size"], self.interpolation, self.antialias)


class ScaleJitter(Transform):
    """Resize to a random share of the size that just fits into `target_size`.

    Args:
        target_size: (height, width).
        scale_range: The lowest and highest share.
        interpolation, antialias: As of `Resize`.

    Raises:
        ValueError: If a size or a share is not positive.

    Example:
        >>> ScaleJitter((8, 8), (1.0, 1.0))(np.zeros((4, 2), np.uint8)).shape
        (8, 4)

    Source: Ghiasi et al., "Simple copy-paste", arXiv:2012.07177, section 3.1.
    """

    def __init__(
        self,
        target_size: Any,
        scale_range: Any = (0.1, 2.0),
        interpolation: Any = BILINEAR,
        antialias: bool = True,
    ) -> None:
        self.target_size = height_width("ScaleJitter", target_size)
        self.scale_range = number_range("ScaleJitter", "scale_range", scale_range, 1e-6, 1e6)
        self.interpolation = interpolation_mode("ScaleJitter", interpolation)
        self.antialias = boolean("ScaleJitter", "antialias", antialias)

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        H, W, _ = image.shape
        share = self.generator.uniform(*self.scale_range)
        ratio = share * min(self.target_size[0] / H, self.target_size[1] / W)
        return {"size": (max(int(H * ratio), 1), max(int(W * ratio), 1))}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        return resize(image, params["size"], self.interpolation, self.antialias)


class RandomZoomOut(Transform):
    """Put the image at a random place of a larger one, with probability p.

    Args:
        fill: Value around it, or one for each channel.
        side_range: How many times as large, the lowest and highest factor, at least 1.
        p: The probability.

    Raises:
        ValueError: If a setting is out of range.

    Example:
        >>> RandomZoomOut(side_range=(2.0, 2.0), p=1.0)(np.zeros((4, 4), np.uint8)).shape
        (8, 8)

    Source: Liu et al., "SSD: single shot multibox detector", arXiv:1512.02325, section 3.6.
    """

    def __init__(self, fill: Any = 0, side_range: Any = (1.0, 4.0), p: float = 0.5) -> None:
        self.fill, self.p = fill, probability("RandomZoomOut", p)
        self.side_range = number_range("RandomZoomOut", "side_range", side_range, 1, 1e6)

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        generator = self.generator
        if generator.random() >= self.p:
            return {}
        H, W, _ = image.shape
        factor = generator.uniform(*self.side_range)
        more_h, more_w = int(H * factor) - H, int(W * factor) - W
        top, left = int(more_h * generator.random()), int(more_w * generator.random())
        return {"sides": (left, top, more_w - left, more_h - top)}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        if not params:
            return image
        return padded("RandomZoomOut", image, params["sides"], self.fill, "constant")
