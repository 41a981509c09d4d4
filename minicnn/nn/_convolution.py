"""What the convolution layers share: sizes and their checks, weights, and how they print."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.nn import functional as F
from minicnn.nn.linear import reset_weight_and_bias, size
from minicnn.nn.module import Module
from minicnn.nn.parameter import Parameter
from minicnn.ops._convolution import Sizes, per_axis, split_padding

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class Convolution(Module):
    """A layer of kernels that slide along `axes` axes."""

    axes: int  # 1 for (N, C, L), 2 for (N, C, H, W)
    weight: Parameter
    bias: Parameter | None
    padding: str | Sizes

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        groups: int,
        padding_mode: str,
    ) -> None:
        super().__init__()
        layer = type(self).__name__
        self.in_channels = size(layer, "in_channels", in_channels)
        self.out_channels = size(layer, "out_channels", out_channels)
        self.groups = size(layer, "groups", groups)
        for name in ("in_channels", "out_channels"):
            channels = getattr(self, name)
            if channels % self.groups:
                raise ValueError(
                    f"{layer}: groups={self.groups} must divide {name}={channels}:"
                    f" {channels} % {self.groups} = {channels % self.groups}"
                )
        self.kernel_size = self._sizes("kernel_size", kernel_size)
        self.stride = self._sizes("stride", stride)
        self.dilation = self._sizes("dilation", dilation)
        self.padding = padding if isinstance(padding, str) else self._sizes("padding", padding, 0)
        if padding_mode not in PADDING_MODES:
            raise ValueError(
                f"{layer}: padding_mode must be one of {PADDING_MODES}, got {padding_mode!r}"
            )
        self.padding_mode = padding_mode

    def _sizes(self, name: str, value: Any, least: int = 1) -> Sizes:
        return per_axis(type(self).__name__, name, value, self.axes, least)

    def _make_weights(self, shape: tuple[int, ...], bias: bool, dtype: Any) -> None:
        self.weight = Parameter(np.empty(shape, dtype))
        self.register_parameter(
            "bias", Parameter(np.empty(self.out_channels, dtype)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        reset_weight_and_bias(self.weight, self.bias)

    def extra_repr(self) -> str:
        zeros, ones = (0,) * self.axes, (1,) * self.axes
        parts = [
            f"{self.in_channels}, {self.out_channels}",
            f"kernel_size={self.kernel_size}",
            f"stride={self.stride}",
        ]
        for name, usual in (
            ("padding", zeros),
            ("dilation", ones),
            ("output_padding", zeros),
            ("groups", 1),
        ):
            value = getattr(self, name, usual)
            if value != usual:
                parts.append(f"{name}={value}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


class PaddedConvolution(Convolution):
    """A convolution that pads in one of several ways, part of which must happen before it."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        dtype: Any,
    ) -> None:
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
        both, self._margins = split_padding(
            type(self).__name__, self.padding, self.kernel_size, self.stride, self.dilation
        )
        if padding_mode != "zeros" and self._margins is None:
            self._margins = tuple([p for p in reversed(both) for _ in range(2)])
            both = (0,) * self.axes
        self._conv_padding: Any = both
        shape = (self.out_channels, self.in_channels // self.groups, *self.kernel_size)
        self._make_weights(shape, bias, dtype)

    def _padded(self, x: Any) -> Any:
        if self._margins is None:
            return x
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        return F.pad(x, self._margins, mode)
