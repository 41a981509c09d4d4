"""The pooling layers; the arithmetic is minicnn.ops."""

from __future__ import annotations

from typing import Any

from minicnn.nn import functional as F
from minicnn.nn.module import Module

Pair = int | tuple[int, int]


class MaxPool2d(Module):
    """Keeps the largest value of each window.

    Args:
        kernel_size: Rows and columns of the window.
        stride: Pixels the window moves at a time; as many as it is wide if left out.
        padding: Rows and columns on each side that are never chosen.
        dilation: Pixels from one cell of the window to the next.
        return_indices: Whether to return where each value was found, too.
        ceil_mode: Whether a window that sticks out at the end counts.

    Example:
        >>> MaxPool2d(2)([[[1.0, 2.0], [3.0, 4.0]]])
        tensor([[[4.]]])
    """

    fuses_relu = "before"  # see Sequential

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Pair = 0,
        dilation: Pair = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, x: Any, *, relu: bool = False) -> Any:
        """Return x pooled, or max(x, 0) pooled in the same pass if `relu`."""
        return F.max_pool2d(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
            relu=relu,
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding},"
            f" dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class AvgPool2d(Module):
    """Takes the mean of each window.

    Args:
        kernel_size: Rows and columns of the window.
        stride: Pixels the window moves at a time; as many as it is wide if left out.
        padding: Rows and columns of zeros on each side.
        ceil_mode: Whether a window that sticks out at the end counts.
        count_include_pad: Whether the mean counts the padding's zeros.
        divisor_override: What to divide the window's sum by, if not by its size.

    Example:
        >>> AvgPool2d(2)([[[1.0, 2.0], [3.0, 4.0]]])
        tensor([[[2.5]]])
    """

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Pair = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, x: Any) -> Any:
        return F.avg_pool2d(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AdaptiveAvgPool2d(Module):
    """Takes the mean of as many windows as the output is to have pixels, whatever the input's size.

    Args:
        output_size: Rows and columns of the output; None keeps those of the input.

    Example:
        >>> AdaptiveAvgPool2d(1)([[[1.0, 2.0], [3.0, 4.0]]])
        tensor([[[2.5]]])
    """

    def __init__(self, output_size: int | tuple[int | None, int | None] | None) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, x: Any) -> Any:
        return F.adaptive_avg_pool2d(x, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool2d(Module):
    """Keeps the largest value of as many windows as the output is to have pixels.

    Args:
        output_size: Rows and columns of the output; None keeps those of the input.
        return_indices: Whether to return where each value was found, too.

    Example:
        >>> AdaptiveMaxPool2d((1, 2))([[[1.0, 2.0], [3.0, 4.0]]])
        tensor([[[3., 4.]]])
    """

    def __init__(
        self, output_size: int | tuple[int | None, int | None] | None, return_indices: bool = False
    ) -> None:
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, x: Any) -> Any:
        return F.adaptive_max_pool2d(x, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"
