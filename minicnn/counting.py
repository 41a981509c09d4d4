"""What is asked of values, without gradients: whether equal, where not 0, how often which."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.ops._operands import axes
from minicnn.tensor import Tensor, as_tensor


def is_tensor(obj: Any) -> bool:
    """Whether it is a `Tensor`."""
    return isinstance(obj, Tensor)


def numel(x: Any) -> int:
    """Return the number of elements.

    Example:
        >>> numel(np.ones((2, 3)))
        6
    """
    return as_tensor(x).numel()


def equal(x: Any, other: Any) -> bool:
    """Whether two tensors have one shape and equal elements.

    Example:
        >>> equal([1.0, 2.0], [1.0, 2.0])
        True
    """
    return np.array_equal(as_tensor(x).data, as_tensor(other).data)


def allclose(
    x: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether |x - other| <= atol + rtol * |other| everywhere; the shapes broadcast.

    Example:
        >>> allclose([1.0], [1.0 + 1e-7])
        True
    """
    return bool(np.allclose(as_tensor(x).data, as_tensor(other).data, rtol, atol, equal_nan))


def count_nonzero(x: Any, dim: Any = None) -> Tensor:
    """Return how many elements are not 0: of all, or along some axes.

    Raises:
        ValueError: If there is no such axis.

    Example:
        >>> count_nonzero([[1, 0], [2, 3]], dim=1)
        tensor([1, 2])
    """
    x = as_tensor(x).data
    return Tensor(np.asarray(np.count_nonzero(x, axis=axes("count_nonzero", dim, x.ndim))))


def nonzero(x: Any) -> Tensor:
    """Return where the elements are not 0: one row of coordinates for each, in C order.

    Example:
        >>> nonzero([[1, 0], [0, 2]]).tolist()
        [[0, 0], [1, 1]]
    """
    return Tensor(np.argwhere(as_tensor(x).data).astype(np.int64))


def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Tensor:
    """Return how often each of 0, 1, ... occurs.

    Args:
        x: Integers along one axis, none negative.
        weights: What each of them counts, in the shape of `x`; None for 1.
        minlength: The least size of the result.

    Raises:
        TypeError: If `x` is not of integers.
        ValueError: If it has several axes or a negative number, or the weights another shape.

    Example:
        >>> bincount([0, 2, 2])
        tensor([1, 0, 2])
    """
    x = as_tensor(x).data
    if x.dtype.kind not in "iu":
        raise TypeError(f"bincount: x must be of integers, got {x.dtype}")
    if x.ndim != 1 or (x.size and x.min() < 0):
        raise ValueError(
            f"bincount: x must have one axis and no negative number, got shape {x.shape}"
        )
    parts = None if weights is None else as_tensor(weights).data
    if parts is not None and parts.shape != x.shape:
        raise ValueError(f"bincount: weights must have x's shape {x.shape}, got {parts.shape}")
    counts = np.bincount(x, parts, integer("bincount", "minlength", minlength))
    return Tensor(counts if parts is None else counts.astype(parts.dtype))


def unique(x: Any, return_inverse: bool = False, return_counts: bool = False) -> Any:
    """Return the different elements, sorted, along one axis.

    Args:
        x: Any shape.
        return_inverse: Whether to return for each element its place in the result, too.
        return_counts: Whether to return how often each of the result occurs, too.

    Returns:
        A tensor, or a tuple of it and what else was asked for, in this order.

    Example:
        >>> unique([3, 1, 3], return_counts=True)
        (tensor([1, 3]), tensor([1, 2]))
    """
    x = as_tensor(x).data
    values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    found = [Tensor(values)]
    if return_inverse:
        found.append(Tensor(inverse.reshape(x.shape)))
    if return_counts:
        found.append(Tensor(counts))
    return found[0] if len(found) == 1 else tuple(found)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Return the coordinates of all points of a grid, one tensor for each axis.

    Args:
        tensors: The places along each axis, each of one axis itself.
        indexing: "ij": the first tensor runs along the first axis; "xy": along the second.

    Raises:
        ValueError: If a tensor has not one axis, or `indexing` is something else.

    Example:
        >>> y, x = meshgrid(np.arange(2), np.arange(3))
        >>> x.tolist()
        [[0, 1, 2], [0, 1, 2]]
    """
    if indexing not in ("ij", "xy"):
        raise ValueError(f"meshgrid: indexing must be 'ij' or 'xy', got {indexing!r}")
    arrays = [as_tensor(t).data for t in tensors]
    for array in arrays:
        if array.ndim != 1:
            raise ValueError(f"meshgrid: each tensor must have one axis, got shape {array.shape}")
    grids = np.meshgrid(*arrays, indexing=indexing)  # type: ignore[call-overload]
    return tuple([Tensor(grid) for grid in grids])
