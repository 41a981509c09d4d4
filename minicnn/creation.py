"""New tensors under torch's names: filled, counted up, or of other libraries' memory.

`device` is "cpu" or None everywhere; `requires_grad` says whether gradients are wanted.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn._device import device as place
from minicnn.ops.shape import check_memory
from minicnn.ops.shape import sizes as sizes_of
from minicnn.tensor import Tensor
from minicnn.tensor import as_tensor as to_tensor


def shape_of(op: str, size: Any, device: Any = None) -> tuple[int, ...]:
    """Return the sizes of `zeros(2, 3)` or `zeros((2, 3))`; raise unless none is negative."""
    place(device or "cpu")
    shape = sizes_of(op, size)
    if min(shape, default=0) < 0:
        raise ValueError(f"{op}: sizes must not be negative, got {shape}")
    check_memory(op, shape)
    return shape


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor of one number.

    Args:
        size: Its shape, a tuple or one int.
        fill_value: The number.
        dtype: The dtype; if None, float32 for a float, int64 for an int, bool for a bool.

    Raises:
        ValueError: If a size is negative.
        MemoryError: If no machine could hold so much.

    Example:
        >>> full((2,), 0.5)
        tensor([0.5, 0.5])
    """
    if dtype is None:
        dtype = Tensor(fill_value).dtype
    return Tensor(np.full(shape_of("full", size, device), fill_value, dtype), requires_grad)


def zeros(
    *size: Any, dtype: Any = np.float32, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return zeros of this shape.

    Args:
        *size: The shape, as ints or as one tuple.
        dtype: The dtype.

    Raises:
        ValueError, MemoryError: As `full`.

    Example:
        >>> zeros(2, 3).shape
        (2, 3)
    """
    return Tensor(np.zeros(shape_of("zeros", size, device), dtype), requires_grad)


def ones(
    *size: Any, dtype: Any = np.float32, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return ones of this shape.

    Args:
        *size: The shape, as ints or as one tuple.
        dtype: The dtype.

    Raises:
        ValueError, MemoryError: As `full`.

    Example:
        >>> ones((2,))
        tensor([1., 1.])
    """
    return Tensor(np.ones(shape_of("ones", size, device), dtype), requires_grad)


def zeros_like(
    x: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return zeros of the shape of `x`, a tensor or array, and of its dtype if none is given.

    Example:
        >>> zeros_like([3.0, 4.0])
        tensor([0., 0.])
    """
    like = to_tensor(x)
    shape = shape_of("zeros_like", like.shape, device)
    return Tensor(np.zeros(shape, dtype or like.dtype), requires_grad)


def ones_like(
    x: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return ones of the shape of `x`, a tensor or array, and of its dtype if none is given.

    Example:
        >>> ones_like([3.0, 4.0])
        tensor([1., 1.])
    """
    like = to_tensor(x)
    shape = shape_of("ones_like", like.shape, device)
    return Tensor(np.ones(shape, dtype or like.dtype), requires_grad)


def full_like(
    x: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return the number `fill_value` in the shape of `x`, and in its dtype if none is given.

    Example:
        >>> full_like([1.0, 2.0], 3)
        tensor([3., 3.])
    """
    like = to_tensor(x)
    shape = shape_of("full_like", like.shape, device)
    return Tensor(np.full(shape, fill_value, dtype or like.dtype), requires_grad)


def empty(
    *size: Any, dtype: Any = np.float32, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor to be filled; until then it holds zeros, where torch's holds anything.

    Args, Raises: As `zeros`.

    Example:
        >>> empty(2).fill_(7)
        tensor([7., 7.])
    """
    return Tensor(np.zeros(shape_of("empty", size, device), dtype), requires_grad)


def empty_like(
    x: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return an `empty` tensor of the shape of `x`, and of its dtype if none is given.

    Example:
        >>> empty_like([3.0, 4.0]).shape
        (2,)
    """
    return zeros_like(x, dtype=dtype, device=device, requires_grad=requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = np.float32, device: Any = None) -> Tensor:
    """Return a matrix with ones on its diagonal, else zeros.

    Args:
        n: Rows.
        m: Columns; as many as rows if None.
        dtype: The dtype.

    Raises:
        TypeError: If n or m is no int.
        ValueError: If one is negative.

    Example:
        >>> eye(2).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    shape = shape_of(
        "eye", (integer("eye", "n", n), integer("eye", "m", n if m is None else m)), device
    )
    return Tensor(np.eye(*shape, dtype=dtype))


def arange(
    start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """Return start, start + step, ... below end; `arange(end)` begins at 0.

    Args:
        start: The first number, or the end if it is the only one.
        end: What no number reaches.
        step: From a number to the next; may be negative.
        dtype: The dtype; if None, int64 for integers, float32 with a float among them.

    Raises:
        ValueError: If step is 0, or leads away from end.
        MemoryError: If no machine could hold so much.

    Example:
        >>> arange(1, 2.5, 0.5)
        tensor([1. , 1.5, 2. ])
    """
    place(device or "cpu")
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


def linspace(
    start: float, end: float, steps: int, *, dtype: Any = np.float32, device: Any = None
) -> Tensor:
    """Return numbers at equal distances from start to end, both included.

    Args:
        start: The first number.
        end: The last.
        steps: How many; one is only the first.
        dtype: The dtype.

    Raises:
        TypeError: If steps is no int.
        ValueError: If it is negative.

    Example:
        >>> linspace(0, 1, 3)
        tensor([0. , 0.5, 1. ])
    """
    (count,) = shape_of("linspace", (integer("linspace", "steps", steps),), device)
    return Tensor(np.linspace(start, end, count).astype(dtype))


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """Return a tensor that shares the array's memory.

    Raises:
        TypeError: If it is no array.

    Example:
        >>> from_numpy(np.ones(2, np.float32))
        tensor([1., 1.])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: an ndarray was expected, got {type(ndarray).__name__}")
    return Tensor(ndarray)


def from_dlpack(x: Any) -> Tensor:
    """Return a tensor that shares its memory with an array of another library.

    Args:
        x: Anything that has `__dlpack__`, such as a torch tensor, in memory of the processor.

    Raises:
        TypeError: If it has not, or holds no numbers.
        BufferError: If its library or NumPy refuses: another device, or bfloat16.

    Example:
        >>> from_dlpack(np.arange(3.0))
        tensor([0., 1., 2.], dtype=float64)

    Source: the DLPack protocol of the Python array API standard, "Data interchange mechanisms".
    """
    if not hasattr(x, "__dlpack__"):
        raise TypeError(f"from_dlpack: x must have __dlpack__, got {type(x).__name__}")
    try:
        array = np.from_dlpack(x)
    except RuntimeError as error:  # NumPy's, for what it has no dtype or device for
        raise BufferError(f"from_dlpack: {error}") from error
    return Tensor(array)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Return `data` as a tensor, which shares its memory if it is an array or a tensor.

    Args:
        data: A tensor, an array, a number or nested lists of numbers.
        dtype: The dtype wanted; None keeps that of `data` (Python's floats become float32).
        device: "cpu" or None.

    Example:
        >>> as_tensor([1, 2], dtype="float32")
        tensor([1., 2.])
    """
    return to_tensor(data).to(dtype=dtype, device=device)
