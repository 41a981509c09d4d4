"""Torch's names for products and powers that other operations compute."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.ops._operands import require_floating
from minicnn.tensor import Tensor, as_tensor


def square(x: Any) -> Tensor:
    """Return x * x.

    Example:
        >>> square([3.0])
        tensor([9.])
    """
    return ops.pow(x, 2)


def reciprocal(x: Any) -> Tensor:
    """Return 1 / x.

    Example:
        >>> reciprocal([4.0])
        tensor([0.25])
    """
    return ops.div(1, x)


def rsqrt(x: Any) -> Tensor:
    """Return 1 / sqrt(x).

    Example:
        >>> rsqrt([4.0])
        tensor([0.5])
    """
    return ops.div(1, ops.sqrt(x))


# -- products -------------------------------------------------------------------------------------


def _product(op: str, ndim: int, a: Any, b: Any) -> Tensor:
    a, b = as_tensor(a), as_tensor(b)
    if a.ndim != ndim or b.ndim != ndim:
        raise ValueError(f"{op}: both must have {ndim} axes, got shapes {a.shape} and {b.shape}")
    return ops.matmul(a, b)


def mm(x: Any, mat2: Any) -> Tensor:
    """Return the product of two matrices: (M, K) times (K, N) gives (M, N).

    Raises:
        ValueError: If one has not two axes, or the sizes do not fit.

    Example:
        >>> mm([[1.0, 2.0]], [[3.0], [4.0]])
        tensor([[11.]])
    """
    return _product("mm", 2, x, mat2)


def bmm(x: Any, mat2: Any) -> Tensor:
    """Return the products of two batches of matrices: (B, M, K) times (B, K, N) gives (B, M, N).

    Raises:
        ValueError: If one has not three axes, or the sizes do not fit.

    Example:
        >>> bmm([[[1.0, 2.0]]], [[[3.0], [4.0]]])
        tensor([[[11.]]])
    """
    a, b = as_tensor(x), as_tensor(mat2)
    if a.ndim == b.ndim == 3 and len(a) != len(b):
        raise ValueError(f"bmm: needs two batches of one size, got {a.shape} and {b.shape}")
    return _product("bmm", 3, a, b)


def dot(x: Any, tensor: Any) -> Tensor:
    """Return the sum of products of two vectors of one size.

    Raises:
        ValueError: If one has not one axis, or the sizes differ.

    Example:
        >>> dot([1.0, 2.0], [3.0, 4.0])
        tensor(11.)
    """
    return _product("dot", 1, x, tensor)


def outer(x: Any, vec2: Any) -> Tensor:
    """Return all products of two vectors: (M,) and (N,) give (M, N).

    Raises:
        ValueError: If one has not one axis.

    Example:
        >>> outer([1.0, 2.0], [3.0, 4.0]).tolist()
        [[3.0, 4.0], [6.0, 8.0]]
    """
    a, b = as_tensor(x), as_tensor(vec2)
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError(f"outer: both must have one axis, got shapes {a.shape} and {b.shape}")
    return ops.mul(a[:, None], b)


def var_mean(x: Any, dim: Any = None, *, correction: int = 1, keepdim: bool = False) -> Any:
    """Return the variance and the mean along some axes or all, as a tuple.

    Example:
        >>> [t.item() for t in var_mean([1.0, 3.0])]
        [2.0, 2.0]
    """
    x = require_floating("var_mean", x)
    return ops.var(x, dim, None, keepdim, correction=correction), ops.mean(x, dim, keepdim)
