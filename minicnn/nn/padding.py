"""Layers that put margins around signals and images; the arithmetic is minicnn.ops.pad."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.nn import functional as F
from minicnn.nn.module import Module


class _Pad(Module):
    """Margins around the last `axes` axes, filled in the way `mode`."""

    axes: int
    mode: str

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__()
        layer, n = type(self).__name__, 2 * self.axes
        if isinstance(padding, (tuple, list)):
            if len(padding) != n:
                raise ValueError(
                    f"{layer}: padding must be an int or {n} ints, got {len(padding)}: {padding}"
                )
            self.padding = tuple([integer(layer, "padding", p) for p in padding])
        else:
            self.padding = (integer(layer, "padding", padding),) * n

    def forward(self, x: Any) -> Any:
        shape = np.shape(x)
        if len(shape) not in (self.axes + 1, self.axes + 2):
            raise ValueError(
                f"{type(self).__name__}: x must have {self.axes + 1} or {self.axes + 2} axes, got"
                f" shape {shape}"
            )
        return F.pad(x, self.padding, self.mode)

    def extra_repr(self) -> str:
        return str(self.padding)


class ReflectionPad1d(_Pad):
    """Margins (left, right), or one int, that mirror the signal at its outermost values.

    Example:
        >>> ReflectionPad1d(2)([[1.0, 2.0, 3.0]])
        tensor([[3., 2., 1., 2., 3., 2., 1.]])
    """

    axes, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """Margins (left, right, top, bottom), or one int, that mirror the image at its outermost."""

    axes, mode = 2, "reflect"


class ReplicationPad1d(_Pad):
    """Margins (left, right), or one int, that repeat the outermost values.

    Example:
        >>> ReplicationPad1d(2)([[1.0, 2.0, 3.0]])
        tensor([[1., 1., 1., 2., 3., 3., 3.]])
    """

    axes, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """Margins (left, right, top, bottom), or one int, that repeat the outermost pixels."""

    axes, mode = 2, "replicate"


class CircularPad1d(_Pad):
    """Margins (left, right), or one int, that hold the values of the other end.

    Example:
        >>> CircularPad1d(2)([[1.0, 2.0, 3.0]])
        tensor([[2., 3., 1., 2., 3., 1., 2.]])
    """

    axes, mode = 1, "circular"


class CircularPad2d(_Pad):
    """Margins (left, right, top, bottom), or one int, that hold the pixels of the other side."""

    axes, mode = 2, "circular"


class _ConstantPad(_Pad):
    mode = "constant"

    def __init__(self, padding: int | tuple[int, ...], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, x: Any) -> Any:
        return F.pad(x, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """Margins (left, right), or one int, that hold `value`; negative ones cut off."""

    axes = 1


class ConstantPad2d(_ConstantPad):
    """Margins (left, right, top, bottom), or one int, that hold `value`; negative ones cut off."""

    axes = 2


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return str(self.padding)


class ZeroPad1d(_ZeroPad):
    """Margins (left, right), or one int, of zeros; negative ones cut off.

    Example:
        >>> ZeroPad1d(2)([[1.0, 2.0, 3.0]])
        tensor([[0., 0., 1., 2., 3., 0., 0.]])
    """

    axes = 1


class ZeroPad2d(_ZeroPad):
    """Margins (left, right, top, bottom), or one int, of zeros; negative ones cut off."""

    axes = 2
