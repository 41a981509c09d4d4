"""Functions of one tensor, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autograd import Function
from minicnn.ops._operands import floating, unstrided
from minicnn.tensor import Tensor, as_tensor

# exp, log, tanh and their like get arrays in C order, because NumPy's vector code rounds otherwise
# than its strided code, and a result must not depend on the memory layout.


class Abs(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return np.abs(x)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (grad_y * np.sign(self.x),)


class Exp(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        self.y = np.exp(unstrided(x))
        return self.y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (grad_y * self.y,)


class Log(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return np.log(unstrided(x))

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (grad_y / self.x,)


class Sqrt(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        self.y = np.sqrt(x)
        return self.y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (grad_y / (self.y + self.y),)


class Sin(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = unstrided(x)
        return np.sin(self.x)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (grad_y * np.cos(self.x),)


class Cos(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = unstrided(x)
        return np.cos(self.x)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (-grad_y * np.sin(self.x),)


class Tanh(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        self.y = np.tanh(unstrided(x))
        return self.y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (grad_y * (1 - self.y * self.y),)


class Sigmoid(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        # exp(-x) may overflow to inf, and 1 / (1 + inf) = 0 is then the right answer
        self.y = 1 / (1 + np.exp(np.asarray(-x, order="C")))
        return self.y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (grad_y * self.y * (1 - self.y),)


def abs(x: Any) -> Tensor:
    """Return the distance of each element from 0; the gradient at 0 is 0.

    Args:
        x: Any shape.

    Returns:
        The shape and dtype of `x`.

    Example:
        >>> abs([-1.0, 2.0])
        tensor([1., 2.])
    """
    return Abs()(as_tensor(x))


def exp(x: Any) -> Tensor:
    """Return e to the power of each element.

    Args:
        x: Any shape; integers are taken as float32.

    Returns:
        The shape of `x`; inf where the result is too large.

    Example:
        >>> exp([0.0, -1000.0])
        tensor([1., 0.])
    """
    return Exp()(floating(x))


def log(x: Any) -> Tensor:
    """Return the natural logarithm of each element.

    Args:
        x: Any shape; integers are taken as float32.

    Returns:
        The shape of `x`; -inf for 0 and NaN for negative numbers.

    Example:
        >>> log([1.0, 0.0])
        tensor([  0., -inf])
    """
    return Log()(floating(x))


def sqrt(x: Any) -> Tensor:
    """Return the square root of each element; the gradient at 0 is inf.

    Args:
        x: Any shape; integers are taken as float32.

    Returns:
        The shape of `x`; NaN for negative numbers.

    Example:
        >>> sqrt([4.0, 9.0])
        tensor([2., 3.])
    """
    return Sqrt()(floating(x))


def sin(x: Any) -> Tensor:
    """Return the sine of each element, an angle in radians; arguments and result as of `exp`.

    Example:
        >>> sin([0.0])
        tensor([0.])
    """
    return Sin()(floating(x))


def cos(x: Any) -> Tensor:
    """Return the cosine of each element, an angle in radians; arguments and result as of `exp`.

    Example:
        >>> cos([0.0])
        tensor([1.])
    """
    return Cos()(floating(x))


def tanh(x: Any) -> Tensor:
    """Return the hyperbolic tangent of each element, between -1 and 1.

    Args:
        x: Any shape; integers are taken as float32.

    Returns:
        The shape of `x`.

    Example:
        >>> tanh([0.0, 100.0])
        tensor([0., 1.])
    """
    return Tanh()(floating(x))


def sigmoid(x: Any) -> Tensor:
    """Return 1 / (1 + exp(-x)) for each element, between 0 and 1.

    Args:
        x: Any shape; integers are taken as float32.

    Returns:
        The shape of `x`.

    Example:
        >>> sigmoid([0.0, 100.0])
        tensor([0.5, 1. ])
    """
    return Sigmoid()(floating(x))
