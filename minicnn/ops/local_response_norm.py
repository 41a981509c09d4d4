"""Normalization by neighbouring channels. Tests in tests/ops/test_local_response_norm.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer, kernel_array, real
from minicnn.autograd import Function
from minicnn.tensor import Tensor, as_tensor


def sum_of_neighbours(a: np.ndarray, before: int, after: int) -> np.ndarray:
    """Return, for each channel c, the sum of channels c - before to c + after that exist."""
    C = a.shape[1]
    total = a.copy()
    for step in (*range(-min(before, C - 1), 0), *range(1, min(after, C - 1) + 1)):
        here = slice(max(0, -step), C - max(0, step))  # channels whose neighbour c + step exists
        there = slice(max(0, step), C - max(0, -step))
        total[:, here] += a[:, there]
    return total


class LocalResponseNorm(Function):
    """y = x * d^-beta with d = k + alpha / size * (sum of x^2 over `size` channels around)."""

    def __init__(self, size: int, alpha: float, beta: float, k: float) -> None:
        self.before, self.after = size // 2, (size - 1) // 2
        self.scale, self.beta, self.k = alpha / size, beta, k

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x = kernel_array("local_response_norm", "x", x)
        self.d = self.k + self.scale * sum_of_neighbours(x * x, self.before, self.after)
        self.y = x * self.d**-self.beta
        return self.y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        # x is in the windows of the channels from c - after to c + before
        share = sum_of_neighbours(grad_y * self.y / self.d, self.after, self.before)
        own = grad_y * self.d**-self.beta
        return (own - (2 * self.scale * self.beta) * self.x * share,)


def local_response_norm(
    x: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divide each value by a power of the mean square of the channels around it.

    y = x / (k + alpha * s)^beta, s being the sum of x^2 over the channels c - size // 2 to
    c + (size - 1) // 2 at the same place (those that do not exist count as 0), divided by size.

    Args:
        x: Shape (N, C, ...).
        size: Channels that count as neighbours, the own included.
        alpha: Weight of their mean square.
        beta: The power.
        k: Added to it.

    Returns:
        The shape of x.

    Raises:
        ValueError: If size is not positive or x has fewer than 2 axes.
        TypeError: If x is not float32 or float64, or size not an int.

    Example:
        >>> local_response_norm([[2.0, 1.0]], 1, alpha=1.0, beta=1.0).data.round(3).tolist()
        [[0.4000000059604645, 0.5]]

    Source: Krizhevsky, Sutskever & Hinton, "ImageNet classification with deep convolutional neural
    networks", NIPS 2012, section 3.3; the division by size is torch's.
    """
    x, size = as_tensor(x), integer("local_response_norm", "size", size)
    if size < 1:
        raise ValueError(f"local_response_norm: size must be at least 1, got {size}")
    if x.ndim < 2:
        raise ValueError(f"local_response_norm: x must have shape (N, C, ...), got shape {x.shape}")
    numbers = [
        real("local_response_norm", name, number)
        for name, number in dict(alpha=alpha, beta=beta, k=k).items()
    ]
    return LocalResponseNorm(size, *numbers)(x)
