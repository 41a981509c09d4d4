"""Taking elements by their places: x[...] and gather."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autograd import Function
from minicnn.ops._operands import axis
from minicnn.tensor import Tensor, as_tensor


class GetItem(Function):
    """x[index]; an element taken several times gets the sum of the gradients."""

    def __init__(self, index: Any) -> None:
        self.index = index

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        try:
            return x[self.index]
        except (IndexError, OverflowError) as error:
            raise IndexError(f"getitem: x has shape {x.shape}: {error}") from None

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        grad_x = np.zeros(self.x_shape, grad_y.dtype)
        if _may_repeat(self.index):
            np.add.at(grad_x, self.index, grad_y)
        else:
            grad_x[self.index] = grad_y
        return (grad_x,)


class Gather(Function):
    def __init__(self, dim: int, index: np.ndarray) -> None:
        self.dim, self.index = dim, index

    def _block(self, x: np.ndarray) -> np.ndarray:
        """Return the part of `x` that the index covers: along other axes it may be smaller."""
        part = [slice(size) for size in self.index.shape]
        part[self.dim] = slice(None)
        return x[tuple(part)]

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        return np.take_along_axis(self._block(x), self.index, self.dim)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        grad_x = np.zeros(self.x_shape, grad_y.dtype)
        if self.index.shape[self.dim] == 1:  # one element of each row: none twice
            np.put_along_axis(self._block(grad_x), self.index, grad_y, self.dim)
        else:
            places = list(np.ogrid[tuple([slice(size) for size in self.index.shape])])
            places[self.dim] = self.index
            np.add.at(grad_x, tuple(places), grad_y)
        return (grad_x,)


def _may_repeat(index: Any) -> bool:
    """Whether `index` could name an element twice: only arrays of several integers can."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(p, np.ndarray) and p.dtype.kind in "iu" and p.size > 1 for p in parts)


def as_index(part: Any) -> Any:
    """Return one part of an index as NumPy takes it."""
    if isinstance(part, Tensor):
        return part.data
    if isinstance(part, (list, range)):
        array = np.asarray(part)
        return array if array.size else array.astype(np.intp)
    return part


def getitem(x: Any, index: Any) -> Tensor:
    """Return x[index]: a view for ints, slices, None and ..., else a copy.

    As in torch, and unlike in NumPy, an int beside arrays takes its axis away first, so that
    x[0, :, [2, 3]] has the shape of x[0][:, [2, 3]].

    Args:
        x: Any shape.
        index: An int, slice, None, ..., an array of integers or booleans, or a tuple of these.

    Raises:
        IndexError: If a place is outside of `x`, or the index is of another type.

    Example:
        >>> getitem([[1, 2], [3, 4]], (slice(None), 1))
        tensor([2, 4])
    """
    x = as_tensor(x)
    if not isinstance(index, tuple):
        return GetItem(as_index(index))(x)
    parts = tuple([as_index(p) for p in index])
    if any(map(_is_array, parts)) and any(map(_is_int, parts)):
        x = GetItem(_only_ints(parts))(x)
        parts = tuple([p for p in parts if not _is_int(p)])
    return GetItem(parts)(x)


def _is_int(part: Any) -> bool:
    return isinstance(part, (int, np.integer)) and not isinstance(part, bool)


def _is_array(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.ndim > 0


def _only_ints(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the index that does what the ints of another one do, and leaves the other axes."""
    out: list[Any] = []
    for part in parts:
        if part is Ellipsis or _is_int(part):
            out.append(part)
        elif part is not None:  # booleans take as many axes as they have
            masked = isinstance(part, np.ndarray) and part.dtype.kind == "b"
            out += [slice(None)] * (part.ndim if masked else 1)
    return tuple(out)


def gather(x: Any, dim: int, index: Any) -> Tensor:
    """Take one element of `x` for each place of `index`, its coordinate along `dim` from there.

    Args:
        x: Any shape but ().
        dim: The axis.
        index: Integers from 0 to x.shape[dim] - 1, with as many axes as `x`, and along the others
            no larger.

    Returns:
        The shape of `index`: y[i][j] = x[index[i][j]][j] for dim=0, x[i][index[i][j]] for dim=1.

    Raises:
        ValueError: If there is no such axis, or the shape of `index` does not fit.
        TypeError: If `index` is not of integers.
        IndexError: If an index is outside of `x`.

    Example:
        >>> gather([[1, 2], [3, 4]], 1, [[1], [0]]).tolist()
        [[2], [3]]
    """
    x, index = as_tensor(x), as_tensor(index).data
    dim = axis("gather", dim, x.data.ndim)
    if index.dtype.kind not in "iu":
        raise TypeError(f"gather: index must be of integers, got {index.dtype}")
    larger = [i for i, n in enumerate(index.shape[: x.data.ndim]) if i != dim and n > x.shape[i]]
    if index.ndim != x.data.ndim or larger:
        raise ValueError(
            f"gather: index must have as many axes as x, of shape {x.shape}, and be no larger along"
            f" any but dim {dim}, got shape {index.shape}"
        )
    n = x.shape[dim]
    if index.size and not 0 <= int(index.min()) <= int(index.max()) < n:
        raise IndexError(
            f"gather: index must be from 0 to x.shape[{dim}] - 1 = {n - 1}, got"
            f" {index.min()} to {index.max()}"
        )
    return Gather(dim, index)(x)
