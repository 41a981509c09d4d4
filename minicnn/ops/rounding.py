"""Whole numbers near real ones, signs and remainders: functions that jump, of slope 0 between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.autograd import Function
from minicnn.ops._operands import broadcast, operands, unbroadcast
from minicnn.tensor import Tensor, as_tensor


class Steps(Function):
    """A function that is constant between its jumps."""

    def __init__(self, function: Callable[[np.ndarray], np.ndarray]) -> None:
        self.function = function

    def forward(self, x: np.ndarray) -> np.ndarray:
        return self.function(x)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (np.zeros_like(grad_y),)


class Remainder(Function):
    """a - floor(a / b) * b."""

    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        self.a, self.b = a, b
        return np.remainder(a, b)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        a, b = self.a, self.b
        grad_a = unbroadcast(grad_y, a.shape) if self.needs_grad[0] else None
        if not self.needs_grad[1]:
            return grad_a, None
        return grad_a, unbroadcast(-grad_y * np.floor_divide(a, b), b.shape)


def _stepped(x: Any, function: Callable[[np.ndarray], np.ndarray]) -> Tensor:
    """Return function(x), of the dtype of x: integers have no places to round."""
    return Steps(function)(as_tensor(x))


def _whole(x: Any, function: Callable[[np.ndarray], np.ndarray]) -> Tensor:
    x = as_tensor(x)
    return _stepped(x, function if x.data.dtype.kind == "f" else np.copy)


def floor(x: Any) -> Tensor:
    """Return the largest whole number that is not above each element; the gradient is 0.

    Args:
        x: Any shape; integers stay as they are.

    Returns:
        The shape and dtype of `x`.

    Example:
        >>> floor([1.7, -1.2])
        tensor([ 1., -2.])
    """
    return _whole(x, np.floor)


def ceil(x: Any) -> Tensor:
    """Return the smallest whole number that is not below each element; as `floor` otherwise.

    Example:
        >>> ceil([1.2, -1.7])
        tensor([ 2., -1.])
    """
    return _whole(x, np.ceil)


def round(x: Any) -> Tensor:
    """Return the nearest whole number, of two the even one; as `floor` otherwise.

    Example:
        >>> round([0.5, 1.5, 2.4])
        tensor([0., 2., 2.])
    """
    return _whole(x, np.rint)


def sign(x: Any) -> Tensor:
    """Return 1 for positive, -1 for negative elements and 0 for 0; the gradient is 0.

    Args:
        x: Any shape.

    Returns:
        The shape and dtype of `x`; NaN for NaN.

    Raises:
        TypeError: If `x` is boolean.

    Example:
        >>> sign([-2.5, 0.0, 3.0])
        tensor([-1.,  0.,  1.])
    """
    x = as_tensor(x)
    if x.data.dtype.kind == "b":
        raise TypeError("sign: x must be numbers, got dtype bool")
    return _stepped(x, np.sign)


def _divisible(op: str, x: Any, other: Any) -> tuple[Tensor, Tensor]:
    a, b = operands(op, x, other)
    if a.data.dtype.kind == "b":
        raise TypeError(f"{op}: x and other must be numbers, got two of dtype bool")
    if a.data.dtype.kind != "f" and not b.data.all():
        raise ValueError(f"{op}: an integer cannot be divided by 0")
    return a, b


def remainder(x: Any, other: Any) -> Tensor:
    """Return x - floor(x / other) * other, which has the sign of `other`, as Python's x % other.

    Args:
        x: A tensor, array or number.
        other: The same; the shapes broadcast.

    Returns:
        The broadcast shape, in the dtype that x + other has; NaN for a divisor of 0.

    Raises:
        ValueError: If the shapes do not broadcast, or an integer is divided by 0.
        TypeError: If both are boolean.

    Example:
        >>> remainder([5.0, -5.0], 3)
        tensor([2., 1.])
    """
    return broadcast("remainder", Remainder(), *_divisible("remainder", x, other))


def floor_divide(x: Any, other: Any) -> Tensor:
    """Return floor(x / other), as Python's x // other; no gradient. Else as `remainder`.

    Example:
        >>> floor_divide([7, -7], 2)
        tensor([ 3, -4])
    """
    a, b = _divisible("floor_divide", x, other)
    return broadcast("floor_divide", FloorDivide(), a.detach(), b.detach())


class FloorDivide(Function):
    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.floor_divide(a, b)
