"""The fully connected layer, and the layer that does nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.errors import WidthError
from minicnn.nn import functional as F
from minicnn.nn import init
from minicnn.nn.module import Module
from minicnn.nn.parameter import Parameter


def reset_weight_and_bias(weight: Parameter, bias: Parameter | None) -> None:
    """Draw both evenly from +-1 / sqrt(fan_in), torch's rule for linear and convolution layers."""
    fan_in, _ = init.fans(weight)
    init.kaiming_uniform_(weight, a=math.sqrt(5))  # gain sqrt(2 / 6): the bound is 1 / sqrt(fan_in)
    if bias is not None:
        bound = 1 / math.sqrt(max(1, fan_in))
        init.uniform_(bias, -bound, bound)


def size(layer: str, name: str, value: Any) -> int:
    """Return `value` if it can be a number of channels or features, at least 1."""
    number = integer(layer, name, value)
    if number < 1:
        raise ValueError(f"{layer}: {name} must be at least 1, got {number}")
    return number


class Linear(Module):
    """y = x @ weight.T + bias.

    Args:
        in_features: Width of the input.
        out_features: Width of the output.
        bias: Whether to add one.
        dtype: float32 or float64.

    Attributes:
        weight: Shape (out_features, in_features), drawn evenly from +-1 / sqrt(in_features).
        bias: Shape (out_features,), drawn likewise; None without one.

    Raises:
        ValueError: If the last axis of x is not in_features wide.

    Example:
        >>> Linear(20, 30)(np.ones((128, 20), np.float32)).shape
        (128, 30)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, dtype: Any = np.float32
    ) -> None:
        super().__init__()
        self.in_features = size("Linear", "in_features", in_features)
        self.out_features = size("Linear", "out_features", out_features)
        self.weight = Parameter(np.empty((self.out_features, self.in_features), dtype))
        self.register_parameter(
            "bias", Parameter(np.empty(self.out_features, dtype)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        reset_weight_and_bias(self.weight, self.bias)

    def forward(self, x: Any) -> Any:
        shape = np.shape(x)
        if not shape or shape[-1] != self.in_features:
            raise WidthError(self._wrong_width(shape), self.in_features)
        return F.linear(x, self.weight, self.bias)

    def _wrong_width(self, shape: tuple[int, ...]) -> str:
        width = shape[-1] if shape else "none"
        message = (
            f"Linear: x has shape {shape}, whose last axis is {width} wide, but this layer was made"
            f" with in_features={self.in_features}"
        )
        flat = math.prod(shape[1:])
        factors = " * ".join(str(n) for n in shape[1:])
        if len(shape) > 2 and flat == self.in_features:
            message += f" = {factors}: put a Flatten before it"
        elif len(shape) > 3:
            message += (
                f"; after a Flatten, {factors} = {flat} wide, Linear({flat}, {self.out_features})"
                " would fit"
            )
        elif len(shape) == 2:
            message += f"; Linear({width}, {self.out_features}) would fit"
        return message

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features},"
            f" bias={self.bias is not None}"
        )


class Identity(Module):
    """Returns its input; takes and ignores any arguments when it is made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, x: Any) -> Any:
        return x
