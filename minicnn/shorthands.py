"""Torch's names for taking parts of tensors by places and masks, which `x[...]` does, too."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import ops
from minicnn._checks import integer
from minicnn.ops._operands import axis
from minicnn.tensor import Tensor, as_tensor


def unbind(x: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Return the parts of `x` along an axis, each without it.

    Raises:
        ValueError: If there is no such axis.

    Example:
        >>> unbind([[1, 2], [3, 4]])
        (tensor([1, 2]), tensor([3, 4]))
    """
    x = as_tensor(x)
    dim = axis("unbind", dim, x.ndim)
    return tuple([x[(slice(None),) * dim + (i,)] for i in range(x.shape[dim])])


def select(x: Any, dim: int, index: int) -> Tensor:
    """Return the part of `x` at one place of an axis, without it.

    Raises:
        ValueError: If there is no such axis.
        IndexError: If it has no such place.

    Example:
        >>> select([[1, 2], [3, 4]], 1, 0)
        tensor([1, 3])
    """
    x = as_tensor(x)
    dim = axis("select", dim, x.ndim)
    return x[(slice(None),) * dim + (integer("select", "index", index),)]


def narrow(x: Any, dim: int, start: int, length: int) -> Tensor:
    """Return `length` places of an axis, from `start` on.

    Raises:
        ValueError: If there is no such axis, or it has not so many places.

    Example:
        >>> narrow([1, 2, 3, 4], 0, 1, 2)
        tensor([2, 3])
    """
    x = as_tensor(x)
    dim = axis("narrow", dim, x.ndim)
    start, length = integer("narrow", "start", start), integer("narrow", "length", length)
    n = x.shape[dim]
    first = start + n if start < 0 else start
    if not 0 <= first <= first + length <= n:
        raise ValueError(
            f"narrow: start and length must lie within x.shape[{dim}] = {n}, got {start}, {length}"
        )
    return x[(slice(None),) * dim + (slice(first, first + length),)]


def index_select(x: Any, dim: int, index: Any) -> Tensor:
    """Return the places of an axis that `index` names, in its order.

    Args:
        x: Any shape but ().
        dim: The axis.
        index: Integers along one axis, from 0 to x.shape[dim] - 1.

    Raises:
        ValueError: If there is no such axis, or `index` has more than one.
        TypeError: If `index` is not of integers.
        IndexError: If there is no such place.

    Example:
        >>> index_select([[1, 2], [3, 4]], 1, [1, 0]).tolist()
        [[2, 1], [4, 3]]
    """
    x, places = as_tensor(x), as_tensor(index).data
    dim = axis("index_select", dim, x.ndim)
    if places.dtype.kind not in "iu":
        raise TypeError(f"index_select: index must be of integers, got {places.dtype}")
    if places.ndim > 1:
        raise ValueError(f"index_select: index must have one axis, got shape {places.shape}")
    n = x.shape[dim]
    if places.size and not 0 <= int(places.min()) <= int(places.max()) < n:
        raise IndexError(f"index_select: index must be from 0 to x.shape[{dim}] - 1 = {n - 1}")
    return x[(slice(None),) * dim + (places.reshape(-1),)]


def repeat_interleave(x: Any, repeats: int, dim: int | None = None) -> Tensor:
    """Return each element several times in a row, along an axis.

    Args:
        x: Any shape.
        repeats: How often.
        dim: The axis; None for all elements in C order, along one axis.

    Raises:
        ValueError: If there is no such axis, or `repeats` is negative.

    Example:
        >>> repeat_interleave([1, 2], 2)
        tensor([1, 1, 2, 2])
    """
    x = as_tensor(x)
    times = integer("repeat_interleave", "repeats", repeats)
    if times < 0:
        raise ValueError(f"repeat_interleave: repeats must not be negative, got {times}")
    if dim is None:
        x, dim = x.reshape(-1), 0
    dim = axis("repeat_interleave", dim, x.ndim)
    return index_select(x, dim, np.repeat(np.arange(x.shape[dim]), times))


def masked_fill(x: Any, mask: Any, value: float) -> Tensor:
    """Return `x` with one number where the mask is true.

    Args:
        x: Any shape.
        mask: Booleans; its shape broadcasts with that of `x`.
        value: The number, in the dtype of `x`.

    Raises:
        TypeError: If the mask is not boolean.
        ValueError: If the shapes do not broadcast.

    Example:
        >>> masked_fill([1.0, 2.0], [True, False], 0.0)
        tensor([0., 2.])
    """
    x, mask = as_tensor(x), as_tensor(mask)
    if mask.dtype.kind != "b":
        raise TypeError(f"masked_fill: mask must be boolean, got {mask.dtype}")
    return ops.where(mask, np.asarray(value, x.dtype), x)


def masked_select(x: Any, mask: Any) -> Tensor:
    """Return the elements of `x` where the mask of the same shape is true, along one axis.

    Raises:
        TypeError: If the mask is not boolean.
        ValueError: If it has another shape.

    Example:
        >>> masked_select([1.0, 2.0, 3.0], [True, False, True])
        tensor([1., 3.])
    """
    x, mask = as_tensor(x), as_tensor(mask)
    if mask.dtype.kind != "b":
        raise TypeError(f"masked_select: mask must be boolean, got {mask.dtype}")
    if mask.shape != x.shape:
        raise ValueError(f"masked_select: mask must have x's shape {x.shape}, got {mask.shape}")
    return x[mask]


def movedim(x: Any, source: int, destination: int) -> Tensor:
    """Move an axis to another place; the others keep their order.

    Raises:
        ValueError: If there is no such axis.

    Example:
        >>> movedim(np.ones((2, 3, 4)), 0, -1).shape
        (3, 4, 2)
    """
    x = as_tensor(x)
    first = axis("movedim", source, x.ndim, "source")
    order = [i for i in range(x.ndim) if i != first]
    order.insert(axis("movedim", destination, x.ndim, "destination"), first)
    return ops.permute(x, tuple(order))


def tril(x: Any, diagonal: int = 0) -> Tensor:
    """Return matrices with 0 above a diagonal: 0 for the main one, 1 for the next above it.

    Raises:
        ValueError: If `x` has fewer than two axes.

    Example:
        >>> tril([[1, 2], [3, 4]]).tolist()
        [[1, 0], [3, 4]]
    """
    return _triangle("tril", x, diagonal, np.tril)


def triu(x: Any, diagonal: int = 0) -> Tensor:
    """Return matrices with 0 below a diagonal; arguments and errors as of `tril`.

    Example:
        >>> triu([[1, 2], [3, 4]]).tolist()
        [[1, 2], [0, 4]]
    """
    return _triangle("triu", x, diagonal, np.triu)


def _triangle(op: str, x: Any, diagonal: int, part: Any) -> Tensor:
    x = as_tensor(x)
    if x.ndim < 2:
        raise ValueError(f"{op}: x must have two axes or more, got shape {x.shape}")
    kept = part(np.ones(x.shape[-2:], bool), integer(op, "diagonal", diagonal))
    return masked_fill(x, ~kept, 0)
