"""Batch normalization: kernels in cpp/batch_norm/, tests in tests/ops/test_batch_norm.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import _core
from minicnn._checks import boolean, kernel_array, kernel_arrays, real, text
from minicnn.autograd import Function
from minicnn.tensor import Tensor, as_tensor

ALGORITHMS: tuple[str, ...] = _core.BATCH_NORM_ALGORITHMS  # the steps of the ladder, slowest first
OP = "batch_norm"


class BatchNorm(Function):
    """y = (x - mean) / sqrt(var + eps) * weight + bias, then + residual, then ReLU; four gradients.

    `running` holds the mean and variance to use, or is None: then they are the batch's, and left in
    `self.mean` and `self.var`.
    """

    def __init__(
        self, running: list[np.ndarray] | None, eps: float, relu: bool, algorithm: str
    ) -> None:
        self.running, self.eps, self.relu, self.algorithm = running, eps, relu, algorithm

    def forward(
        self,
        x: np.ndarray,
        weight: np.ndarray,
        bias: np.ndarray,
        residual: np.ndarray | None = None,
    ) -> np.ndarray:
        arrays = dict(x=x, weight=weight, bias=bias)
        if residual is not None:
            arrays["residual"] = residual
        if self.running is not None:
            arrays["running_mean"], arrays["running_var"] = self.running
        checked = dict(zip(arrays, kernel_arrays(OP, **arrays)))
        self.x, self.weight, bias = checked["x"], checked["weight"], checked["bias"]
        end: dict[str, Any] = dict(
            residual=checked.get("residual"), relu=self.relu, algorithm=self.algorithm
        )
        if self.running is None:
            y, self.mean, self.var = _core.batch_norm_forward(
                self.x, self.weight, bias, eps=self.eps, **end
            )
        else:  # copies, for the running arrays may change before the backward pass
            self.mean, self.var = checked["running_mean"].copy(), checked["running_var"].copy()
            y = _core.batch_norm_apply(
                self.x, self.weight, bias, self.mean, self.var, eps=self.eps, **end
            )
        # what ReLU cut off can be seen in y, or without a residual in what y is computed from
        self.y = y if self.relu and residual is not None else None
        self.relu_bias = bias if self.relu and residual is None else None
        return y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        grad_y = kernel_array(OP, "grad_y", grad_y)
        needs_residual = self.needs_grad[3:] == (True,)
        grad_x, grad_weight, grad_bias, grad_residual = _core.batch_norm_backward(
            grad_y,
            self.x,
            self.y,
            self.weight,
            self.mean,
            self.var,
            eps=self.eps,
            constant=self.running is not None,
            needs_residual=needs_residual and self.relu,
            relu_bias=self.relu_bias,
            algorithm=self.algorithm,
        )
        if needs_residual and not self.relu:
            grad_residual = grad_y
        return (grad_x, grad_weight, grad_bias, grad_residual)[: len(self.needs_grad)]


def check_sizes(x: np.ndarray, from_batch: bool) -> None:
    """Raise ValueError if x cannot be normalized: each channel needs a mean and a variance."""
    if x.ndim < 2 or 0 in x.shape[1:]:
        raise ValueError(
            f"{OP}: x must have shape (N, C, ...), and only N may be 0; got shape {x.shape}"
        )
    values = x.size // x.shape[1]
    if from_batch and values < 2:
        raise ValueError(
            f"{OP}: in training, the variance needs more than 1 value per channel; x with shape"
            f" {x.shape} has {values}"
        )


def running_array(op: str, name: str, running: Any, x: np.ndarray, updated: bool) -> np.ndarray:
    """Return the array of a running statistic; raise unless it has one value for each channel."""
    array: np.ndarray = running.data if isinstance(running, Tensor) else running
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{op}: {name} must be an array, for it is updated; got {array!r}")
    if array.shape != x.shape[1:2]:
        raise ValueError(
            f"{op}: {name} must have shape ({x.shape[1]},), one value for each of x.shape[1]"
            f" channels, got {array.shape}"
        )
    if array.dtype.newbyteorder("=") != x.dtype.newbyteorder("="):
        raise TypeError(f"{op}: {name} must have the dtype of x, {x.dtype}, got {array.dtype}")
    if updated and not array.flags.writeable:
        raise ValueError(f"{op}: {name} must be writeable, for it is updated")
    return array


def update(running: list[np.ndarray], mean: np.ndarray, var: np.ndarray, momentum: Any) -> None:
    """Move the running arrays, in place, towards the batch's statistics by the share `momentum`."""
    for array, batch in zip(running, (mean, var)):
        array *= 1 - momentum
        array += momentum * batch


def batch_norm(
    x: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    *,
    residual: Any = None,
    relu: bool = False,
    algorithm: str = "auto",
) -> Tensor:
    """Give each channel mean 0 and variance 1, then a scale and a shift.

    Args:
        x: Shape (N, C, ...): each channel's values are those of all samples and all later axes.
        running_mean: Mean of each channel over earlier batches, shape (C,); or None in training.
        running_var: Their variance, likewise.
        weight: Scale of each channel, shape (C,); None means 1.
        bias: Shift of each channel, shape (C,); None means 0.
        training: If True, the batch's own mean and (biased) variance are used, and the running
            arrays move towards its mean and unbiased variance, in place. If False, the running
            arrays are used.
        momentum: Share of this batch in the new running values.
        eps: Added to the variance, so that nothing is divided by 0.
        residual: Added to the result, shape of x.
        relu: Whether to replace negative results (after the residual) by 0, in the same pass.
        algorithm: Which step of cpp/batch_norm/ to run; all give the same result up to rounding.

    Returns:
        The shape of x.

    Raises:
        ValueError: If the shapes do not fit each other, a channel has fewer than 2 values in
            training, running arrays are missing in evaluation, or eps is not positive.
        TypeError: If the arrays are not all float32 or all float64.

    Example:
        >>> x = np.array([[1.0, 0.0], [3.0, 8.0]])
        >>> batch_norm(x, None, None, training=True).data.round(3).tolist()
        [[-1.0, -1.0], [1.0, 1.0]]

    Source: Ioffe & Szegedy, "Batch normalization", arXiv:1502.03167, algorithms 1 and 2.
    """
    x, training = as_tensor(x), boolean(OP, "training", training)
    check_sizes(x.data, training)
    if not eps > 0:
        raise ValueError(f"{OP}: eps must be positive, got {eps}")
    running = [
        running_array(OP, name, array, x.data, updated=training)
        for name, array in (("running_mean", running_mean), ("running_var", running_var))
        if array is not None
    ]
    if len(running) == 1 or not (running or training):
        raise ValueError(
            f"{OP}: running_mean and running_var must both be given (both None only in training)"
        )
    C = x.shape[1]
    scale = np.ones(C, x.dtype) if weight is None else weight
    shift = np.zeros(C, x.dtype) if bias is None else bias
    inputs = [x, as_tensor(scale), as_tensor(shift)]
    if residual is not None:
        inputs.append(as_tensor(residual))
    function = BatchNorm(
        None if training else running,
        real(OP, "eps", eps),
        boolean(OP, "relu", relu),
        text(OP, "algorithm", algorithm),
    )
    y = function(*inputs)
    if training and running:
        n = x.data.size // C
        update(running, function.mean, function.var * (n / (n - 1)), momentum)
    return y
