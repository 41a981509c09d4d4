"""Along an axis: sorted elements, the order that sorts them, and running sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autograd import Function
from minicnn.ops._operands import axis
from minicnn.ops.extrema import Pick, ValuesAndIndices
from minicnn.tensor import Tensor, as_tensor


class Cumsum(Function):
    """y[i] = x[0] + ... + x[i] along one axis, added up in this order."""

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: np.ndarray) -> np.ndarray:
        dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.int64)
        return np.cumsum(x, axis=self.dim, dtype=dtype)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        # x[i] is a term of y[i], ..., y[n - 1]
        return (np.flip(np.cumsum(np.flip(grad_y, self.dim), axis=self.dim), self.dim),)


def _order(x: np.ndarray, dim: int, descending: bool) -> np.ndarray:
    """Return what sorts `x`; equal elements stay in their order, and NaN counts as the largest."""
    if not descending:
        return np.argsort(x, axis=dim, kind="stable")
    last = x.shape[dim] - 1  # the reversed axis, read backwards: the first of equals is first
    return last - np.flip(np.argsort(np.flip(x, dim), axis=dim, kind="stable"), dim)


def sort(x: Any, dim: int = -1, descending: bool = False, stable: bool = True) -> ValuesAndIndices:
    """Return the elements sorted along an axis, and where they were.

    Args:
        x: Any shape but ().
        dim: The axis.
        descending: Whether the largest comes first.
        stable: Accepted for PyTorch's sake; equal elements stay in their order in either case.

    Returns:
        The named tuple (values, indices), both of the shape of `x`. NaN counts as the largest.

    Raises:
        ValueError: If there is no such axis.

    Example:
        >>> sort([3.0, 1.0, 2.0])
        ValuesAndIndices(values=tensor([1., 2., 3.]), indices=tensor([1, 2, 0]))
    """
    x = as_tensor(x)
    dim = axis("sort", dim, x.data.ndim)
    order = _order(x.data, dim, descending)
    return ValuesAndIndices(Pick(order, dim)(x), Tensor.of_array(order))


def argsort(x: Any, dim: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """Return the order that sorts `x` along an axis, int64; arguments and errors as of `sort`.

    Example:
        >>> argsort([3.0, 1.0, 2.0], descending=True)
        tensor([0, 2, 1])
    """
    x = as_tensor(x)
    return Tensor.of_array(_order(x.data, axis("argsort", dim, x.data.ndim), descending))


def cumsum(x: Any, dim: int) -> Tensor:
    """Return the running sums along an axis, each element included in its own.

    Args:
        x: Any shape but ().
        dim: The axis.

    Returns:
        The shape of `x`, in its dtype; integers and booleans are added up as int64.

    Raises:
        ValueError: If there is no such axis.

    Example:
        >>> cumsum([1.0, 2.0, 3.0], 0)
        tensor([1., 3., 6.])
    """
    x = as_tensor(x)
    return Cumsum(axis("cumsum", dim, x.data.ndim))(x)
