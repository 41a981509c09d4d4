"""Softmax and its logarithm along one axis: tests in tests/ops/test_softmax.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import kernel_array
from minicnn.autograd import Function
from minicnn.ops._operands import axis
from minicnn.tensor import Tensor, as_tensor


def shifted(x: np.ndarray, dim: int) -> np.ndarray:
    """Return x minus its maximum along `dim`: exp of it cannot overflow, softmax is the same."""
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf is NaN, as documented
        return np.subtract(x, x.max(axis=dim, keepdims=True, initial=-np.inf))


def log_softmax_array(x: np.ndarray, dim: int) -> np.ndarray:
    """Return log(softmax(x)) along `dim`, a new array."""
    y = shifted(x, dim)
    with np.errstate(divide="ignore"):  # an empty axis
        y -= np.log(np.exp(y).sum(axis=dim, keepdims=True))
    return y


class Softmax(Function):
    """y = exp(x) / sum(exp(x)), and its gradient y * (grad_y - sum(grad_y * y))."""

    def __init__(self, dim: Any) -> None:
        self.dim = dim

    def forward(self, x: np.ndarray) -> np.ndarray:
        x = kernel_array("softmax", "x", x)
        self.dim = axis("softmax", self.dim, x.ndim)
        y = shifted(x, self.dim)
        np.exp(y, out=y)
        y /= y.sum(axis=self.dim, keepdims=True)
        self.y = y
        return y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        dot = (grad_y * self.y).sum(axis=self.dim, keepdims=True)
        return (self.y * (grad_y - dot),)


class LogSoftmax(Function):
    """y = x - log(sum(exp(x))), and its gradient grad_y - exp(y) * sum(grad_y)."""

    def __init__(self, dim: Any) -> None:
        self.dim = dim

    def forward(self, x: np.ndarray) -> np.ndarray:
        x = kernel_array("log_softmax", "x", x)
        self.dim = axis("log_softmax", self.dim, x.ndim)
        self.y = log_softmax_array(x, self.dim)
        return self.y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        total = grad_y.sum(axis=self.dim, keepdims=True)
        return (grad_y - np.exp(self.y) * total,)


def softmax(x: Any, dim: int) -> Tensor:
    """Turn values into probabilities that sum to 1 along one axis: exp(x) / sum(exp(x)).

    The maximum is subtracted first, so large values do not overflow. Where all of x is -inf along
    the axis, or any of it is +inf or NaN, every probability is NaN; another -inf gets exactly 0.

    Args:
        x: Any shape.
        dim: The axis; -1 is the last.

    Returns:
        The shape of x.

    Raises:
        ValueError: If x has no axis `dim`.
        TypeError: If x is not float32 or float64, or dim not an int.

    Example:
        >>> softmax([[0.0, 0.0], [1000.0, 0.0]], dim=1).tolist()
        [[0.5, 0.5], [1.0, 0.0]]

    Source: Goodfellow, Bengio & Courville, "Deep Learning", MIT Press 2016, section 4.1.
    """
    return Softmax(dim)(as_tensor(x))


def log_softmax(x: Any, dim: int) -> Tensor:
    """Return log(softmax(x)) along one axis, also where the probability is too small for a float.

    Args:
        x: Any shape.
        dim: The axis; -1 is the last.

    Returns:
        The shape of x; NaN where `softmax` says so, -inf where its probability is exactly 0.

    Raises:
        ValueError: If x has no axis `dim`.
        TypeError: If x is not float32 or float64, or dim not an int.

    Example:
        >>> log_softmax([1000.0, 0.0], dim=0).tolist()
        [0.0, -1000.0]

    Source: as of `softmax`.
    """
    return LogSoftmax(dim)(as_tensor(x))
