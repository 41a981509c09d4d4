"""Sums and their like over some or all axes."""

from __future__ import annotations

import numpy as np

from minicnn.autograd import Function
from minicnn.tensor import Tensor


class Sum(Function):
    def __init__(self, dim: int | tuple[int, ...] | None, keepdim: bool) -> None:
        self.dim, self.keepdim = dim, keepdim

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        return x.sum(axis=self.dim, keepdims=self.keepdim)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        if self.dim is not None and not self.keepdim:
            grad_y = np.expand_dims(grad_y, self.dim)
        return (np.broadcast_to(grad_y, self.x_shape),)


def sum(x: Tensor, dim: int | tuple[int, ...] | None = None, keepdim: bool = False) -> Tensor:
    """Sum over the axes `dim`, or over all."""
    return Sum(dim, keepdim)(x)
