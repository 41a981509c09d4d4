"""Layer, group and instance normalization: all three give rows of x mean 0 and variance 1.

A row is those values of a sample that share a mean: its last axes (layer), a group of channels, or
one channel (instance). Rows are what the kernels of cpp/batch_norm call channels, of a batch of 1.
Tests in tests/ops/test_normalization.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn import _core
from minicnn._checks import boolean, integer, kernel_array, kernel_arrays
from minicnn.autograd import Function
from minicnn.ops._operands import unbroadcast
from minicnn.ops.batch_norm import batch_norm, running_array, update
from minicnn.tensor import Tensor, as_tensor


class RowNorm(Function):
    """y = (x - mean) / sqrt(var + eps) * weight + bias, mean and var being those of x's rows."""

    def __init__(self, op: str, row_size: int, affine_shape: tuple[int, ...], eps: float) -> None:
        if not eps > 0:
            raise ValueError(f"{op}: eps must be positive, got {eps}")
        self.op, self.row_size, self.affine_shape, self.eps = op, row_size, affine_shape, eps

    def forward(self, x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
        x, weight, bias = kernel_arrays(self.op, x=x, weight=weight, bias=bias)
        rows = x.size // self.row_size
        self.rows = x.reshape(1, rows, self.row_size)
        self.ones = np.ones(rows, x.dtype)
        self.normal, self.mean, self.var = _core.batch_norm_forward(
            self.rows, self.ones, np.zeros_like(self.ones), eps=self.eps
        )
        self.normal = self.normal.reshape(x.shape)
        self.weight = weight.reshape(self.affine_shape)  # as it broadcasts to x
        self.given_shape = weight.shape
        y: np.ndarray = self.normal * self.weight
        y += bias.reshape(self.affine_shape)
        return y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        grad_x = grad_weight = grad_bias = None
        needs_x, needs_weight, needs_bias = self.needs_grad
        if needs_x:
            grad_normal = kernel_array(self.op, "grad_y", grad_y * self.weight)
            grad_x, *_ = _core.batch_norm_backward(
                grad_normal.reshape(self.rows.shape),
                self.rows,
                None,
                self.ones,
                self.mean,
                self.var,
                eps=self.eps,
                constant=False,
                needs_residual=False,
            )
            grad_x = grad_x.reshape(grad_y.shape)
        if needs_weight:
            grad_weight = self.of_given_shape(grad_y * self.normal)
        if needs_bias:
            grad_bias = self.of_given_shape(grad_y)
        return grad_x, grad_weight, grad_bias

    def of_given_shape(self, grad: np.ndarray) -> np.ndarray:
        return unbroadcast(grad, self.affine_shape).reshape(self.given_shape)


def affine(
    op: str, x: Tensor, weight: Any, bias: Any, shape: tuple[int, ...]
) -> tuple[Tensor, Tensor]:
    """Return weight and bias as tensors, ones and zeros if None; raise unless they have `shape`."""
    given = []
    for name, value, default in (("weight", weight, np.ones), ("bias", bias, np.zeros)):
        t = as_tensor(default(shape, x.dtype) if value is None else value)
        if t.shape != shape:
            raise ValueError(f"{op}: {name} must have shape {shape}, got {t.shape}")
        given.append(t)
    return given[0], given[1]


def channels(op: str, x: Tensor) -> int:
    """Return C of x with shape (N, C, ...); raise ValueError if only N may be, but is not, 0."""
    if x.ndim < 2 or 0 in x.shape[1:]:
        raise ValueError(
            f"{op}: x must have shape (N, C, ...), and only N may be 0; got shape {x.shape}"
        )
    return int(x.shape[1])


def layer_norm(
    x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Give each sample mean 0 and variance 1 over its last axes, then a scale and a shift.

    Args:
        x: Shape (..., *normalized_shape).
        normalized_shape: Sizes of the axes that share a mean; an int means the last alone.
        weight: Scale of each place, shape normalized_shape; None means 1.
        bias: Shift, likewise; None means 0.
        eps: Added to the variance, so that nothing is divided by 0.

    Returns:
        The shape of x.

    Raises:
        ValueError: If the shapes do not fit each other, or eps is not positive.
        TypeError: If the arrays are not all float32 or all float64.

    Example:
        >>> layer_norm([[1.0, 3.0], [0.0, 8.0]], 2).data.round(3).tolist()
        [[-1.0, 1.0], [-1.0, 1.0]]

    Source: Ba, Kiros & Hinton, arXiv:1607.06450, section 3.
    """
    x, op = as_tensor(x), "layer_norm"
    if not isinstance(normalized_shape, (tuple, list)):
        normalized_shape = (normalized_shape,)
    shape = tuple([integer(op, "normalized_shape", size) for size in normalized_shape])
    if not shape or 0 in shape or x.shape[-len(shape) :] != shape:
        raise ValueError(
            f"{op}: the last axes of x must be normalized_shape = {shape}, none of them 0; got x"
            f" with shape {x.shape}"
        )
    weight, bias = affine(op, x, weight, bias, shape)
    return RowNorm(op, math.prod(shape), shape, eps)(x, weight, bias)


def group_norm(
    x: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Give each group of channels of each sample mean 0 and variance 1, then a scale and a shift.

    Args:
        x: Shape (N, C, ...).
        num_groups: How many groups the channels are cut into; a divisor of C.
        weight: Scale of each channel, shape (C,); None means 1.
        bias: Shift of each channel, shape (C,); None means 0.
        eps: Added to the variance, so that nothing is divided by 0.

    Returns:
        The shape of x.

    Raises:
        ValueError: If num_groups does not divide C, the shapes do not fit, or eps is not positive.
        TypeError: If the arrays are not all float32 or all float64.

    Example:
        >>> group_norm([[1.0, 3.0, 0.0, 8.0]], 2).data.round(3).tolist()
        [[-1.0, 1.0, -1.0, 1.0]]

    Source: Wu & He, arXiv:1803.08494, section 3.1.
    """
    x, op = as_tensor(x), "group_norm"
    C, G = channels(op, x), integer(op, "num_groups", num_groups)
    if G < 1 or C % G:
        raise ValueError(f"{op}: num_groups={G} must divide the {C} channels of x {x.shape}")
    weight, bias = affine(op, x, weight, bias, (C,))
    row_size = math.prod(x.shape[1:]) // G
    return RowNorm(op, row_size, (C, *[1] * (x.ndim - 2)), eps)(x, weight, bias)


def instance_norm(
    x: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Give each channel of each sample mean 0 and variance 1, then a scale and a shift.

    Args:
        x: Shape (N, C, ...), with at least one axis after C.
        running_mean: Mean of each channel over earlier samples, shape (C,); may be None.
        running_var: Their variance, likewise.
        weight: Scale of each channel, shape (C,); None means 1.
        bias: Shift of each channel, shape (C,); None means 0.
        use_input_stats: If True, each sample's own mean and variance are used, and the running
            arrays, if given, move towards the batch's average of them, in place. If False, the
            running arrays are used.
        momentum: Share of this batch in the new running values.
        eps: Added to the variance, so that nothing is divided by 0.

    Returns:
        The shape of x.

    Raises:
        ValueError: If the shapes do not fit, a channel has a single value, or running arrays are
            missing.
        TypeError: If the arrays are not all float32 or all float64.

    Example:
        >>> instance_norm([[[1.0, 3.0], [0.0, 8.0]]]).data.round(3).tolist()
        [[[-1.0, 1.0], [-1.0, 1.0]]]

    Source: Ulyanov, Vedaldi & Lempitsky, arXiv:1607.08022, equation 4.
    """
    x, op = as_tensor(x), "instance_norm"
    if not boolean(op, "use_input_stats", use_input_stats):
        try:
            return batch_norm(x, running_mean, running_var, weight, bias, eps=eps)
        except (ValueError, TypeError) as error:
            raise type(error)(str(error).replace("batch_norm", op, 1)) from None
    C = channels(op, x)
    plane = math.prod(x.shape[2:])
    if plane < 2:
        raise ValueError(
            f"{op}: the variance needs more than 1 value per channel of a sample; x with shape"
            f" {x.shape} has {plane}"
        )
    running = [
        running_array(op, name, array, x.data, updated=True)
        for name, array in (("running_mean", running_mean), ("running_var", running_var))
        if array is not None
    ]
    weight, bias = affine(op, x, weight, bias, (C,))
    function = RowNorm(op, plane, (C, *[1] * (x.ndim - 2)), eps)
    y = function(x, weight, bias)
    if len(running) == 2 and x.shape[0]:
        mean, var = function.mean.reshape(-1, C), function.var.reshape(-1, C)
        update(running, mean.mean(axis=0), var.mean(axis=0) * (plane / (plane - 1)), momentum)
    return y
