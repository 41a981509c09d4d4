"""The same elements in another shape. Results share memory with their input where NumPy can."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.autograd import Function
from minicnn.ops._operands import axis, named_axes
from minicnn.tensor import Tensor, as_tensor


class Reshape(Function):
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        return x.reshape(self.shape)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (grad_y.reshape(self.x_shape),)


def sizes(op: str, shape: Any) -> tuple[int, ...]:
    """Return `shape`, one int or several, as a tuple of ints; torch takes (2, 3) and 2, 3 alike."""
    while isinstance(shape, (tuple, list)) and len(shape) == 1 and type(shape[0]) is not int:
        shape = shape[0]
    if not isinstance(shape, (tuple, list)):
        shape = (shape,)
    return tuple([integer(op, "a size", size) for size in shape])


def check_memory(op: str, shape: tuple[int, ...]) -> None:
    """Raise ValueError if no array of float64 can have this shape."""
    size = math.prod([max(n, 1) for n in shape])
    if size > 2**60:
        raise ValueError(f"{op}: a result of shape {shape} would have {size} elements, too many")


def _filled_in(op: str, x: np.ndarray, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return `shape` with the size for its -1, checked to hold the elements of `x`."""
    unknown, count = shape.count(-1), math.prod(shape)
    known = -count if unknown else count  # the product of all sizes but -1
    if unknown > 1 or min(shape, default=0) < -1:
        raise ValueError(f"{op}: sizes must be >= 0, and one may be -1, got {shape}")
    if unknown == 0 and known != x.size:
        reason = f", which has {known}"
    elif unknown and known == 0:
        reason = ": with a size of 0, any size would do for -1"
    elif unknown and x.size % known:
        reason = f": {x.size} is not a multiple of {known}"
    elif unknown:
        return tuple([x.size // known if size == -1 else size for size in shape])
    else:
        return shape
    raise ValueError(
        f"{op}: x of shape {x.shape} has {x.size} elements and cannot become {shape}{reason}"
    )


def reshape(x: Any, shape: int | tuple[int, ...]) -> Tensor:
    """Return the elements of `x`, in C order, in another shape.

    Args:
        x: Any shape.
        shape: The sizes; one may be -1, and is then what remains.

    Raises:
        ValueError: If the shape does not hold as many elements as `x` has.
        TypeError: If a size is not an int.

    Example:
        >>> reshape([1, 2, 3, 4], (2, -1)).shape
        (2, 2)
    """
    x = as_tensor(x)
    return Reshape(_filled_in("reshape", x.data, sizes("reshape", shape)))(x)


def view(x: Any, shape: int | tuple[int, ...]) -> Tensor:
    """Return the elements of `x` in another shape: `reshape`, which copies where no view can do.

    Example:
        >>> view([1, 2, 3, 4], (2, 2)).tolist()
        [[1, 2], [3, 4]]
    """
    x = as_tensor(x)
    return Reshape(_filled_in("view", x.data, sizes("view", shape)))(x)


def flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Merge the axes from `start_dim` to `end_dim`, both included, into one.

    Args:
        x: Any shape; () becomes (1,).
        start_dim: The first axis to merge.
        end_dim: The last axis to merge.

    Raises:
        ValueError: If there is no such axis, or start_dim comes after end_dim.

    Example:
        >>> flatten(np.ones((2, 3, 4)), 1).shape
        (2, 12)
    """
    x = as_tensor(x)
    shape = x.data.shape or (1,)
    start = axis("flatten", start_dim, len(shape), "start_dim")
    end = axis("flatten", end_dim, len(shape), "end_dim")
    if start > end:
        raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    merged = math.prod(shape[start : end + 1])
    return Reshape((*shape[:start], merged, *shape[end + 1 :]))(x)


def unflatten(x: Any, dim: int, sizes: tuple[int, ...]) -> Tensor:
    """Cut one axis into several, the reverse of `flatten`.

    Args:
        x: Any shape but ().
        dim: The axis.
        sizes: The sizes of the new axes; one may be -1, and is then what remains.

    Raises:
        ValueError: If there is no such axis, or its size is not the product of the new ones.

    Example:
        >>> unflatten(np.ones((2, 12)), 1, (3, 4)).shape
        (2, 3, 4)
    """
    x = as_tensor(x)
    dim = axis("unflatten", dim, x.data.ndim)
    if not isinstance(sizes, (tuple, list)):
        raise TypeError(f"unflatten: sizes must be a tuple of ints, got {sizes!r}")
    new = tuple([integer("unflatten", "a size", size) for size in sizes])
    new = _filled_in("unflatten", np.broadcast_to(0, x.data.shape[dim]), new)
    return Reshape((*x.data.shape[:dim], *new, *x.data.shape[dim + 1 :]))(x)


def squeeze(x: Any, dim: int | tuple[int, ...] | None = None) -> Tensor:
    """Remove axes of size 1: all of them, or those that `dim` names; other sizes stay.

    Example:
        >>> squeeze(np.ones((1, 3, 1)), -1).shape
        (1, 3)
    """
    x = as_tensor(x)
    dims = named_axes("squeeze", dim, x.data.ndim)
    return Reshape(tuple([n for i, n in enumerate(x.data.shape) if n != 1 or i not in dims]))(x)


def unsqueeze(x: Any, dim: int) -> Tensor:
    """Insert an axis of size 1, so that it becomes axis `dim` of the result.

    Raises:
        ValueError: If the result has no axis `dim`.

    Example:
        >>> unsqueeze([1, 2, 3], -1).shape
        (3, 1)
    """
    x = as_tensor(x)
    shape = x.data.shape
    dim = axis("unsqueeze", dim, len(shape) + 1)
    return Reshape((*shape[:dim], 1, *shape[dim:]))(x)
