"""Products of matrices by the own GEMM (cpp/gemm/), whose sums do not depend on the threads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn import _core
from minicnn._checks import kernel_array
from minicnn.autograd import Function
from minicnn.ops._operands import check_broadcast, operands, unbroadcast
from minicnn.tensor import Tensor


def _gemm(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a @ b of two matrices, (M, K) @ (K, N) -> (M, N); transposed views are not copied."""
    transpose_a, transpose_b = _is_transposed(a), _is_transposed(b)
    return np.asarray(
        _core.gemm(
            kernel_array("matmul", "x", a.T if transpose_a else a),
            kernel_array("matmul", "other", b.T if transpose_b else b),
            transpose_a=transpose_a,
            transpose_b=transpose_b,
        )
    )


def _is_transposed(a: np.ndarray) -> bool:
    return a.flags.f_contiguous and not a.flags.c_contiguous


def _rows(a: np.ndarray) -> np.ndarray:
    """Return the rows of all matrices as one matrix, (..., M, K) -> (... * M, K)."""
    return a.reshape(math.prod(a.shape[:-1]), a.shape[-1])


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a @ b over the last two axes: (..., M, K) @ (..., K, N) -> (..., M, N)."""
    if a.dtype.kind != "f":
        return np.asarray(np.matmul(a, b))  # integers, exact in any order
    if a.ndim == 2 and b.ndim == 2:
        return _gemm(a, b)
    M, K, N = *a.shape[-2:], b.shape[-1]
    if b.ndim == 2:  # one product of all rows
        return _gemm(_rows(a), b).reshape(*a.shape[:-1], N)
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    y = np.empty((*batch, M, N), a.dtype.newbyteorder("="))
    a, b = np.broadcast_to(a, (*batch, M, K)), np.broadcast_to(b, (*batch, K, N))
    for i in np.ndindex(batch):
        y[i] = _gemm(a[i], b[i])
    return y


class MatMul(Function):
    """y = a @ b; a vector is a row on the left, a column on the right, and has no batch."""

    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        self.shapes = a.shape, b.shape
        self.a = a if a.ndim > 1 else a[np.newaxis]  # (..., M, K)
        self.b = b if b.ndim > 1 else b[:, np.newaxis]  # (..., K, N)
        y = product(self.a, self.b)
        y = y[..., 0, :] if a.ndim == 1 else y
        return y[..., 0] if b.ndim == 1 else y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        a, b, (a_shape, b_shape) = self.a, self.b, self.shapes
        if len(b_shape) == 1:
            grad_y = grad_y[..., np.newaxis]
        if len(a_shape) == 1:
            grad_y = grad_y[..., np.newaxis, :]  # (..., M, N) again
        grad_a = grad_b = None
        if self.needs_grad[0]:  # (..., M, N) @ (..., N, K) -> (..., M, K)
            grad_a = unbroadcast(product(grad_y, b.swapaxes(-1, -2)), a.shape).reshape(a_shape)
        if self.needs_grad[1]:  # (..., K, M) @ (..., M, N) -> (..., K, N)
            if b.ndim == 2:  # all rows at once, so that the batch is summed inside of the product
                a, grad_y = _rows(a), _rows(grad_y)
            grad_b = unbroadcast(product(a.swapaxes(-1, -2), grad_y), b.shape).reshape(b_shape)
        return grad_a, grad_b


def matmul(x: Any, other: Any) -> Tensor:
    """Return the matrix product; of batches of matrices, each with each.

    Args:
        x: Matrices, shape (..., M, K), or a vector, shape (K,).
        other: Matrices, shape (..., K, N), or a vector, shape (K,). The leading axes broadcast.

    Returns:
        Shape (..., M, N); without M or N where a vector was given, so () for two vectors.
        The bits do not depend on the number of threads.

    Raises:
        ValueError: If an operand has no axes, or the shapes do not fit.
        TypeError: If both are boolean.

    Example:
        >>> matmul([[1.0, 2.0], [3.0, 4.0]], [1.0, 10.0])
        tensor([21., 43.])
    """
    x, other = operands("matmul", x, other)
    a, b = x.data, other.data
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError(
            f"matmul: x and other must have at least 1 axis, got shapes {a.shape} and {b.shape};"
            " use mul"
        )
    if a.dtype.kind == "b":
        raise TypeError("matmul: x and other must be numbers, got two boolean tensors")
    if a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise ValueError(
            f"matmul: x has shape {a.shape} and other {b.shape}: the last axis of x,"
            f" {a.shape[-1]}, must be the {'second last' if b.ndim > 1 else 'only'} axis of other,"
            f" {b.shape[-2 if b.ndim > 1 else 0]}"
        )
    try:
        return MatMul()(x, other)
    except ValueError:
        check_broadcast("matmul", np.empty((*a.shape[:-2], 0)), np.empty((*b.shape[:-2], 0)))
        raise
