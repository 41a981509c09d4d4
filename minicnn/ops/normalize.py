"""Vectors of length 1, and the cosine of their angle. Tests in tests/ops/test_normalize.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn._checks import kernel_array, kernel_arrays, real
from minicnn.autograd import Function
from minicnn.ops._operands import axes, axis
from minicnn.tensor import Tensor, as_tensor


class Normalize(Function):
    """y = x / max(norm, eps), the norm being (sum |x|^p)^(1/p) along some axes."""

    def __init__(self, p: float, dim: Any, eps: float) -> None:
        self.p, self.dim, self.eps = p, dim, eps

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x = kernel_array("normalize", "x", x)
        self.dim = axes("normalize", self.dim, x.ndim)
        size = np.abs(x)
        if self.p == math.inf:
            self.norm = size.max(axis=self.dim, keepdims=True, initial=0)
        else:
            self.norm = (size**self.p).sum(axis=self.dim, keepdims=True) ** (1 / self.p)
        self.divisor = np.maximum(self.norm, x.dtype.type(self.eps))
        return x / self.divisor

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        grad_x = grad_y / self.divisor
        grad_norm = -(grad_x * self.x).sum(axis=self.dim, keepdims=True) / self.divisor
        grad_norm = np.where(self.norm > self.eps, grad_norm, 0)  # below eps, eps is the divisor
        return (grad_x + (grad_norm * self.norm_slope()).astype(grad_x.dtype),)

    def norm_slope(self) -> np.ndarray:
        """Return d(norm)/dx; where several values are the largest, they share it."""
        sign, ratio = np.sign(self.x), np.abs(self.x) / self.divisor
        if self.p == math.inf:
            largest = np.abs(self.x) == self.norm
            return sign * largest / np.maximum(largest.sum(axis=self.dim, keepdims=True), 1)
        if self.p == 2:
            return sign * ratio
        # 0 to the power of p - 1 < 0 would be infinite, but its sign is 0
        powers = np.power(ratio, self.p - 1, out=np.zeros_like(ratio), where=ratio > 0)
        return np.asarray(sign * powers)


def normalize(x: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Tensor:
    """Divide each vector along one axis by its length.

    Args:
        x: Any shape.
        p: Which norm is the length: 2 is Euclid's, 1 the sum, inf the maximum of absolute values.
        dim: The axis, or several.
        eps: What is divided by instead where the length is smaller.

    Returns:
        The shape of x.

    Raises:
        ValueError: If x has no axis `dim`, or p is not positive.
        TypeError: If x is not float32 or float64.

    Example:
        >>> normalize([[3.0, 4.0], [0.0, 0.0]]).data.round(4).tolist()
        [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]

    Source: torch.nn.functional.normalize.
    """
    p, eps = real("normalize", "p", p), real("normalize", "eps", eps)
    if not p > 0:
        raise ValueError(f"normalize: p must be positive, got {p}")
    return Normalize(p, dim, eps)(as_tensor(x))


class CosineSimilarity(Function):
    """y = sum(a * b), a and b being x1 and x2 divided by max(length, eps)."""

    def __init__(self, dim: Any, eps: float) -> None:
        self.dim, self.eps = dim, eps

    def forward(self, x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
        x1, x2 = kernel_arrays("cosine_similarity", x1=x1, x2=x2)
        if x1.shape != x2.shape:
            raise ValueError(
                "cosine_similarity: x1 and x2 must have the same shape, got"
                f" {x1.shape} and {x2.shape}"
            )
        dim = (axis("cosine_similarity", self.dim, x1.ndim),)
        self.parts = Normalize(2.0, dim, self.eps), Normalize(2.0, dim, self.eps)
        self.a, self.b = (part.forward(x) for part, x in zip(self.parts, (x1, x2)))
        return np.asarray((self.a * self.b).sum(axis=dim))

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        grad_y = np.expand_dims(grad_y, self.parts[0].dim)
        grads = [
            part.backward(grad_y * other)[0] for part, other in zip(self.parts, (self.b, self.a))
        ]
        return tuple(grads)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Return the cosine of the angle between the vectors of x1 and x2 along one axis.

    Args:
        x1: Any shape.
        x2: The shape and dtype of x1.
        dim: The axis.
        eps: What a length counts at least, so that nothing is divided by 0.

    Returns:
        The shape of x1 without the axis `dim`.

    Raises:
        ValueError: If the shapes differ, or there is no axis `dim`.
        TypeError: If the arrays are not both float32 or both float64.

    Example:
        >>> cosine_similarity([[1.0, 0.0], [1.0, 1.0]], [[0.0, 2.0], [3.0, 3.0]]).data.round(5)
        array([0., 1.], dtype=float32)

    Source: torch.nn.functional.cosine_similarity.
    """
    return CosineSimilarity(dim, real("cosine_similarity", "eps", eps))(
        as_tensor(x1), as_tensor(x2)
    )
