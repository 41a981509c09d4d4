"""Activations that are smooth everywhere, and the gate. Tests in tests/ops/test_smooth.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn._checks import kernel_array, real
from minicnn.autograd import Function
from minicnn.ops._erf import erf
from minicnn.ops._operands import axis
from minicnn.tensor import Tensor, as_tensor


def sigmoid_array(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), by exponentials of negative numbers only: nothing overflows."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


class SiLU(Function):
    """y = x * sigmoid(x), and its gradient s + y * (1 - s) with s = sigmoid(x)."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        x = kernel_array("silu", "x", x)
        self.sigmoid = sigmoid_array(x)
        self.y = np.where(x == -np.inf, x.dtype.type(0), x) * self.sigmoid  # -inf * 0 is 0 here
        return self.y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        rest = 1 - self.sigmoid
        slope = np.where(rest == 0, 1, self.sigmoid + np.where(rest == 0, 0, self.y) * rest)
        return (grad_y * slope.astype(self.y.dtype),)


class Softplus(Function):
    """y = log(1 + exp(beta * x)) / beta, and its gradient sigmoid(beta * x)."""

    def __init__(self, beta: float, threshold: float) -> None:
        self.beta, self.threshold = beta, threshold

    def forward(self, x: np.ndarray) -> np.ndarray:
        x = kernel_array("softplus", "x", x)
        self.scaled = x * x.dtype.type(self.beta)
        # log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)), which cannot overflow
        y = (np.maximum(self.scaled, 0) + np.log1p(np.exp(-np.abs(self.scaled)))) / self.beta
        return np.where(self.scaled > self.threshold, x, y)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        slope = sigmoid_array(self.scaled)
        return (np.where(self.scaled > self.threshold, grad_y, grad_y * slope),)


class GELU(Function):
    """y = x * Phi(x), and its gradient Phi(x) + x * phi(x): the normal distribution and density."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x = kernel_array("gelu", "x", x)
        self.share = ((1 + erf(x / math.sqrt(2))) / 2).astype(x.dtype)  # Phi(x)
        return np.where(x == -np.inf, x.dtype.type(0), x) * self.share

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        x = np.clip(self.x, -40, 40)  # the density beyond is 0, and infinity times 0 is NaN
        return (grad_y * (self.share + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)),)


class TanhGELU(Function):
    """y = x * (1 + tanh(u)) / 2 with u = sqrt(2 / pi) * (x + 0.044715 * x^3), and its gradient."""

    slope, cubic = math.sqrt(2 / math.pi), 0.044715

    def forward(self, x: np.ndarray) -> np.ndarray:
        x = kernel_array("gelu", "x", x)
        self.inside = inside = np.clip(x, -40, 40)  # beyond, tanh is +-1, and the cube may overflow
        self.tanh = np.tanh(self.slope * (inside + self.cubic * inside**3))
        return np.where(x == -np.inf, x.dtype.type(0), x) * ((1 + self.tanh) / 2)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        x = self.inside
        grad_u = self.slope * (1 + 3 * self.cubic * x * x)
        return (grad_y * ((1 + self.tanh) / 2 + x * (1 - self.tanh**2) * grad_u / 2),)


class GLU(Function):
    """y = a * sigmoid(b) for the halves a and b of x along one axis."""

    def __init__(self, dim: Any) -> None:
        self.dim = dim

    def forward(self, x: np.ndarray) -> np.ndarray:
        x = kernel_array("glu", "x", x)
        self.dim = axis("glu", self.dim, x.ndim)
        if x.shape[self.dim] % 2:
            raise ValueError(
                f"glu: x with shape {x.shape} has {x.shape[self.dim]} values along dim {self.dim},"
                " which must be even"
            )
        self.a, b = np.split(x, 2, axis=self.dim)
        self.sigmoid = sigmoid_array(b)
        return self.a * self.sigmoid

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        grad_a = grad_y * self.sigmoid
        grad_b = grad_a * self.a * (1 - self.sigmoid)
        return (np.concatenate([grad_a, grad_b], axis=self.dim),)


def silu(x: Any, inplace: bool = False) -> Tensor:
    """Return x * sigmoid(x), also called swish.

    Args:
        x: Any shape.
        inplace: Taken for torch's sake; the input stays as it is.

    Returns:
        The shape of x; 0 at -inf.

    Raises:
        TypeError: If x is not float32 or float64.

    Example:
        >>> silu([-np.inf, 0.0, 100.0]).tolist()
        [0.0, 0.0, 100.0]

    Source: Hendrycks & Gimpel, arXiv:1606.08415, section 4; Ramachandran et al., arXiv:1710.05941.
    """
    return SiLU()(as_tensor(x))


def gelu(x: Any, approximate: str = "none") -> Tensor:
    """Return x times the probability that a standard normal number is below x.

    Args:
        x: Any shape.
        approximate: "none", or "tanh" for the formula with a hyperbolic tangent.

    Returns:
        The shape of x; 0 at -inf.

    Raises:
        ValueError: If approximate is neither.
        TypeError: If x is not float32 or float64.

    Example:
        >>> gelu([-10.0, 0.0, 1.0]).data.round(4).tolist()
        [-0.0, 0.0, 0.8413000106811523]

    Source: Hendrycks & Gimpel, "Gaussian error linear units", arXiv:1606.08415, section 2.
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}")
    return (GELU() if approximate == "none" else TanhGELU())(as_tensor(x))


def softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Return log(1 + exp(beta * x)) / beta, a smooth ReLU.

    Args:
        x: Any shape.
        beta: How sharp the bend at 0 is; positive.
        threshold: Where beta * x is above it, x itself is returned.

    Returns:
        The shape of x.

    Raises:
        ValueError: If beta is not positive.
        TypeError: If x is not float32 or float64.

    Example:
        >>> softplus([-1000.0, 0.0, 1000.0]).tolist()
        [0.0, 0.6931471824645996, 1000.0]

    Source: Dugas et al., "Incorporating second-order functional knowledge for better option
    pricing", NIPS 2000, section 3.
    """
    beta, threshold = real("softplus", "beta", beta), real("softplus", "threshold", threshold)
    if not beta > 0:
        raise ValueError(f"softplus: beta must be positive, got {beta}")
    return Softplus(beta, threshold)(as_tensor(x))


def glu(x: Any, dim: int = -1) -> Tensor:
    """Return a * sigmoid(b), where a is the first half of x along one axis, and b the second.

    Args:
        x: An even number of values along `dim`.
        dim: The axis; -1 is the last.

    Returns:
        The shape of x, with half as many values along `dim`.

    Raises:
        ValueError: If x has no axis `dim`, or an odd number of values along it.
        TypeError: If x is not float32 or float64.

    Example:
        >>> glu([2.0, 4.0, 0.0, 100.0]).tolist()
        [1.0, 4.0]

    Source: Dauphin et al., arXiv:1612.08083, equation 1.
    """
    return GLU(dim)(as_tensor(x))
