"""The pooling layers along one axis, and those that undo max pooling; see minicnn.ops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minicnn.nn import functional as F
from minicnn.nn.module import Module


class MaxPool1d(Module):
    """Keeps the largest value of each window.

    Args:
        kernel_size: Values that a window covers.
        stride: Values the window moves at a time; as many as it covers if left out.
        padding: Values at each end that are never chosen.
        dilation: Values from one cell of the window to the next.
        return_indices: Whether to return where each value was found, too.
        ceil_mode: Whether a window that sticks out at the end counts.

    Example:
        >>> MaxPool1d(2)([[1.0, 2.0, 4.0, 3.0]])
        tensor([[2., 4.]])
    """

    def __init__(
        self,
        kernel_size: int | tuple[int],
        stride: int | tuple[int] | None = None,
        padding: int | tuple[int] = 0,
        dilation: int | tuple[int] = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, x: Any) -> Any:
        return F.max_pool1d(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding},"
            f" dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class AvgPool1d(Module):
    """Takes the mean of each window.

    Args:
        kernel_size: Values that a window covers.
        stride: Values the window moves at a time; as many as it covers if left out.
        padding: Zeros at each end.
        ceil_mode: Whether a window that sticks out at the end counts.
        count_include_pad: Whether the mean counts the padding's zeros.

    Example:
        >>> AvgPool1d(2)([[1.0, 2.0, 4.0, 3.0]])
        tensor([[1.5, 3.5]])
    """

    def __init__(
        self,
        kernel_size: int | tuple[int],
        stride: int | tuple[int] | None = None,
        padding: int | tuple[int] = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        # tuples of one, as torch has them
        self.kernel_size = _tuple(kernel_size)
        self.stride = self.kernel_size if stride is None else _tuple(stride)
        self.padding = _tuple(padding)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, x: Any) -> Any:
        return F.avg_pool1d(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


def _tuple(value: Any) -> Any:
    return value if isinstance(value, tuple) else (value,)


class AdaptiveAvgPool1d(Module):
    """Takes the mean of as many windows as the output is to have values; 1 pools globally.

    Args:
        output_size: Length of the output; None keeps that of the input.

    Example:
        >>> AdaptiveAvgPool1d(2)([[1.0, 2.0, 4.0, 3.0]])
        tensor([[1.5, 3.5]])
    """

    def __init__(self, output_size: int | tuple[int] | None) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, x: Any) -> Any:
        return F.adaptive_avg_pool1d(x, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(Module):
    """Keeps the largest value of as many windows as the output is to have values.

    Args:
        output_size: Length of the output; None keeps that of the input.
        return_indices: Whether to return where each value was found, too.

    Example:
        >>> AdaptiveMaxPool1d(2)([[1.0, 2.0, 4.0, 3.0]])
        tensor([[2., 4.]])
    """

    def __init__(self, output_size: int | tuple[int] | None, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, x: Any) -> Any:
        return F.adaptive_max_pool1d(x, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _MaxUnpool(Module):
    function: Any  # of minicnn.nn.functional
    axes: int

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = self._each(kernel_size)
        self.stride = self.kernel_size if stride is None else self._each(stride)
        self.padding = self._each(padding)

    def _each(self, value: Any) -> Any:
        return value if isinstance(value, (tuple, list)) else (value,) * self.axes

    def forward(self, x: Any, indices: Any, output_size: Sequence[int] | None = None) -> Any:
        return self.function(x, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool2d(_MaxUnpool):
    """Puts each value back where `MaxPool2d(return_indices=True)` found it; 0 everywhere else.

    Args:
        kernel_size, stride, padding: As of that layer.

    Example:
        >>> import numpy as np
        >>> from minicnn.nn import MaxPool2d
        >>> y, indices = MaxPool2d(2, return_indices=True)(np.ones((1, 1, 4, 4), np.float32))
        >>> MaxUnpool2d(2)(y, indices).shape
        (1, 1, 4, 4)
    """

    axes = 2
    function = staticmethod(F.max_unpool2d)


class MaxUnpool1d(_MaxUnpool):
    """Puts each value back where `MaxPool1d(return_indices=True)` found it; 0 everywhere else.

    Args:
        kernel_size, stride, padding: As of that layer.
    """

    axes = 1
    function = staticmethod(F.max_unpool1d)
