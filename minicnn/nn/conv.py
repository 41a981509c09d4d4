"""The convolution layer; the arithmetic is minicnn.ops.conv2d."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import pair
from minicnn.nn import functional as F
from minicnn.nn.linear import reset_weight_and_bias, size
from minicnn.nn.module import Module
from minicnn.nn.parameter import Parameter

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class Conv2d(Module):
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

    weight: Parameter
    bias: Parameter | None
    padding: str | tuple[int, int]

    fuses_relu = True  # see Sequential

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
        super().__init__()
        self.in_channels = size("Conv2d", "in_channels", in_channels)
        self.out_channels = size("Conv2d", "out_channels", out_channels)
        self.groups = size("Conv2d", "groups", groups)
        self.kernel_size = _sizes("kernel_size", kernel_size)
        self.stride = _sizes("stride", stride)
        self.dilation = _sizes("dilation", dilation)
        self.padding = padding if isinstance(padding, str) else pair("Conv2d", "padding", padding)
        self.padding_mode = padding_mode
        self._check_settings()
        self._set_margins()
        shape = (self.out_channels, self.in_channels // self.groups, *self.kernel_size)
        self.weight = Parameter(np.empty(shape, dtype))
        self.register_parameter(
            "bias", Parameter(np.empty(self.out_channels, dtype)) if bias else None
        )
        self.reset_parameters()

    def _check_settings(self) -> None:
        for name in ("in_channels", "out_channels"):
            channels = getattr(self, name)
            if channels % self.groups:
                raise ValueError(
                    f"Conv2d: groups={self.groups} must divide {name}={channels}:"
                    f" {channels} % {self.groups} = {channels % self.groups}"
                )
        if self.padding_mode not in PADDING_MODES:
            raise ValueError(
                f"Conv2d: padding_mode must be one of {PADDING_MODES}, got {self.padding_mode!r}"
            )
        if isinstance(self.padding, str):
            if self.padding not in ("same", "valid"):
                raise ValueError(
                    "Conv2d: padding must be 'same', 'valid', an int or a pair, got"
                    f" {self.padding!r}"
                )
            if self.padding == "same" and self.stride != (1, 1):
                raise ValueError(f"Conv2d: padding='same' needs stride 1, got stride={self.stride}")
        elif min(self.padding) < 0:
            raise ValueError(f"Conv2d: padding must not be negative, got {self.padding}")

    def _set_margins(self) -> None:
        """Split the padding into what `conv2d` adds on both sides and what must be added before."""
        if self.padding == "same":
            # What a kernel reaches beyond its first cell, half of it on each side.
            reach_h, reach_w = (d * (k - 1) for d, k in zip(self.dilation, self.kernel_size))
        elif isinstance(self.padding, str):  # "valid"
            reach_h = reach_w = 0
        else:
            reach_h, reach_w = 2 * self.padding[0], 2 * self.padding[1]
        top, left = reach_h // 2, reach_w // 2
        margins = (left, reach_w - left, top, reach_h - top)  # in the order of F.pad
        even = reach_h % 2 == 0 and reach_w % 2 == 0
        if self.padding_mode == "zeros" and even:
            self._margins: tuple[int, int, int, int] | None = None
            self._conv_padding = (top, left)
        else:
            self._margins, self._conv_padding = margins, (0, 0)

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        reset_weight_and_bias(self.weight, self.bias)

    def forward(self, x: Any, *, relu: bool = False) -> Any:
        """Return the convolution of x, with negative values replaced by 0 if `relu`."""
        if self._margins is not None:
            mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
            x = F.pad(x, self._margins, mode)
        return F.conv2d(
            x,
            self.weight,
            self.bias,
            self.stride,
            self._conv_padding,
            self.dilation,
            self.groups,
            relu=relu,
        )

    def extra_repr(self) -> str:
        parts = [
            f"{self.in_channels}, {self.out_channels}",
            f"kernel_size={self.kernel_size}",
            f"stride={self.stride}",
        ]
        if self.padding != (0, 0):
            parts.append(f"padding={self.padding}")
        if self.dilation != (1, 1):
            parts.append(f"dilation={self.dilation}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


def _sizes(name: str, value: Any) -> tuple[int, int]:
    height, width = pair("Conv2d", name, value)
    return size("Conv2d", name, height), size("Conv2d", name, width)
