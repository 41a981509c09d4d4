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
        mode: "nearest", "bilinear", "bicubic" or another one of `functional.interpolate`.
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


class UpsamplingNearest2d(Upsample):
    """`Upsample` with mode="nearest"."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """`Upsample` with mode="bilinear" and corner pixels that stay corner pixels."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "bilinear", align_corners=True)


class Unfold(Module):
    """Writes each window of an image as a column: (N, C, H, W) becomes (N, C * K_h * K_w, L).

    Args:
        kernel_size: Pixels of a window, as (height, width) or one int for both.
        dilation: Pixels from one cell of a window to the next.
        padding: Rows and columns of zeros added on each side.
        stride: Pixels from one window to the next.
    """

    def __init__(
        self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__()
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, x: Any) -> Any:
        return F.unfold(x, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding},"
            f" stride={self.stride}"
        )


class Fold(Module):
    """Adds columns up to images again: (N, C * K_h * K_w, L) becomes (N, C, H, W).

    Args:
        output_size: (H, W) of the images, or one int for both.
        kernel_size, dilation, padding, stride: As of `Unfold`.
    """

    def __init__(
        self,
        output_size: Any,
        kernel_size: Any,
        dilation: Any = 1,
        padding: Any = 0,
        stride: Any = 1,
    ) -> None:
        super().__init__()
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride

    def forward(self, x: Any) -> Any:
        return F.fold(
            x, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size},"
            f" dilation={self.dilation}, padding={self.padding}, stride={self.stride}"
        )


class ChannelShuffle(Module):
    """Lets the channels of the groups take turns."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = at_least_one("ChannelShuffle", "groups", groups)

    def forward(self, x: Any) -> Any:
        return F.channel_shuffle(x, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"


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
