"""Layers of the less common activations: each calls its namesake in minicnn.nn.functional."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import real
from minicnn.nn import functional as F
from minicnn.nn.activation import _InPlaceOption, _OverOneAxis
from minicnn.nn.linear import size
from minicnn.nn.module import Module
from minicnn.nn.parameter import Parameter


class Mish(_InPlaceOption):
    """x * tanh(softplus(x))."""

    def forward(self, x: Any) -> Any:
        return F.mish(x)


class Hardsigmoid(_InPlaceOption):
    """0 up to -3, 1 from 3 on, and x / 6 + 1/2 between."""

    def forward(self, x: Any) -> Any:
        return F.hardsigmoid(x)


class Softsign(Module):
    """x / (1 + |x|)."""

    def forward(self, x: Any) -> Any:
        return F.softsign(x)


class LogSigmoid(Module):
    """log(sigmoid(x)), without overflow."""

    def forward(self, x: Any) -> Any:
        return F.logsigmoid(x)


class Tanhshrink(Module):
    """x - tanh(x)."""

    def forward(self, x: Any) -> Any:
        return F.tanhshrink(x)


class CELU(Module):
    """x where positive, else alpha * (exp(x / alpha) - 1)."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, x: Any) -> Any:
        return F.celu(x, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class Hardshrink(Module):
    """x, and 0 where |x| <= lambd."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, x: Any) -> Any:
        return F.hardshrink(x, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Softshrink(Module):
    """x moved towards 0 by lambd, and 0 where |x| <= lambd."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, x: Any) -> Any:
        return F.softshrink(x, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Threshold(Module):
    """x where it is above the threshold, else `value`."""

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold, self.value, self.inplace = threshold, value, inplace

    def forward(self, x: Any) -> Any:
        return F.threshold(x, self.threshold, self.value)

    def extra_repr(self) -> str:
        inplace = ", inplace=True" if self.inplace else ""
        return f"threshold={self.threshold}, value={self.value}{inplace}"


class PReLU(Module):
    """x where it is positive, else a learned slope times x.

    Args:
        num_parameters: How many slopes: one for each channel, or 1 for all.
        init: What they are at first.
        dtype: float32 or float64.

    Attributes:
        weight: The slopes, shape (num_parameters,).
    """

    weight: Parameter

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, *, dtype: Any = np.float32
    ) -> None:
        super().__init__()
        self.num_parameters = size("PReLU", "num_parameters", num_parameters)
        self.init = real("PReLU", "init", init)
        self.weight = Parameter(np.full(self.num_parameters, self.init, dtype))

    def forward(self, x: Any) -> Any:
        return F.prelu(x, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class Softmin(_OverOneAxis):
    """softmax(-x) along the axis `dim`."""

    def forward(self, x: Any) -> Any:
        return F.softmin(x, self.dim)


class Softmax2d(Module):
    """softmax over the channels of (N, C, H, W) or (C, H, W)."""

    def forward(self, x: Any) -> Any:
        shape = np.shape(x)
        if len(shape) not in (3, 4):
            raise ValueError(f"Softmax2d: x must have shape (N, C, H, W) or (C, H, W), got {shape}")
        return F.softmax(x, -3)
