"""The convolution layers; the arithmetic is minicnn.ops.conv2d and conv1d."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.nn import functional as F
from minicnn.nn._convolution import PaddedConvolution


class Conv2d(PaddedConvolution):
    """Slides a bank of learned kernels over a batch of images.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output: the number of kernels.
        kernel_size: Rows and columns of a kernel, as (height, width) or one int for both.
        stride: Pixels the window moves at a time.
        padding: Rows and columns added on each side; "valid" is none, "same" as many as keep the
            size (needs stride 1; of an odd number, the one left over goes to the bottom or right).
        dilation: Pixels from one kernel cell to the next; 1 is an ordinary kernel.
        groups: Blocks of channels convolved apart; groups=in_channels is depthwise.
        bias: Whether to add one value for each output channel.
        padding_mode: What the padding holds: "zeros", "reflect", "replicate" or "circular".
        dtype: float32 or float64.

    Attributes:
        weight: Shape (out_channels, in_channels // groups, K_h, K_w), drawn evenly from
            +-1 / sqrt(in_channels // groups * K_h * K_w).
        bias: Shape (out_channels,), drawn likewise; None without one.

    Raises:
        ValueError: If `groups` does not divide the channels, or a setting is out of its range.

    Example:
        >>> Conv2d(3, 8, 5, padding="same")(np.ones((1, 3, 32, 32), np.float32)).shape
        (1, 8, 32, 32)
    """

    axes = 2
    fuses_relu = "after"  # see Sequential

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: str | int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            dtype,
        )

    def forward(self, x: Any, *, relu: bool = False) -> Any:
        """Return the convolution of x, with negative values replaced by 0 if `relu`."""
        return F.conv2d(
            self._padded(x),
            self.weight,
            self.bias,
            self.stride,  # type: ignore[arg-type]  # two ints, since axes is 2
            self._conv_padding,
            self.dilation,  # type: ignore[arg-type]
            self.groups,
            relu=relu,
        )


class Conv1d(PaddedConvolution):
    """Slides a bank of learned kernels along a batch of signals.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output: the number of kernels.
        kernel_size: Values that a kernel covers.
        stride: Values the window moves at a time.
        padding: Values added at each end; "valid" is none, "same" as many as keep the length (needs
            stride 1; of an odd number, the one left over goes to the far end).
        dilation: Values from one kernel cell to the next; 1 is an ordinary kernel.
        groups: Blocks of channels convolved apart; groups=in_channels is depthwise.
        bias: Whether to add one value for each output channel.
        padding_mode: What the padding holds: "zeros", "reflect", "replicate" or "circular".
        dtype: float32 or float64.

    Attributes:
        weight: Shape (out_channels, in_channels // groups, K), drawn evenly from
            +-1 / sqrt(in_channels // groups * K).
        bias: Shape (out_channels,), drawn likewise; None without one.

    Raises:
        ValueError: If `groups` does not divide the channels, or a setting is out of its range.

    Example:
        >>> Conv1d(3, 8, 5, padding=2)(np.ones((1, 3, 100), np.float32)).shape
        (1, 8, 100)
    """

    axes = 1

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int],
        stride: int | tuple[int] = 1,
        padding: str | int | tuple[int] = 0,
        dilation: int | tuple[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            dtype,
        )

    def forward(self, x: Any) -> Any:
        return F.conv1d(
            self._padded(x),
            self.weight,
            self.bias,
            self.stride,  # type: ignore[arg-type]  # one int, since axes is 1
            self._conv_padding,
            self.dilation,  # type: ignore[arg-type]
            self.groups,
        )
