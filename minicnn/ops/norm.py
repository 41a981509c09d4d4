"""Vector norms along some or all axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.ops._operands import axes, require_floating
from minicnn.ops._sums import summed
from minicnn.ops.reductions import Reduction
from minicnn.tensor import Tensor


class Norm(Reduction):
    def __init__(self, dims: tuple[int, ...], keepdim: bool, p: float) -> None:
        super().__init__(dims, keepdim)
        self.p = p

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x, self.x_shape, p = x, x.shape, self.p
        size = np.abs(np.asarray(x, order="C"))
        if p == np.inf:
            self.y = size.max(axis=self.dims, keepdims=True, initial=0)
        elif p == 1:
            self.y = summed(size, self.dims, keepdim=True)
        elif p == 2:
            self.y = np.sqrt(summed(size * size, self.dims, keepdim=True))
        else:
            self.y = np.power(summed(np.power(size, p), self.dims, keepdim=True), 1 / p)
        return self.squeezed(self.y)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        x, y, p = self.x, self.y, self.p
        if p == np.inf:
            largest = (np.abs(x) == y).astype(x.dtype)
            slope = np.sign(x) * (largest / largest.sum(axis=self.dims, keepdims=True))
        elif p == 1:
            slope = np.sign(x)
        elif p == 2:
            slope = np.where(y == 0, y, x / y)
        else:  # sign(x) * (|x| / y)^(p - 1), and 0 at x = 0
            ratio = np.asarray(np.abs(x) / np.where(y == 0, 1, y).astype(x.dtype), order="C")
            slope = np.where(x == 0, ratio, np.sign(x) * np.power(ratio, p - 1))
        return (self.kept(grad_y) * slope,)


def norm(x: Any, p: float | str = "fro", dim: Any = None, keepdim: bool = False) -> Tensor:
    """Return sum(|x|^p)^(1/p) along some axes: the length of each vector; at 0 its gradient is 0.

    Args:
        x: Any shape.
        p: The order, a positive number or inf; "fro" is 2.
        dim: The axis or axes; None for all.
        keepdim: Whether these axes stay, with size 1.

    Returns:
        The shape of `x` without those axes. For p = inf, the largest |x|; equal ones share the
        gradient.

    Raises:
        ValueError: If `p` is not positive, or there is no such axis.
        TypeError: If `x` is not floating point.

    Example:
        >>> norm([3.0, 4.0])
        tensor(5.)
    """
    x = require_floating("norm", x)
    if p == "fro":
        p = 2
    if not isinstance(p, (int, float)):
        raise TypeError(f'norm: p must be a number or "fro", got {p!r}')
    if not p > 0:
        raise ValueError(f"norm: p must be positive, got {p}")
    return Norm(axes("norm", dim, x.data.ndim), keepdim, p)(x)
