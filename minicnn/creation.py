"""New tensors under torch's names: filled, counted up, or drawn at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.ops.shape import check_memory
from minicnn.ops.shape import sizes as sizes_of
from minicnn.random import default_generator
from minicnn.tensor import Tensor, as_tensor


def _shape(op: str, size: Any) -> tuple[int, ...]:
    """Return the sizes of `zeros(2, 3)` or `zeros((2, 3))`; raise unless none is negative."""
    shape = sizes_of(op, size)
    if min(shape, default=0) < 0:
        raise ValueError(f"{op}: sizes must not be negative, got {shape}")
    check_memory(op, shape)
    return shape


def _dtype(op: str, dtype: Any) -> np.dtype[Any]:
    """Return the dtype of random numbers: float32 or float64."""
    found = np.dtype(dtype)
    if found not in (np.float32, np.float64):
        raise TypeError(f"{op}: dtype must be float32 or float64, got {found}")
    return found


def full(size: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Return a tensor of one number: float32 for a float, int64 for an int, unless dtype is given.

    Example:
        >>> full((2,), 0.5)
        tensor([0.5, 0.5])
    """
    if dtype is None:
        dtype = Tensor(fill_value).dtype
    return Tensor(np.full(_shape("full", size), fill_value, dtype), requires_grad)


def zeros(*size: Any, dtype: Any = np.float32, requires_grad: bool = False) -> Tensor:
    """Return zeros of this shape.

    Example:
        >>> zeros(2, 3).shape
        (2, 3)
    """
    return Tensor(np.zeros(_shape("zeros", size), dtype), requires_grad)


def ones(*size: Any, dtype: Any = np.float32, requires_grad: bool = False) -> Tensor:
    """Return ones of this shape.

    Example:
        >>> ones((2,))
        tensor([1., 1.])
    """
    return Tensor(np.ones(_shape("ones", size), dtype), requires_grad)


def zeros_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Return zeros of x's shape, and of its dtype if none is given."""
    return Tensor(np.zeros(as_tensor(x).shape, dtype or as_tensor(x).dtype), requires_grad)


def ones_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Return ones of x's shape, and of its dtype if none is given."""
    return Tensor(np.ones(as_tensor(x).shape, dtype or as_tensor(x).dtype), requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = np.float32) -> Tensor:
    """Return an n x m matrix (n x n if there is no m) with ones on its diagonal, else zeros.

    Example:
        >>> eye(2).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    shape = _shape("eye", (integer("eye", "n", n), integer("eye", "m", n if m is None else m)))
    return Tensor(np.eye(*shape, dtype=dtype))


def arange(start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None) -> Tensor:
    """Return start, start + step, ... below end; `arange(end)` begins at 0.

    Integers give int64, a float among them float32, unless dtype is given.

    Raises:
        ValueError: If step is 0, or leads away from end.

    Example:
        >>> arange(1, 2.5, 0.5)
        tensor([1. , 1.5, 2. ])
    """
    first, last = (0, start) if end is None else (start, end)
    if step == 0 or (last - first) * step < 0:
        raise ValueError(
            f"arange: step must lead from start to end, got {first}, {last} and step {step}"
        )
    if dtype is None:
        whole = all(isinstance(value, (int, np.integer)) for value in (first, last, step))
        dtype = np.int64 if whole else np.float32
    check_memory("arange", (int((last - first) / step) + 1,))
    return Tensor(np.arange(first, last, step).astype(dtype))


def linspace(start: float, end: float, steps: int, *, dtype: Any = np.float32) -> Tensor:
    """Return `steps` numbers at equal distances from start to end, both included.

    Example:
        >>> linspace(0, 1, 3)
        tensor([0. , 0.5, 1. ])
    """
    (count,) = _shape("linspace", (integer("linspace", "steps", steps),))
    return Tensor(np.linspace(start, end, count).astype(dtype))


def rand(*size: Any, dtype: Any = np.float32, requires_grad: bool = False) -> Tensor:
    """Return numbers drawn evenly from [0, 1), by `minicnn.random.default_generator`."""
    values = default_generator.random(_shape("rand", size), dtype=_dtype("rand", dtype).type)
    return Tensor(np.asarray(values), requires_grad)


def randn(*size: Any, dtype: Any = np.float32, requires_grad: bool = False) -> Tensor:
    """Return numbers of mean 0 and variance 1, normally distributed, by the default generator."""
    shape, kind = _shape("randn", size), _dtype("randn", dtype)
    return Tensor(
        np.asarray(default_generator.standard_normal(shape, dtype=kind.type)), requires_grad
    )


def randint(low: int, high: Any = None, size: Any = None, *, dtype: Any = np.int64) -> Tensor:
    """Return integers drawn evenly from low to high - 1; `randint(high, size)` begins at 0.

    Raises:
        ValueError: If there is no integer to draw.

    Example:
        >>> randint(1, (3,)).tolist()
        [0, 0, 0]
    """
    if size is None:
        low, high, size = 0, low, high
    low, high = integer("randint", "low", low), integer("randint", "high", high)
    if low >= high:
        raise ValueError(f"randint: low must be below high, got {low} and {high}")
    return Tensor(default_generator.integers(low, high, _shape("randint", size)).astype(dtype))


def randperm(n: int) -> Tensor:
    """Return the integers from 0 to n - 1 in random order."""
    (count,) = _shape("randperm", (integer("randperm", "n", n),))
    return Tensor(default_generator.permutation(count))


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """Return a tensor that shares the array's memory.

    Raises:
        TypeError: If it is no array.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: an ndarray was expected, got {type(ndarray).__name__}")
    return Tensor(ndarray)
