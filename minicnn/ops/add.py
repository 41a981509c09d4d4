"""Addition: kernel in cpp/add/, tests in tests/ops/test_add.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._arrays import added
from minicnn.autograd import Function
from minicnn.ops._operands import broadcast, operands, unbroadcast
from minicnn.tensor import Tensor


class Add(Function):
    """y = a + b; the gradient of both is that of y, summed over stretched axes."""

    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        self.shapes = a.shape, b.shape
        return added(a, b)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        grad_a = unbroadcast(grad_y, self.shapes[0]) if self.needs_grad[0] else None
        grad_b = unbroadcast(grad_y, self.shapes[1]) if self.needs_grad[1] else None
        return grad_a, grad_b


def add(x: Any, other: Any) -> Tensor:
    """Return x + other, element by element.

    Args:
        x: A tensor, array or number.
        other: The same; the shapes broadcast.

    Returns:
        The broadcast shape. A Python number takes the tensor's dtype.

    Raises:
        ValueError: If the shapes do not broadcast.

    Example:
        >>> add([1.0, 2.0], 0.5)
        tensor([1.5, 2.5])
    """
    return broadcast("add", Add(), *operands("add", x, other))
