"""Activations that are less common. Tests in tests/ops/test_further_activations.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import kernel_array, kernel_arrays, real
from minicnn.autograd import Function
from minicnn.ops.arithmetic import neg
from minicnn.ops.smooth import sigmoid_array
from minicnn.ops.softmax import softmax
from minicnn.tensor import Tensor, as_tensor


class Curve(Function):
    """y = value(x) for each x by itself; the gradient is grad_y * slope(x)."""

    op = ""

    def value(self, x: np.ndarray) -> Any:
        raise NotImplementedError

    def slope(self, x: np.ndarray) -> Any:
        raise NotImplementedError

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x = kernel_array(self.op, "x", x)
        return np.asarray(self.value(x), x.dtype)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (grad_y * np.asarray(self.slope(self.x), grad_y.dtype),)


class Mish(Curve):
    op = "mish"

    def tanh_softplus(self, x: np.ndarray) -> Any:
        # tanh(log(1 + e^x)) = n / (n + 2) with n = e^x (e^x + 2); from 20 on it is 1
        e = np.exp(np.minimum(x, 20))
        n = e * (e + 2)
        return n / (n + 2)

    def value(self, x: np.ndarray) -> Any:
        return np.where(x == -np.inf, 0, x) * self.tanh_softplus(x)

    def slope(self, x: np.ndarray) -> Any:
        t = self.tanh_softplus(x)
        return t + np.clip(x, -800, 800) * (1 - t * t) * sigmoid_array(x)


class Softsign(Curve):
    op = "softsign"

    def value(self, x: np.ndarray) -> Any:
        return x / (1 + np.abs(x))

    def slope(self, x: np.ndarray) -> Any:
        return 1 / (1 + np.abs(x)) ** 2


class LogSigmoid(Curve):
    op = "logsigmoid"

    def value(self, x: np.ndarray) -> Any:
        return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))  # exp cannot overflow

    def slope(self, x: np.ndarray) -> Any:
        return sigmoid_array(-x)


class Hardsigmoid(Curve):
    op = "hardsigmoid"

    def value(self, x: np.ndarray) -> Any:
        return (np.clip(x, -3, 3) + 3) / 6

    def slope(self, x: np.ndarray) -> Any:
        return np.where(np.abs(x) < 3, 1 / 6, 0)


class CELU(Curve):
    op = "celu"

    def __init__(self, alpha: float) -> None:
        self.alpha = alpha

    def value(self, x: np.ndarray) -> Any:
        return np.maximum(x, 0) + self.alpha * np.expm1(np.minimum(x / self.alpha, 0))

    def slope(self, x: np.ndarray) -> Any:
        return np.where(x > 0, 1, np.exp(np.minimum(x / self.alpha, 0)))


class Tanhshrink(Curve):
    op = "tanhshrink"

    def value(self, x: np.ndarray) -> Any:
        return x - np.tanh(x)

    def slope(self, x: np.ndarray) -> Any:
        return np.tanh(x) ** 2


class Hardshrink(Curve):
    op = "hardshrink"

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def value(self, x: np.ndarray) -> Any:
        return np.where(np.abs(x) <= self.limit, 0, x)

    def slope(self, x: np.ndarray) -> Any:
        return np.abs(x) > self.limit


class Softshrink(Hardshrink):
    op = "softshrink"

    def value(self, x: np.ndarray) -> Any:
        return x - np.clip(x, -self.limit, self.limit)


class Threshold(Curve):
    op = "threshold"

    def __init__(self, threshold: float, replacement: float) -> None:
        self.threshold, self.replacement = threshold, replacement

    def value(self, x: np.ndarray) -> Any:
        return np.where(x <= self.threshold, self.replacement, x)

    def slope(self, x: np.ndarray) -> Any:
        return x > self.threshold


class PReLU(Function):
    """y = x where x > 0, else weight * x, with a weight for each channel or one for all."""

    def forward(self, x: np.ndarray, weight: np.ndarray) -> np.ndarray:
        self.x, weight = kernel_arrays("prelu", x=x, weight=weight)
        self.scale = weight.reshape(() if weight.size == 1 else (-1, *(1,) * (x.ndim - 2)))
        return np.where(self.x > 0, self.x, self.x * self.scale)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        grad_x = np.where(self.x > 0, grad_y, grad_y * self.scale)
        product = np.where(self.x > 0, 0, grad_y * self.x)  # each value's part of dL/dweight
        if self.scale.size == 1:
            return grad_x, product.sum().reshape(1).astype(grad_y.dtype)
        axes = (0, *range(2, product.ndim))
        return grad_x, product.sum(axis=axes).astype(grad_y.dtype)


def mish(x: Any, inplace: bool = False) -> Tensor:
    """Return x * tanh(softplus(x)), element by element.

    Example:
        >>> mish([0.0, 1.0]).data.round(4).tolist()
        [0.0, 0.8651000261306763]

    Source: Misra, "Mish: a self regularized non-monotonic activation function", arXiv:1908.08681,
    equation 1.
    """
    return Mish()(as_tensor(x))


def softsign(x: Any) -> Tensor:
    """Return x / (1 + |x|), element by element.

    Example:
        >>> softsign([-1.0, 3.0]).tolist()
        [-0.5, 0.75]
    """
    return Softsign()(as_tensor(x))


def logsigmoid(x: Any) -> Tensor:
    """Return log(1 / (1 + exp(-x))), element by element, without overflow.

    Example:
        >>> logsigmoid([-1000.0, 0.0]).data.round(4).tolist()
        [-1000.0, -0.6930999755859375]
    """
    return LogSigmoid()(as_tensor(x))


def hardsigmoid(x: Any, inplace: bool = False) -> Tensor:
    """Return 0 up to -3, 1 from 3 on, and x / 6 + 1/2 between, element by element.

    Example:
        >>> hardsigmoid([-5.0, 0.0, 5.0]).tolist()
        [0.0, 0.5, 1.0]
    """
    return Hardsigmoid()(as_tensor(x))


def celu(x: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return x where positive, else alpha * (exp(x / alpha) - 1), element by element.

    Raises:
        ValueError: If alpha is 0.

    Example:
        >>> celu([-1e9, 2.0], alpha=0.5).tolist()
        [-0.5, 2.0]

    Source: Barron, "Continuously differentiable exponential linear units", arXiv:1704.07483.
    """
    if alpha == 0:
        raise ValueError("celu: alpha must not be 0, for x is divided by it")
    return CELU(real("celu", "alpha", alpha))(as_tensor(x))


def tanhshrink(x: Any) -> Tensor:
    """Return x - tanh(x), element by element.

    Example:
        >>> tanhshrink([0.0, 100.0]).tolist()
        [0.0, 99.0]
    """
    return Tanhshrink()(as_tensor(x))


def hardshrink(x: Any, lambd: float = 0.5) -> Tensor:
    """Return x, and 0 where |x| <= lambd, element by element.

    Example:
        >>> hardshrink([-1.0, 0.5, 0.75]).tolist()
        [-1.0, 0.0, 0.75]
    """
    return Hardshrink(real("hardshrink", "lambd", lambd))(as_tensor(x))


def softshrink(x: Any, lambd: float = 0.5) -> Tensor:
    """Return x moved towards 0 by lambd, and 0 where |x| <= lambd, element by element.

    Raises:
        ValueError: If lambd is negative.

    Example:
        >>> softshrink([-1.0, 0.5, 0.75]).tolist()
        [-0.5, 0.0, 0.25]
    """
    lambd = real("softshrink", "lambd", lambd)
    if not lambd >= 0:
        raise ValueError(f"softshrink: lambd must not be negative, got {lambd}")
    return Softshrink(lambd)(as_tensor(x))


def threshold(x: Any, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Return x where it is above the threshold, else `value`, element by element.

    Example:
        >>> threshold([0.5, 2.0], 1.0, -7.0).tolist()
        [-7.0, 2.0]
    """
    limit, value = real("threshold", "threshold", threshold), real("threshold", "value", value)
    return Threshold(limit, value)(as_tensor(x))


def prelu(x: Any, weight: Any) -> Tensor:
    """Return x where it is positive, else weight * x.

    Args:
        x: Shape (N, C, ...), or any shape if there is one weight.
        weight: One slope for each channel, shape (C,), or one for all, shape (1,).

    Raises:
        ValueError: If the weight has another shape.
        TypeError: If the arrays are not both float32 or both float64.

    Example:
        >>> prelu([-2.0, 3.0], [0.25]).tolist()
        [-0.5, 3.0]

    Source: He et al., "Delving deep into rectifiers", arXiv:1502.01852, section 2.1.
    """
    x, weight = as_tensor(x), as_tensor(weight)
    C = x.shape[1] if x.ndim > 1 else 1
    if weight.shape not in ((1,), (C,)):
        raise ValueError(
            f"prelu: weight must have shape (1,) or, for x of shape {x.shape}, ({C},), got"
            f" {weight.shape}"
        )
    return PReLU()(x, weight)


def softmin(x: Any, dim: int) -> Tensor:
    """Return softmax(-x) along the axis `dim`.

    Example:
        >>> softmin([[0.0, 0.0]], 1).tolist()
        [[0.5, 0.5]]
    """
    return softmax(neg(as_tensor(x)), dim)
