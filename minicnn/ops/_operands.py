"""What the operations that are NumPy calls share: making operands alike, and checking axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.autograd import Function
from minicnn.ops._sums import summed
from minicnn.tensor import Tensor, as_tensor

FLOAT32 = np.dtype(np.float32)  # what integers become where an operation needs real numbers
NUMBERS = (int, float, np.generic)


class To(Function):
    """Another dtype; the gradient comes back in the first."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_dtype = x.dtype
        return x.astype(self.dtype)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (grad_y.astype(self.x_dtype),)


def converted(x: Tensor, dtype: np.dtype[Any]) -> Tensor:
    """Return `x` in another dtype, through the graph if that dtype can carry gradients."""
    if x.data.dtype == dtype:
        return x
    if dtype.kind == "f":
        return To(dtype)(x)
    return Tensor.of_array(x.data.astype(dtype))


def floating(x: Any) -> Tensor:
    """Return `x` as a tensor of real numbers: integers and booleans become float32."""
    x = as_tensor(x)
    return x if x.data.dtype.kind == "f" else converted(x, FLOAT32)


def require_floating(op: str, x: Any) -> Tensor:
    """Return `x` as a tensor; raise TypeError unless it holds real numbers."""
    x = as_tensor(x)
    if x.data.dtype.kind != "f":
        raise TypeError(f"{op}: x must be floating point, got {x.data.dtype}; use x.float()")
    return x


def operands(op: str, a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """Return both as tensors of one dtype.

    A number, be it Python's or NumPy's, never changes a tensor's dtype, except that a float makes
    integers float32. Of two tensors the floating-point dtype wins, then the wider one; but a tensor
    of shape () does not widen a tensor of the same kind. These are PyTorch's rules, not NumPy's.
    """
    if isinstance(b, NUMBERS):
        a = as_tensor(a)
        b = _number_like(op, b, a)
    elif isinstance(a, NUMBERS):
        b = as_tensor(b)
        a = _number_like(op, a, b)
    else:
        a, b = as_tensor(a), as_tensor(b)
    if a.data.dtype is b.data.dtype:
        return a, b
    dtype = common_dtype(a.data, b.data)
    return converted(a, dtype), converted(b, dtype)


def _number_like(op: str, number: int | float | np.generic, x: Tensor) -> Tensor:
    """Return a number as a tensor of shape () in the dtype that PyTorch's rules give it."""
    if isinstance(number, np.generic):
        number = as_tensor(number).item()  # refuses what is no number
    dtype = x.data.dtype
    if dtype.kind != "f":
        if isinstance(number, (float, np.longdouble)):
            dtype = FLOAT32
        elif dtype.kind == "b" and not isinstance(number, bool):
            dtype = np.dtype(np.int64)
    try:
        return Tensor.of_array(np.array(number, dtype=dtype))
    except OverflowError:
        raise ValueError(f"{op}: {number} is out of range for {dtype}") from None


def common_dtype(a: np.ndarray, b: np.ndarray) -> np.dtype[Any]:
    """Return the dtype of an operation on both, by PyTorch's rules (see `operands`)."""
    a_float, b_float = a.dtype.kind == "f", b.dtype.kind == "f"
    if a_float != b_float:
        return a.dtype if a_float else b.dtype
    if (a.dtype.kind == "b") == (b.dtype.kind == "b") and (a.ndim == 0) != (b.ndim == 0):
        return a.dtype if b.ndim == 0 else b.dtype
    return np.promote_types(a.dtype, b.dtype)


def unstrided(a: np.ndarray) -> np.ndarray:
    """Return `a` in C order, because NumPy's vector code rounds otherwise than its strided code.

    A single number is in C order whatever its strides are, but NumPy looks at them.
    """
    return a.copy() if a.size == 1 else np.asarray(a, order="C")


def check_broadcast(op: str, a: np.ndarray, b: np.ndarray) -> None:
    """Raise ValueError unless the shapes broadcast."""
    for i in range(1, min(a.ndim, b.ndim) + 1):
        if a.shape[-i] != b.shape[-i] and 1 not in (a.shape[-i], b.shape[-i]):
            raise ValueError(
                f"{op}: shapes {a.shape} and {b.shape} do not broadcast: axis -{i} has sizes"
                f" {a.shape[-i]} and {b.shape[-i]}, which must be equal or one of them 1"
            ) from None


def unbroadcast(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum `grad` over the axes that broadcasting added or stretched, back to `shape`."""
    if grad.shape == shape:
        return grad
    added = grad.ndim - len(shape)
    dims = tuple(range(added)) + tuple(
        [added + i for i, size in enumerate(shape) if size == 1 and grad.shape[added + i] != 1]
    )
    return summed(grad, dims, keepdim=True).reshape(shape)


def axis(op: str, dim: Any, ndim: int, name: str = "dim") -> int:
    """Return `dim` counted from the first axis; raise ValueError if there is no such axis."""
    if type(dim) is not int:
        dim = integer(op, name, dim)
    if -ndim <= dim < ndim:
        return dim + ndim if dim < 0 else dim
    if ndim == 0:
        raise ValueError(f"{op}: {name} = {dim}, but a tensor of shape () has no axes")
    raise ValueError(f"{op}: {name} must be from {-ndim} to {ndim - 1}, got {dim}")


def axes(op: str, dim: Any, ndim: int) -> tuple[int, ...]:
    """Return the axes that `dim` names, sorted: all for None, one for an int, or a tuple's."""
    if dim is None or (ndim == 0 and dim in (0, -1)):  # a number may be reduced along "its" axis
        return tuple(range(ndim))
    if not isinstance(dim, (tuple, list)):
        return (axis(op, dim, ndim),)
    dims = sorted([axis(op, d, ndim) for d in dim])
    if len(set(dims)) != len(dims):
        raise ValueError(f"{op}: dim must name each axis once, got {tuple(dim)}")
    return tuple(dims) if dims else tuple(range(ndim))


def named_axes(op: str, dim: Any, ndim: int) -> tuple[int, ...]:
    """Return `axes(op, dim, ndim)`, but no axis for an empty tuple, where that means all."""
    return () if isinstance(dim, (tuple, list)) and not dim else axes(op, dim, ndim)


def broadcast(op: str, node: Function, a: Tensor, b: Tensor) -> Tensor:
    """Return `node(a, b)`; raise ValueError that names `op` and shapes that do not broadcast."""
    try:
        return node(a, b)
    except ValueError:
        check_broadcast(op, a.data, b.data)
        raise
