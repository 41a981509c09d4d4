"""Arithmetic of two operands, element by element, with broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autograd import Function
from minicnn.ops._operands import broadcast, floating, operands, unbroadcast, unstrided
from minicnn.tensor import Tensor, as_tensor


class Sub(Function):
    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        self.shapes = a.shape, b.shape
        return np.subtract(a, b)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        grad_a = unbroadcast(grad_y, self.shapes[0]) if self.needs_grad[0] else None
        grad_b = unbroadcast(-grad_y, self.shapes[1]) if self.needs_grad[1] else None
        return grad_a, grad_b


class Mul(Function):
    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        self.a, self.b = a, b
        return a * b

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        a, b = self.a, self.b
        grad_a = unbroadcast(grad_y * b, a.shape) if self.needs_grad[0] else None
        grad_b = unbroadcast(grad_y * a, b.shape) if self.needs_grad[1] else None
        return grad_a, grad_b


class Div(Function):
    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        self.a, self.b = a, b
        return a / b

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        a, b = self.a, self.b
        grad_a = grad_y / b
        grad_b = unbroadcast(-grad_a * a / b, b.shape) if self.needs_grad[1] else None
        return unbroadcast(grad_a, a.shape) if self.needs_grad[0] else None, grad_b


class Neg(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return -x

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (-grad_y,)


class Pow(Function):
    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        self.a, self.b = a, b
        if b.ndim == 0 and b == 2:  # squares are common, and np.power is slow
            self.y = a * a
        else:
            self.a, self.b = a, b = unstrided(a), unstrided(b)
            self.y = np.power(a, b)
        return self.y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        a, b = self.a, self.b
        grad_a = grad_b = None
        if self.needs_grad[0]:  # b * a^(b - 1), but 0 for b = 0 even where a = 0
            slope = a + a if b.ndim == 0 and b == 2 else np.where(b == 0, 0, b * np.power(a, b - 1))
            grad_a = unbroadcast(grad_y * slope.astype(a.dtype, copy=False), a.shape)
        if self.needs_grad[1]:  # a^b * log(a), but 0 for a = 0, where a^b is constant for b > 0
            slope = np.where((a == 0) & (b >= 0), 0, self.y * np.log(a))
            grad_b = unbroadcast(grad_y * slope.astype(b.dtype, copy=False), b.shape)
        return grad_a, grad_b


class Maximum(Function):
    """The larger of two, or with `smaller` the smaller; equal elements share the gradient."""

    def __init__(self, smaller: bool) -> None:
        self.smaller = smaller

    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        self.a, self.b = a, b
        return np.minimum(a, b) if self.smaller else np.maximum(a, b)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        a, b, zero = self.a, self.b, grad_y.dtype.type(0)
        a_lost, b_lost = (a > b, a < b) if self.smaller else (a < b, a > b)
        grad = np.where(a == b, grad_y * grad_y.dtype.type(0.5), grad_y)
        grad_a = grad_b = None
        if self.needs_grad[0]:
            grad_a = unbroadcast(np.where(a_lost, zero, grad), a.shape)
        if self.needs_grad[1]:
            grad_b = unbroadcast(np.where(b_lost, zero, grad), b.shape)
        return grad_a, grad_b


def sub(x: Any, other: Any) -> Tensor:
    """Return x - other, element by element; arguments and errors as of `add`.

    Raises:
        TypeError: If both are boolean, where a difference has no meaning.

    Example:
        >>> sub([1.0, 2.0], 0.5)
        tensor([0.5, 1.5])
    """
    a, b = operands("sub", x, other)
    if a.data.dtype.kind == "b":
        raise TypeError("sub: x and other must be numbers, got two boolean tensors; use x != other")
    return broadcast("sub", Sub(), a, b)


def mul(x: Any, other: Any) -> Tensor:
    """Return x * other, element by element; arguments and errors as of `add`.

    Example:
        >>> mul([1.0, 2.0], [3.0, 4.0])
        tensor([3., 8.])
    """
    return broadcast("mul", Mul(), *operands("mul", x, other))


def div(x: Any, other: Any) -> Tensor:
    """Return x / other, element by element; arguments and errors as of `add`.

    Integers are divided as float32. Division by zero gives inf or NaN.

    Example:
        >>> div([1, 2], 4)
        tensor([0.25, 0.5 ])
    """
    a, b = operands("div", x, other)
    if a.data.dtype.kind != "f":
        a, b = floating(a), floating(b)
    return broadcast("div", Div(), a, b)


def neg(x: Any) -> Tensor:
    """Return -x, of the shape and dtype of `x`.

    Raises:
        TypeError: If `x` is boolean.

    Example:
        >>> neg([1.0, -2.0])
        tensor([-1.,  2.])
    """
    x = as_tensor(x)
    if x.data.dtype.kind == "b":
        raise TypeError("neg: x must be numbers, got a boolean tensor; use x == False")
    return Neg()(x)


def pow(x: Any, exponent: Any) -> Tensor:
    """Return `x` to the power of `exponent`, element by element; arguments and errors as of `add`.

    The gradient for `x` is 0 where the exponent is 0; that for the exponent is 0 where x = 0
    and the exponent is not negative.

    Raises:
        ValueError: If both are integers and an exponent is negative.

    Example:
        >>> pow([1.0, 2.0, 3.0], 2)
        tensor([1., 4., 9.])
    """
    a, b = operands("pow", x, exponent)
    if b.data.dtype.kind == "i" and (b.data < 0).any():
        raise ValueError("pow: integers to negative integer powers are no integers; use floats")
    return broadcast("pow", Pow(), a, b)


def maximum(x: Any, other: Any) -> Tensor:
    """Return the larger of x and other, element by element; arguments and errors as of `add`.

    NaN wins over any number. Where they are equal, each gets half of the gradient.

    Example:
        >>> maximum([1.0, 4.0], [3.0, 2.0])
        tensor([3., 4.])
    """
    return broadcast("maximum", Maximum(smaller=False), *operands("maximum", x, other))


def minimum(x: Any, other: Any) -> Tensor:
    """Return the smaller of x and other, element by element; arguments and errors as of `add`.

    NaN wins over any number. Where they are equal, each gets half of the gradient.

    Example:
        >>> minimum([1.0, 4.0], [3.0, 2.0])
        tensor([1., 2.])
    """
    return broadcast("minimum", Maximum(smaller=True), *operands("minimum", x, other))
