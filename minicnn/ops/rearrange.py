"""Moving axes (permute, transpose) and elements (flip, roll), and repeating (expand, repeat)."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.autograd import Function
from minicnn.ops._operands import axis, named_axes, unbroadcast
from minicnn.ops._sums import summed
from minicnn.ops.shape import check_memory, sizes
from minicnn.tensor import Tensor, as_tensor


class Permute(Function):
    def __init__(self, dims: tuple[int, ...]) -> None:
        self.dims = dims

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x.transpose(self.dims)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        back = [0] * len(self.dims)
        for place, dim in enumerate(self.dims):
            back[dim] = place
        return (grad_y.transpose(back),)


class Flip(Function):
    def __init__(self, dims: tuple[int, ...]) -> None:
        self.dims = dims

    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.flip(x, self.dims).copy()

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (np.flip(grad_y, self.dims),)


class Roll(Function):
    def __init__(self, shifts: tuple[int, ...], dims: tuple[int, ...] | None) -> None:
        self.shifts, self.dims = shifts, dims

    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.roll(x, self.shifts, self.dims)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (np.roll(grad_y, tuple([-shift for shift in self.shifts]), self.dims),)


class Expand(Function):
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        return np.broadcast_to(x, self.shape)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (unbroadcast(grad_y, self.x_shape),)


class Repeat(Function):
    def __init__(self, repeats: tuple[int, ...]) -> None:
        self.repeats = repeats

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        return np.tile(x, self.repeats)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        shape = (1,) * (len(self.repeats) - len(self.x_shape)) + self.x_shape
        pairs = [size for pair in zip(self.repeats, shape) for size in pair]
        copies = grad_y.reshape(pairs)  # (repeats[0], shape[0], repeats[1], shape[1], ...)
        grad_x = summed(copies, tuple(range(0, len(pairs), 2)), keepdim=False)
        return (grad_x.reshape(self.x_shape),)


def permute(x: Any, dims: tuple[int, ...]) -> Tensor:
    """Put the axes in another order: axis i of the result is axis dims[i] of `x`.

    Raises:
        ValueError: If `dims` does not name each axis of `x` once.

    Example:
        >>> permute(np.ones((2, 3, 4)), (2, 0, 1)).shape
        (4, 2, 3)
    """
    x = as_tensor(x)
    ndim = x.data.ndim
    order = tuple([axis("permute", dim, ndim) for dim in sizes("permute", dims)])
    if sorted(order) != list(range(ndim)):
        raise ValueError(f"permute: dims must name each of {ndim} axes once, got {dims}")
    return Permute(order)(x)


def transpose(x: Any, dim0: int, dim1: int) -> Tensor:
    """Exchange two axes.

    Raises:
        ValueError: If there is no such axis.

    Example:
        >>> transpose(np.ones((2, 3, 4)), 0, -1).shape
        (4, 3, 2)
    """
    x = as_tensor(x)
    first = axis("transpose", dim0, x.data.ndim, "dim0")
    second = axis("transpose", dim1, x.data.ndim, "dim1")
    order = list(range(x.data.ndim))
    order[first], order[second] = second, first
    return Permute(tuple(order))(x)


def flip(x: Any, dims: int | tuple[int, ...]) -> Tensor:
    """Reverse the order of the elements along some axes.

    Raises:
        ValueError: If there is no such axis, or one is named twice.

    Example:
        >>> flip([1, 2, 3], 0)
        tensor([3, 2, 1])
    """
    x = as_tensor(x)
    return Flip(named_axes("flip", dims, x.data.ndim))(x)


def roll(
    x: Any, shifts: int | tuple[int, ...], dims: int | tuple[int, ...] | None = None
) -> Tensor:
    """Move the elements `shifts` places along some axes; what leaves at an end enters at the other.

    Args:
        x: Any shape.
        shifts: Places to move, one number for each of `dims`.
        dims: The axes; None rolls all elements in C order.

    Raises:
        ValueError: If there is no such axis, or there are not as many shifts as axes.

    Example:
        >>> roll([1, 2, 3], 1)
        tensor([3, 1, 2])
    """
    x = as_tensor(x)
    steps = tuple(shifts) if isinstance(shifts, (tuple, list)) else (shifts,)
    steps = tuple([integer("roll", "shifts", step) for step in steps])
    if dims is None:
        if len(steps) != 1:
            raise ValueError(f"roll: without dims, shifts must be one int, got {shifts}")
        return Roll(steps, None)(x)
    dims = tuple(dims) if isinstance(dims, (tuple, list)) else (dims,)
    if len(steps) != len(dims):
        raise ValueError(f"roll: needs one shift for each axis, got shifts {shifts}, dims {dims}")
    return Roll(steps, tuple([axis("roll", dim, x.data.ndim, "dims") for dim in dims]))(x)


def expand(x: Any, shape: int | tuple[int, ...]) -> Tensor:
    """Stretch axes of size 1, and add axes in front, without a copy.

    Args:
        x: Any shape.
        shape: The sizes; -1 keeps that of `x`.

    Raises:
        ValueError: If `x` does not broadcast to that shape.

    Example:
        >>> expand([[1], [2]], (-1, 3)).tolist()
        [[1, 1, 1], [2, 2, 2]]
    """
    x = as_tensor(x)
    asked = sizes("expand", shape)
    added = len(asked) - x.data.ndim
    kept = (0,) * added + x.data.shape  # the size that -1 stands for, which new axes do not have
    new = tuple([kept[i] if n == -1 and i >= added else n for i, n in enumerate(asked)])
    fits = added >= 0 and all(m in (1, n) for m, n in zip(x.data.shape, new[max(added, 0) :]))
    if not fits or min(new, default=0) < 0:
        raise ValueError(f"expand: x of shape {x.shape} does not broadcast to {asked}")
    check_memory("expand", new)
    return Expand(new)(x)


def repeat(x: Any, repeats: int | tuple[int, ...]) -> Tensor:
    """Lay copies of `x` side by side, repeats[i] of them along axis i, new axes in front.

    Raises:
        ValueError: If there are fewer numbers than axes, or a negative one.

    Example:
        >>> repeat([1, 2], (2, 2)).tolist()
        [[1, 2, 1, 2], [1, 2, 1, 2]]
    """
    x = as_tensor(x)
    counts = sizes("repeat", repeats)
    if len(counts) < x.data.ndim or min(counts, default=0) < 0:
        raise ValueError(
            f"repeat: needs a number >= 0 for each axis of x, of shape {x.shape}, got {counts}"
        )
    added = (1,) * (len(counts) - x.data.ndim)
    check_memory("repeat", tuple([m * n for m, n in zip(counts, added + x.data.shape)]))
    return Repeat(counts)(x)
