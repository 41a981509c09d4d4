"""The transposed convolution layers; the arithmetic is minicnn.ops.conv_transpose2d."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.nn import functional as F
from minicnn.nn._convolution import Convolution
from minicnn.ops._convolution import Sizes


class _ConvTranspose(Convolution):
    function: Any  # of minicnn.nn.functional

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        *,
        dtype: Any = np.float32,
    ) -> None:
        layer = type(self).__name__
        if isinstance(padding, str):
            raise TypeError(f"{layer}: padding must be of ints, got {padding!r}")
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            padding_mode,
        )
        if padding_mode != "zeros":
            raise ValueError(f"{layer}: padding_mode must be 'zeros', got {padding_mode!r}")
        self.output_padding = self._sizes("output_padding", output_padding, 0)
        shape = (self.in_channels, self.out_channels // self.groups, *self.kernel_size)
        self._make_weights(shape, bias, dtype)

    def forward(self, x: Any, output_size: Sequence[int] | None = None) -> Any:
        """Return the transposed convolution of x.

        Args:
            x: Shape (N, C_in, H_in, W_in), or (N, C_in, L_in).
            output_size: Size of the result, one of those that a convolution of these settings makes
                this input of; instead of output_padding.
        """
        output_padding = self.output_padding
        if output_size is not None:
            output_padding = self._padding_for(output_size, x.shape)
        return self.function(
            x,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            output_padding,
            self.groups,
            self.dilation,
        )

    def _padding_for(self, output_size: Sequence[int], x_shape: tuple[int, ...]) -> Sizes:
        """Return the output_padding that leads to the size asked for."""
        layer, n = type(self).__name__, self.axes
        wanted = [integer(layer, "output_size", size) for size in output_size][-n:]
        if len(output_size) not in (n, len(x_shape)):
            raise ValueError(
                f"{layer}: output_size must have {n} sizes, or {len(x_shape)} with those of the"
                f" first axes, got {tuple(output_size)}"
            )
        assert not isinstance(self.padding, str)
        given = zip(x_shape[-n:], self.stride, self.padding, self.dilation, self.kernel_size)
        least = [(size - 1) * s - 2 * p + d * (k - 1) + 1 for size, s, p, d, k in given]
        most = [low + s - 1 for low, s in zip(least, self.stride)]
        if not all(low <= size <= high for low, size, high in zip(least, wanted, most)):
            raise ValueError(
                f"{layer}: output_size must be from {tuple(least)} to {tuple(most)} for an input of"
                f" size {tuple(x_shape[-n:])}, got {tuple(wanted)}"
            )
        return tuple([size - low for size, low in zip(wanted, least)])


class ConvTranspose2d(_ConvTranspose):
    """Spreads each pixel over a window of the result by learned kernels: enlarges images.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: Rows and columns of a kernel, as (height, width) or one int for both.
        stride: Pixels of the result from one window to the next: the enlargement.
        padding: Rows and columns cut off each side of the result.
        output_padding: Rows and columns cut off less at the bottom and at the right.
        groups: Blocks of channels treated apart.
        bias: Whether to add one value for each output channel.
        dilation: Pixels from one kernel cell to the next; 1 is an ordinary kernel.
        padding_mode: "zeros"; there is no other.
        dtype: float32 or float64.

    Attributes:
        weight: Shape (in_channels, out_channels // groups, K_h, K_w), drawn evenly from
            +-1 / sqrt(out_channels // groups * K_h * K_w).
        bias: Shape (out_channels,), drawn likewise; None without one.

    Raises:
        ValueError: If `groups` does not divide the channels, or a setting is out of its range.

    Example:
        >>> up = ConvTranspose2d(8, 3, 4, stride=2, padding=1)
        >>> up(np.ones((1, 8, 16, 16), np.float32)).shape
        (1, 3, 32, 32)
    """

    axes = 2
    function = staticmethod(F.conv_transpose2d)


class ConvTranspose1d(_ConvTranspose):
    """Spreads each value over a window of the result by learned kernels: lengthens signals.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias,
            dilation, padding_mode, dtype: As of `ConvTranspose2d`, along one axis.

    Example:
        >>> up = ConvTranspose1d(8, 3, 4, stride=2, padding=1)
        >>> up(np.ones((1, 8, 50), np.float32)).shape
        (1, 3, 100)
    """

    axes = 1
    function = staticmethod(F.conv_transpose1d)
