"""The fully connected layer's product: the GEMM in cpp/gemm, tests in tests/ops/test_linear.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn import _core
from minicnn._checks import kernel_array, kernel_arrays
from minicnn.autograd import Function
from minicnn.errors import WidthError
from minicnn.tensor import Tensor, as_tensor


class Linear(Function):
    """y = x @ weight.T + bias, and its three gradients."""

    def forward(
        self, x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None
    ) -> np.ndarray:
        if bias is None:
            x, weight = kernel_arrays("linear", x=x, weight=weight)
        else:
            x, weight, bias = kernel_arrays("linear", x=x, weight=weight, bias=bias)
        check_shapes(x.shape, weight.shape, None if bias is None else bias.shape)
        self.x_shape, self.weight = x.shape, weight
        self.x = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])  # (N, in_features)
        y = _core.gemm(self.x, weight, transpose_b=True)  # (N, in) @ (in, out) -> (N, out)
        if bias is not None:
            y += bias  # (out_features,) over (N, out_features)
        return y.reshape(*self.x_shape[:-1], len(weight))

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        grad_y = kernel_array("linear", "grad_y", grad_y).reshape(len(self.x), len(self.weight))
        grad_x = grad_weight = grad_bias = None
        needs_x, needs_weight, *needs_bias = self.needs_grad
        if needs_x:  # (N, out) @ (out, in) -> (N, in)
            grad_x = _core.gemm(grad_y, self.weight).reshape(self.x_shape)
        if needs_weight:  # (out, N) @ (N, in) -> (out, in)
            grad_weight = _core.gemm(grad_y, self.x, transpose_a=True)
        if any(needs_bias):  # a bias sums over images of one pixel
            grad_bias = _core.conv2d_backward_bias(grad_y[:, :, np.newaxis, np.newaxis])
        return grad_x, grad_weight, grad_bias


def check_shapes(x: tuple[int, ...], weight: tuple[int, ...], bias: tuple[int, ...] | None) -> None:
    """Raise ValueError unless the three shapes fit each other."""
    if len(weight) != 2:
        raise ValueError(
            f"linear: weight must have shape (out_features, in_features), got shape {weight}"
        )
    if not x:
        raise ValueError("linear: x must have shape (..., in_features), got shape ()")
    if x[-1] != weight[1]:
        raise WidthError(
            f"linear: x has {x[-1]} features (shape {x}) but weight has shape {weight}:"
            f" weight.shape[1] = {weight[1]} must equal x.shape[-1]",
            weight[1],
        )
    if 0 in weight:
        raise ValueError(f"linear: weight must not be empty, got shape {weight}")
    if bias is not None and bias != weight[:1]:
        raise ValueError(
            f"linear: bias must have shape {weight[:1]}, one value for each row of weight with"
            f" shape {weight}, got shape {bias}"
        )


def linear(x: Any, weight: Any, bias: Any = None) -> Tensor:
    """Multiply each row of `x` by a matrix and add a bias: y = x @ weight.T + bias.

    Args:
        x: Rows of features, shape (..., in_features), with any number of axes before the last.
        weight: The matrix, shape (out_features, in_features).
        bias: One value for each output feature, shape (out_features,).

    Returns:
        Shape (..., out_features).

    Raises:
        ValueError: If the shapes do not fit each other.
        TypeError: If the arrays are not all float32 or all float64.

    Example:
        >>> linear(np.ones((2, 3), np.float32), np.ones((4, 3), np.float32)).tolist()
        [[3.0, 3.0, 3.0, 3.0], [3.0, 3.0, 3.0, 3.0]]

    Source: torch.nn.functional.linear, whose names and shapes these are.
    """
    inputs: tuple[Tensor, ...] = (as_tensor(x), as_tensor(weight))
    if bias is not None:
        inputs += (as_tensor(bias),)
    return Linear()(*inputs)
