"""Relatives of ReLU: leaky, exponential and bounded. Tests in tests/ops/test_rectifiers.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import kernel_array, real
from minicnn.autograd import Function
from minicnn.tensor import Tensor, as_tensor

# Klambauer et al. solve for the fixed point mean 0, variance 1; these are their equation 14.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


class LeakyReLU(Function):
    """y = x where x > 0, else slope * x; the gradient at 0 is the slope."""

    def __init__(self, slope: float) -> None:
        self.slope = slope

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x = kernel_array("leaky_relu", "x", x)
        return np.where(x > 0, x, x * x.dtype.type(self.slope))

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (np.where(self.x > 0, grad_y, grad_y * self.x.dtype.type(self.slope)),)


class ELU(Function):
    """y = scale * x where x > 0, else scale * alpha * (exp(x) - 1)."""

    def __init__(self, op: str, alpha: float, scale: float = 1.0) -> None:
        self.op, self.alpha, self.scale = op, alpha, scale

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x = kernel_array(self.op, "x", x)
        below = self.scale * self.alpha * np.expm1(np.minimum(x, 0))  # exp cannot overflow
        return np.where(x > 0, x * x.dtype.type(self.scale), below)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        below = self.scale * self.alpha * np.exp(np.minimum(self.x, 0))
        slope = np.where(self.x > 0, self.x.dtype.type(self.scale), below)
        return (grad_y * slope,)


class Hardtanh(Function):
    """y = x between low and high, else the nearer of them; the gradient at both is 0."""

    def __init__(self, op: str, low: float, high: float) -> None:
        self.op, self.low, self.high = op, low, high

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x = kernel_array(self.op, "x", x)
        return np.clip(x, x.dtype.type(self.low), x.dtype.type(self.high))

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        outside = (self.x <= self.low) | (self.x >= self.high)
        return (np.where(outside, self.x.dtype.type(0), grad_y),)


class Hardswish(Function):
    """y = x * clip(x + 3, 0, 6) / 6: 0 up to -3, x from 3 on, a parabola between."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x = kernel_array("hardswish", "x", x)
        inside = np.clip(x, -3, 3)  # no infinity is multiplied, for 0 * -inf is NaN
        return np.where(x >= 3, x, np.where(x <= -3, x.dtype.type(0), inside * (inside + 3) / 6))

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        x = self.x
        slope = np.where(x < -3, 0, np.where(x > 3, 1, np.clip(x, -3, 3) / 3 + 0.5))
        return (grad_y * slope.astype(x.dtype),)


def leaky_relu(x: Any, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Return x where it is positive, else negative_slope * x.

    Args:
        x: Any shape.
        negative_slope: The slope below 0 and, for the gradient, at 0.
        inplace: Taken for torch's sake; the input stays as it is.

    Returns:
        The shape of x.

    Raises:
        TypeError: If x is not float32 or float64.

    Example:
        >>> leaky_relu([-2.0, 3.0], 0.5).tolist()
        [-1.0, 3.0]

    Source: Maas, Hannun & Ng, "Rectifier nonlinearities improve neural network acoustic models",
    ICML 2013, section 2.
    """
    return LeakyReLU(real("leaky_relu", "negative_slope", negative_slope))(as_tensor(x))


def elu(x: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return x where it is positive, else alpha * (exp(x) - 1).

    Args:
        x: Any shape.
        alpha: Minus the limit at -infinity.
        inplace: Taken for torch's sake; the input stays as it is.

    Returns:
        The shape of x.

    Raises:
        TypeError: If x is not float32 or float64.

    Example:
        >>> elu([-100.0, 3.0]).tolist()
        [-1.0, 3.0]

    Source: Clevert, Unterthiner & Hochreiter, arXiv:1511.07289, equation 15.
    """
    return ELU("elu", real("elu", "alpha", alpha))(as_tensor(x))


def selu(x: Any, inplace: bool = False) -> Tensor:
    """Return `elu` with the alpha and scale that keep mean 0 and variance 1 from layer to layer.

    Args:
        x: Any shape.
        inplace: Taken for torch's sake; the input stays as it is.

    Returns:
        The shape of x.

    Raises:
        TypeError: If x is not float32 or float64.

    Example:
        >>> selu(np.array([-100.0, 2.0])).data.round(4).tolist()
        [-1.7581, 2.1014]

    Source: Klambauer et al., "Self-normalizing neural networks", arXiv:1706.02515, equation 2.
    """
    return ELU("selu", SELU_ALPHA, SELU_SCALE)(as_tensor(x))


def relu6(x: Any, inplace: bool = False) -> Tensor:
    """Return min(max(x, 0), 6).

    Args:
        x: Any shape.
        inplace: Taken for torch's sake; the input stays as it is.

    Returns:
        The shape of x. The gradient at 0 and at 6 is 0.

    Raises:
        TypeError: If x is not float32 or float64.

    Example:
        >>> relu6([-1.0, 3.0, 8.0]).tolist()
        [0.0, 3.0, 6.0]

    Source: Howard et al., "MobileNets", arXiv:1704.04861, uses it; torch.nn.functional.relu6.
    """
    return Hardtanh("relu6", 0.0, 6.0)(as_tensor(x))


def hardtanh(x: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """Return x, or the nearer of min_val and max_val where it lies outside.

    Args:
        x: Any shape.
        min_val: The lower bound.
        max_val: The upper bound, above min_val.
        inplace: Taken for torch's sake; the input stays as it is.

    Returns:
        The shape of x. The gradient at the bounds is 0.

    Raises:
        ValueError: If min_val is not below max_val.
        TypeError: If x is not float32 or float64.

    Example:
        >>> hardtanh([-2.0, 0.5, 2.0]).tolist()
        [-1.0, 0.5, 1.0]

    Source: Collobert, thesis, Universite Paris VI, 2004; torch.nn.functional.hardtanh.
    """
    if not min_val < max_val:
        raise ValueError(f"hardtanh: min_val must be below max_val, got {min_val} and {max_val}")
    low, high = real("hardtanh", "min_val", min_val), real("hardtanh", "max_val", max_val)
    return Hardtanh("hardtanh", low, high)(as_tensor(x))


def hardswish(x: Any, inplace: bool = False) -> Tensor:
    """Return x * relu6(x + 3) / 6, a `silu` without exponentials.

    Args:
        x: Any shape.
        inplace: Taken for torch's sake; the input stays as it is.

    Returns:
        The shape of x.

    Raises:
        TypeError: If x is not float32 or float64.

    Example:
        >>> hardswish([-4.0, 0.0, 1.5, 4.0]).tolist()
        [0.0, 0.0, 1.125, 4.0]

    Source: Howard et al., "Searching for MobileNetV3", arXiv:1905.02244, section 5.2.
    """
    return Hardswish()(as_tensor(x))
