"""Choosing element by element: within bounds (`clamp`), or between two tensors (`where`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autograd import Function
from minicnn.ops._operands import check_broadcast, floating, operands, unbroadcast
from minicnn.tensor import Tensor, as_tensor

FLOATS = (float, np.floating)  # numbers of NumPy's other than float64 are none of Python's


class Clamp(Function):
    def __init__(self, low: Any, high: Any) -> None:
        self.low, self.high = low, high

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        y = x if self.low is None else np.maximum(x, x.dtype.type(self.low))
        return y if self.high is None else np.minimum(y, x.dtype.type(self.high))

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        inside = np.ones(self.x.shape, bool) if self.low is None else self.x >= self.low
        if self.high is not None:
            inside = inside & (self.x <= self.high)
        return (np.where(inside, grad_y, grad_y.dtype.type(0)),)


class Where(Function):
    def __init__(self, condition: np.ndarray) -> None:
        self.condition = condition

    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        self.shapes = a.shape, b.shape
        return np.where(self.condition, a, b)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        zero, grad_a, grad_b = grad_y.dtype.type(0), None, None
        if self.needs_grad[0]:
            grad_a = unbroadcast(np.where(self.condition, grad_y, zero), self.shapes[0])
        if self.needs_grad[1]:
            grad_b = unbroadcast(np.where(self.condition, zero, grad_y), self.shapes[1])
        return grad_a, grad_b


def clamp(x: Any, min: float | None = None, max: float | None = None) -> Tensor:
    """Return each element, or the bound it lies beyond.

    The gradient passes where min <= x <= max. NaN stays NaN. If min > max, all become max.

    Args:
        x: Any shape.
        min: The smallest value allowed; None for no bound.
        max: The largest value allowed; None for no bound.

    Returns:
        The shape of `x`, in its dtype; integers become float32 if a bound is a float.

    Raises:
        ValueError: If both bounds are None.
        TypeError: If a bound is not a number.

    Example:
        >>> clamp([-1.0, 0.5, 7.0], 0.0, 1.0)
        tensor([0. , 0.5, 1. ])
    """
    x = as_tensor(x)
    if min is None and max is None:
        raise ValueError("clamp: min, max or both must be given, got None for both")
    for name, bound in (("min", min), ("max", max)):
        if bound is not None and not isinstance(bound, (int, float, np.number)):
            raise TypeError(f"clamp: {name} must be a number or None, got {bound!r}")
    if isinstance(min, FLOATS) or isinstance(max, FLOATS):
        x = floating(x)
    return Clamp(min, max)(x)


def where(condition: Any, x: Any, other: Any) -> Tensor:
    """Return `x` where the condition is true and `other` where it is false.

    Args:
        condition: Booleans.
        x: A tensor, array or number.
        other: The same; the three shapes broadcast.

    Returns:
        The broadcast shape, in the dtype that x + other has.

    Raises:
        TypeError: If the condition is not boolean.
        ValueError: If the shapes do not broadcast.

    Example:
        >>> where([True, False], [1.0, 2.0], 0.0)
        tensor([1., 0.])
    """
    condition = as_tensor(condition).data
    if condition.dtype.kind != "b":
        raise TypeError(f"where: condition must be boolean, got {condition.dtype}")
    a, b = operands("where", x, other)
    try:
        return Where(condition)(a, b)
    except ValueError:
        check_broadcast("where", a.data, b.data)
        check_broadcast(
            "where", condition, np.broadcast_to(a.data, np.broadcast_shapes(a.shape, b.shape))
        )
        raise
