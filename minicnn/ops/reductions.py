"""Sums, means and their like over some or all axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn.autograd import Function
from minicnn.ops._operands import axes, axis, require_floating
from minicnn.ops._sums import summed
from minicnn.tensor import Tensor, as_tensor


class Reduction(Function):
    """What reductions share: the axes `dims`, counted from the first, and whether they stay."""

    x_shape: tuple[int, ...]

    def __init__(self, dims: tuple[int, ...], keepdim: bool) -> None:
        self.dims, self.keepdim = dims, keepdim

    def count(self) -> int:
        """Return how many elements go into one result."""
        return math.prod([self.x_shape[dim] for dim in self.dims])

    def kept(self, y: np.ndarray) -> np.ndarray:
        """Return `y`, a result or its gradient, with the reduced axes as axes of size 1."""
        return y if self.keepdim or not self.dims else np.expand_dims(y, self.dims)

    def squeezed(self, y: np.ndarray) -> np.ndarray:
        """Return `y`, which has the reduced axes with size 1, as the caller asked for it."""
        return y if self.keepdim or not self.dims else y.squeeze(self.dims)


class Sum(Reduction):
    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        return summed(x, self.dims, self.keepdim)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (np.broadcast_to(self.kept(grad_y), self.x_shape),)


class Mean(Reduction):
    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        return summed(x, self.dims, self.keepdim) / x.dtype.type(self.count())

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        share = grad_y / grad_y.dtype.type(self.count())
        return (np.broadcast_to(self.kept(share), self.x_shape),)


class Var(Reduction):
    """The variance, or with `root` the standard deviation, whose gradient at 0 is 0."""

    def __init__(self, dims: tuple[int, ...], keepdim: bool, correction: float, root: bool) -> None:
        super().__init__(dims, keepdim)
        self.correction, self.root = correction, root

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        mean = summed(x, self.dims, keepdim=True) / x.dtype.type(self.count())
        self.centred = x - mean
        self.freedom = x.dtype.type(max(self.count() - self.correction, 0))
        y = summed(self.centred * self.centred, self.dims, keepdim=True) / self.freedom
        self.y = np.sqrt(y) if self.root else y
        return self.squeezed(self.y)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        grad = self.kept(grad_y)
        if self.root:
            grad = np.where(self.y == 0, grad.dtype.type(0), grad / (self.y + self.y))
        return (grad * (self.centred + self.centred) / self.freedom,)


class Prod(Reduction):
    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape, self.x = x.shape, np.asarray(x, order="C")
        return np.asarray(self.x.prod(axis=self.dims, keepdims=bool(self.keepdim)))

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        # the product of all others is that of those before times that of those after: this also
        # holds where an element is 0, unlike y / x
        all_axes = len(self.dims) == self.x.ndim
        x = self.x.reshape(-1, 1) if all_axes else np.moveaxis(self.x, self.dims[0], 0)
        before, after = np.ones_like(x), np.ones_like(x)
        np.cumprod(x[:-1], axis=0, out=before[1:])
        np.cumprod(x[:0:-1], axis=0, out=after[-2::-1])
        others = before * after
        others = others.reshape(self.x_shape) if all_axes else np.moveaxis(others, 0, self.dims[0])
        return (self.kept(grad_y) * others,)


class LogSumExp(Reduction):
    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape, self.x = x.shape, np.asarray(x, order="C")
        largest = self.x.max(axis=self.dims, keepdims=True)
        largest = np.where(np.isfinite(largest), largest, x.dtype.type(0))
        self.y = np.log(summed(np.exp(self.x - largest), self.dims, keepdim=True)) + largest
        return self.squeezed(self.y)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        share = np.where(self.y == -np.inf, grad_y.dtype.type(0), np.exp(self.x - self.y))
        return (self.kept(grad_y) * share,)


def sum(x: Any, dim: int | tuple[int, ...] | None = None, keepdim: bool = False) -> Tensor:
    """Add the elements up along some axes.

    The order of the additions depends on the shape alone, and the error grows with log(n).

    Args:
        x: Any shape.
        dim: The axis or axes to sum over; None for all.
        keepdim: Whether these axes stay, with size 1.

    Returns:
        The shape of `x` without those axes; booleans and integers are counted in int64.

    Raises:
        ValueError: If there is no such axis, or one is named twice.
        TypeError: If `dim` is not an int or a tuple of them.

    Example:
        >>> sum([[1.0, 2.0], [3.0, 4.0]], dim=0)
        tensor([4., 6.])
    """
    x = as_tensor(x)
    return Sum(axes("sum", dim, x.data.ndim), keepdim)(x)


def mean(x: Any, dim: int | tuple[int, ...] | None = None, keepdim: bool = False) -> Tensor:
    """Return the mean along some axes; arguments as of `sum`, and NaN for the mean of nothing.

    Raises:
        TypeError: If `x` is not floating point.

    Example:
        >>> mean([[1.0, 2.0], [3.0, 4.0]], dim=0)
        tensor([2., 3.])
    """
    x = require_floating("mean", x)
    return Mean(axes("mean", dim, x.data.ndim), keepdim)(x)


def _var(op: str, x: Any, dim: Any, unbiased: Any, keepdim: bool, correction: Any) -> Tensor:
    x = require_floating(op, x)
    if isinstance(dim, bool):  # torch's x.var(unbiased)
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        raise TypeError(f"{op}: give unbiased or correction, not both")
    if correction is None:
        correction = 0 if unbiased is False else 1
    if not isinstance(correction, (int, float)):
        raise TypeError(f"{op}: correction must be a number, got {correction!r}")
    return Var(axes(op, dim, x.data.ndim), keepdim, correction, root=op == "std")(x)


def var(
    x: Any,
    dim: int | tuple[int, ...] | None = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Return the variance along some axes: sum((x - mean)^2) / max(n - correction, 0).

    Args:
        x: Any shape.
        dim: The axis or axes; None for all.
        unbiased: False is correction=0, True is correction=1.
        keepdim: Whether these axes stay, with size 1.
        correction: What is taken from the number n of elements; 1 unless `unbiased` says otherwise.

    Returns:
        The shape of `x` without those axes; NaN or inf if n <= correction.

    Raises:
        ValueError: If there is no such axis, or one is named twice.
        TypeError: If `x` is not floating point, or both `unbiased` and `correction` are given.

    Example:
        >>> var([1.0, 2.0, 6.0], correction=0)
        tensor(4.6666665)
    """
    return _var("var", x, dim, unbiased, keepdim, correction)


def std(
    x: Any,
    dim: int | tuple[int, ...] | None = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Return the standard deviation, the root of `var`; arguments and errors as there.

    The gradient where it is 0 is 0.

    Example:
        >>> std([1.0, 3.0, 5.0])
        tensor(2.)
    """
    return _var("std", x, dim, unbiased, keepdim, correction)


def prod(x: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Multiply the elements along one axis, or all; arguments and errors as of `sum`.

    Example:
        >>> prod([[1.0, 2.0], [3.0, 4.0]], dim=0)
        tensor([3., 8.])
    """
    x = as_tensor(x)
    if dim is not None and x.data.ndim:
        dim = axis("prod", dim, x.data.ndim)
    return Prod(axes("prod", dim, x.data.ndim), keepdim)(x)


def logsumexp(x: Any, dim: int | tuple[int, ...], keepdim: bool = False) -> Tensor:
    """Return log(sum(exp(x))) along some axes without overflow; arguments and errors as of `sum`.

    Where all elements are -inf the result is -inf and the gradient 0; one of inf makes it inf.

    Example:
        >>> round(logsumexp([1000.0, 1000.0], dim=0).item(), 2)
        1000.69
    """
    x = require_floating("logsumexp", x)
    dims = axes("logsumexp", dim, x.data.ndim)
    if 0 in [x.data.shape[d] for d in dims]:
        raise ValueError(f"logsumexp: x of shape {x.shape} has no elements along dim {dim}")
    return LogSumExp(dims, keepdim)(x)
