"""Layers that change the size of images; the arithmetic is minicnn.ops."""

from __future__ import annotations

from typing import Any

from minicnn.nn import functional as F
from minicnn.nn.linear import size as at_least_one
from minicnn.nn.module import Module


class Upsample(Module):
    """Resizes images.

    Args:
        size: Pixels of the output, an int or one for each axis.
        scale_factor: Output pixels for each input pixel, instead of size.
        mode: "nearest", "bilinear", or "linear" for one axis of pixels.
        align_corners: Whether the corner pixels of input and output are at the same place.

    Example:
        >>> import numpy as np
        >>> Upsample(scale_factor=2)(np.ones((1, 3, 4, 5), np.float32)).shape
        (1, 3, 8, 10)
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
    ) -> None:
        super().__init__()
        self.size, self.scale_factor = size, scale_factor
        self.mode, self.align_corners = mode, align_corners

    def forward(self, x: Any) -> Any:
        return F.interpolate(x, self.size, self.scale_factor, self.mode, self.align_corners)

    def extra_repr(self) -> str:
        given = "size" if self.scale_factor is None else "scale_factor"
        return f"{given}={getattr(self, given)}, mode={self.mode!r}"


class PixelShuffle(Module):
    """Makes of each r * r channels one channel of images r times as high and wide."""

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = at_least_one("PixelShuffle", "upscale_factor", upscale_factor)

    def forward(self, x: Any) -> Any:
        return F.pixel_shuffle(x, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Makes of each channel r * r channels of images a factor r smaller."""

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = at_least_one("PixelUnshuffle", "downscale_factor", downscale_factor)

    def forward(self, x: Any) -> Any:
        return F.pixel_unshuffle(x, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"
