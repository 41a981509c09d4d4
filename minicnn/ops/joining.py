"""Joining tensors (cat, stack) and cutting one into several (split, chunk)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.autograd import Function
from minicnn.ops._operands import axis, common_dtype, converted
from minicnn.ops.indexing import GetItem
from minicnn.tensor import Tensor, as_tensor


class Cat(Function):
    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, *arrays: np.ndarray) -> np.ndarray:
        self.sizes = [array.shape[self.dim] for array in arrays]
        return np.concatenate(arrays, axis=self.dim)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(np.split(grad_y, np.cumsum(self.sizes)[:-1], axis=self.dim))


class Stack(Function):
    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, *arrays: np.ndarray) -> np.ndarray:
        return np.stack(arrays, axis=self.dim)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(np.moveaxis(grad_y, self.dim, 0))


def _alike(op: str, tensors: Sequence[Any]) -> list[Tensor]:
    """Return the tensors in their common dtype; raise unless there are some."""
    if isinstance(tensors, Tensor) or not isinstance(tensors, Sequence):
        raise TypeError(f"{op}: tensors must be a list or tuple of them, got {type(tensors)}")
    if not tensors:
        raise ValueError(f"{op}: needs at least one tensor, got none")
    tensors = [as_tensor(t) for t in tensors]
    dtype = tensors[0].data.dtype
    for t in tensors[1:]:
        if t.data.dtype != dtype:
            dtype = common_dtype(np.empty(1, dtype), np.empty(1, t.data.dtype))
    return [converted(t, dtype) for t in tensors]


def cat(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """Join tensors along an axis that they have.

    Args:
        tensors: Tensors whose shapes differ along `dim` at most.
        dim: The axis.

    Raises:
        ValueError: If there are no tensors, there is no such axis, or the shapes do not fit.

    Example:
        >>> cat([[1, 2], [3]])
        tensor([1, 2, 3])
    """
    parts = _alike("cat", tensors)
    first = parts[0].data
    dim = axis("cat", dim, first.ndim)
    for i, t in enumerate(parts):
        shape = t.data.shape
        if len(shape) != first.ndim or (
            (*shape[:dim], *shape[dim + 1 :]) != (*first.shape[:dim], *first.shape[dim + 1 :])
        ):
            raise ValueError(
                f"cat: shapes must be equal but along dim {dim}, got {first.shape} for tensors[0]"
                f" and {shape} for tensors[{i}]"
            )
    return Cat(dim)(*parts)


def stack(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """Join tensors of one shape along a new axis.

    Args:
        tensors: Tensors of one shape.
        dim: The new axis's place in the result.

    Raises:
        ValueError: If there are no tensors, or their shapes differ, or the result has no such axis.

    Example:
        >>> stack([[1, 2], [3, 4]], dim=1).tolist()
        [[1, 3], [2, 4]]
    """
    parts = _alike("stack", tensors)
    first = parts[0].data
    for i, t in enumerate(parts):
        if t.data.shape != first.shape:
            raise ValueError(
                f"stack: tensors must have one shape, got {first.shape} for tensors[0] and"
                f" {t.data.shape} for tensors[{i}]"
            )
    return Stack(axis("stack", dim, first.ndim + 1))(*parts)


def split(x: Any, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Cut a tensor along an axis into parts that share its memory.

    Args:
        x: Any shape but ().
        split_size_or_sections: The size of each part, the last one may be smaller; or all sizes.
        dim: The axis.

    Raises:
        ValueError: If there is no such axis, a size is not positive (or negative, in a list), or
            the sizes do not add up to that of the axis.

    Example:
        >>> [part.tolist() for part in split([1, 2, 3, 4, 5], 2)]
        [[1, 2], [3, 4], [5]]
    """
    x = as_tensor(x)
    dim = axis("split", dim, x.data.ndim)
    n = x.data.shape[dim]
    if isinstance(split_size_or_sections, (tuple, list)):
        parts = [integer("split", "a size", size) for size in split_size_or_sections]
        if min(parts, default=0) < 0 or np.sum(parts) != n:
            raise ValueError(
                f"split: sizes must be >= 0 and add up to x.shape[{dim}] = {n}, got {parts}"
            )
    else:
        size = integer("split", "split_size_or_sections", split_size_or_sections)
        if size <= 0:
            raise ValueError(f"split: split_size_or_sections must be positive, got {size}")
        parts = [min(size, n - start) for start in range(0, n, size)] or [0]
    ends = [int(end) for end in np.cumsum(parts)]
    return tuple(
        [
            GetItem((slice(None),) * dim + (slice(end - size, end),))(x)
            for end, size in zip(ends, parts)
        ]
    )


def chunk(x: Any, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut a tensor along an axis into at most `chunks` parts of equal size but for the last.

    Args:
        x: Any shape but ().
        chunks: How many parts; there are fewer if the size is not divisible that way.
        dim: The axis.

    Raises:
        ValueError: If there is no such axis, or `chunks` is not positive.

    Example:
        >>> [part.tolist() for part in chunk([1, 2, 3, 4, 5], 3)]
        [[1, 2], [3, 4], [5]]
    """
    x = as_tensor(x)
    chunks = integer("chunk", "chunks", chunks)
    if chunks <= 0:
        raise ValueError(f"chunk: chunks must be positive, got {chunks}")
    n = x.data.shape[axis("chunk", dim, x.data.ndim)]
    return split(x, max(-(-n // chunks), 1), dim)
