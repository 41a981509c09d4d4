"""The largest and smallest elements, and where they are. A NaN counts as both."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from minicnn._checks import integer
from minicnn.autograd import Function
from minicnn.ops._operands import axes, axis
from minicnn.ops.arithmetic import maximum, minimum
from minicnn.ops.reductions import Reduction
from minicnn.tensor import Tensor, as_tensor


class ValuesAndIndices(NamedTuple):
    """Elements of a tensor, and their places along the axis searched (int64)."""

    values: Tensor
    indices: Tensor


class Amax(Reduction):
    """The largest along some axes, or with `smaller` the smallest; ties share the gradient."""

    def __init__(self, dims: tuple[int, ...], keepdim: bool, smaller: bool) -> None:
        super().__init__(dims, keepdim)
        self.smaller = smaller

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x, self.x_shape = x, x.shape
        reduce = x.min if self.smaller else x.max
        self.y = reduce(axis=self.dims, keepdims=True)
        return self.squeezed(self.y)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        chosen = (self.x == self.y) | (np.isnan(self.x) & np.isnan(self.y))
        ties = chosen.sum(axis=self.dims, keepdims=True).astype(grad_y.dtype)
        return (np.where(chosen, self.kept(grad_y) / ties, grad_y.dtype.type(0)),)


class Pick(Function):
    """The elements at `indices` along one axis, none of them twice."""

    def __init__(self, indices: np.ndarray, dim: int) -> None:
        self.indices, self.dim = indices, dim

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        return np.take_along_axis(x, self.indices, self.dim)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        grad_x = np.zeros(self.x_shape, grad_y.dtype)
        np.put_along_axis(grad_x, self.indices, grad_y, self.dim)
        return (grad_x,)


def _searchable(op: str, x: Any, dim: Any) -> Tensor:
    x = as_tensor(x)
    if 0 in [x.data.shape[d] for d in axes(op, dim, x.data.ndim)]:
        raise ValueError(f"{op}: x of shape {x.shape} has no elements along dim {dim}")
    return x


def _arg(op: str, x: np.ndarray, dim: Any, keepdim: bool) -> np.ndarray:
    dims = axes(op, dim, x.ndim)
    find: Any = np.argmax if op.endswith("max") else np.argmin
    one = dim is not None and x.ndim > 0
    return np.asarray(find(x, axis=dims[0] if one else None, keepdims=keepdim))


def _extreme(op: str, x: Any, dim: Any, keepdim: bool) -> Any:
    x = _searchable(op, x, dim)
    if dim is None:
        return Amax(tuple(range(x.data.ndim)), keepdim, op == "min")(x)
    if x.data.ndim == 0:
        axes(op, dim, 0)
        return ValuesAndIndices(Amax((), keepdim, op == "min")(x), as_tensor(0))
    dim = axis(op, dim, x.data.ndim)
    indices = _arg(op, x.data, dim, keepdim=True)
    values = Pick(indices, dim)(x)
    if not keepdim:
        values, indices = values.squeeze(dim), indices.squeeze(dim)
    return ValuesAndIndices(values, Tensor.of_array(indices))


def max(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Return the largest element: of all, along one axis with its place, or of two tensors.

    Args:
        x: Any shape.
        dim: None for all elements; an axis; or a tensor, which makes this `maximum(x, dim)`.
        keepdim: Whether the axis stays, with size 1.

    Returns:
        The largest of all, shape (); equal ones share the gradient. With an axis, the named tuple
        (values, indices), each of the shape of `x` without it; of equal elements the first counts.
        A NaN counts as the largest.

    Raises:
        ValueError: If there is no such axis, or no element.

    Example:
        >>> max([[1.0, 5.0], [3.0, 4.0]], dim=1).indices
        tensor([1, 1])
    """
    if isinstance(dim, Tensor):
        return maximum(x, dim)
    return _extreme("max", x, dim, keepdim)


def min(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Return the smallest element; arguments, result and errors as of `max`.

    Example:
        >>> min([[1.0, 5.0], [3.0, 4.0]])
        tensor(1.)
    """
    if isinstance(dim, Tensor):
        return minimum(x, dim)
    return _extreme("min", x, dim, keepdim)


def amax(x: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Return the largest element along some axes or all; equal ones share the gradient.

    Args:
        x: Any shape.
        dim: The axis or axes; None for all.
        keepdim: Whether these axes stay, with size 1.

    Raises:
        ValueError: If there is no such axis, or no element.

    Example:
        >>> amax([[1.0, 5.0], [3.0, 4.0]], dim=(0, 1))
        tensor(5.)
    """
    x = _searchable("amax", x, dim)
    return Amax(axes("amax", dim, x.data.ndim), keepdim, smaller=False)(x)


def amin(x: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Return the smallest element along some axes or all; arguments and errors as of `amax`.

    Example:
        >>> amin([[1.0, 5.0], [3.0, 4.0]], dim=0)
        tensor([1., 4.])
    """
    x = _searchable("amin", x, dim)
    return Amax(axes("amin", dim, x.data.ndim), keepdim, smaller=True)(x)


def argmax(x: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return where the largest element is, int64; of equal ones the first, and NaN above all.

    Args:
        x: Any shape.
        dim: The axis to search along; None for all elements, counted in C order.
        keepdim: Whether the axis stays, with size 1.

    Raises:
        ValueError: If there is no such axis, or no element.

    Example:
        >>> argmax([[1.0, 5.0], [7.0, 4.0]], dim=1)
        tensor([1, 0])
    """
    return Tensor.of_array(_arg("argmax", _searchable("argmax", x, dim).data, dim, keepdim))


def argmin(x: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return where the smallest element is; arguments and errors as of `argmax`.

    Example:
        >>> argmin([[1.0, 5.0], [7.0, 4.0]], dim=1)
        tensor([0, 1])
    """
    return Tensor.of_array(_arg("argmin", _searchable("argmin", x, dim).data, dim, keepdim))


def topk(
    x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> ValuesAndIndices:
    """Return the `k` largest elements along an axis, the largest first, and their places.

    Args:
        x: Any shape but ().
        k: How many, from 0 to the size of that axis.
        dim: The axis.
        largest: False for the smallest, the smallest first.
        sorted: Accepted for PyTorch's sake; the result is sorted in either case.

    Returns:
        The named tuple (values, indices); of equal elements the first come first. NaN is largest.

    Raises:
        ValueError: If there is no such axis, or it has fewer than `k` elements.

    Example:
        >>> topk([3.0, 1.0, 2.0], 2)
        ValuesAndIndices(values=tensor([3., 2.]), indices=tensor([0, 2]))
    """
    x = as_tensor(x)
    k, dim = integer("topk", "k", k), axis("topk", dim, x.data.ndim)
    n = x.data.shape[dim]
    if not 0 <= k <= n:
        raise ValueError(f"topk: k must be from 0 to x.shape[{dim}] = {n}, got {k}")
    if largest:  # a stable sort of the reversed axis, read backwards: the first of equals is first
        order = n - 1 - np.flip(np.argsort(np.flip(x.data, dim), axis=dim, kind="stable"), dim)
    else:
        order = np.argsort(x.data, axis=dim, kind="stable")
    indices = order[(slice(None),) * dim + (slice(k),)].copy()
    return ValuesAndIndices(Pick(indices, dim)(x), Tensor.of_array(indices))
