"""Arithmetic on tensors, element by element, with NumPy's broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autograd import Function
from minicnn.tensor import Tensor, as_tensor


def unbroadcast(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum `grad` over the axes that broadcasting added or stretched, back to `shape`."""
    if grad.shape == shape:
        return grad
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    stretched = tuple(i for i, size in enumerate(shape) if size == 1 and grad.shape[i] != 1)
    return grad.sum(axis=stretched, keepdims=True) if stretched else grad


def operands(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """Return both as tensors; a Python number takes the other's dtype."""
    if isinstance(b, (int, float)) and isinstance(a, Tensor):
        return a, Tensor.of_array(np.asarray(b, dtype=np.result_type(a.data, b)))
    if isinstance(a, (int, float)) and isinstance(b, Tensor):
        return Tensor.of_array(np.asarray(a, dtype=np.result_type(b.data, a))), b
    return as_tensor(a), as_tensor(b)


class Add(Function):
    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        self.shapes = a.shape, b.shape
        return a + b

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return unbroadcast(grad_y, self.shapes[0]), unbroadcast(grad_y, self.shapes[1])


def add(a: Any, b: Any) -> Tensor:
    """Return a + b."""
    return Add()(*operands(a, b))


class Mul(Function):
    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        self.a, self.b = a, b
        return a * b

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return unbroadcast(grad_y * self.b, self.a.shape), unbroadcast(grad_y * self.a, self.b.shape)


def mul(a: Any, b: Any) -> Tensor:
    """Return a * b, element by element."""
    return Mul()(*operands(a, b))


class Clone(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return x.copy()

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (grad_y,)


def clone(x: Tensor) -> Tensor:
    """Return a copy that gradients flow through."""
    return Clone()(x)
