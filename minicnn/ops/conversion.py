"""The same values elsewhere (`clone`) or in another dtype (`to`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autograd import Function
from minicnn.ops._operands import converted
from minicnn.tensor import Tensor, as_tensor


class Clone(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return x.copy()

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (grad_y,)


def clone(x: Any) -> Tensor:
    """Return a copy that gradients flow through.

    Example:
        >>> clone([1.0, 2.0])
        tensor([1., 2.])
    """
    return Clone()(as_tensor(x))


def to(x: Any, dtype: Any) -> Tensor:
    """Return `x` in another dtype; the gradient comes back in the first.

    Args:
        x: Any shape.
        dtype: A NumPy dtype or its name.

    Returns:
        `x` itself if it has that dtype already.

    Raises:
        TypeError: If `dtype` is not boolean, integer or floating point.

    Example:
        >>> to([1.7, -1.7], "int64")
        tensor([ 1, -1])
    """
    try:
        dtype = np.dtype(dtype)
    except TypeError as error:
        raise TypeError(f"to: dtype must be a NumPy dtype or its name: {error}") from None
    if dtype.kind not in "biuf":
        raise TypeError(f"to: dtype must be boolean, integer or floating point, got {dtype}")
    return converted(as_tensor(x), dtype)
