"""Convolution and batch normalization in one pass over memory, for evaluation without gradients.

Kernels: the epilogue of cpp/conv2d/. Tests: tests/ops/test_conv2d_batch_norm.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import _core
from minicnn._checks import boolean, kernel_arrays
from minicnn.autograd import is_grad_enabled
from minicnn.ops.batch_norm import batch_norm
from minicnn.ops.conv2d import Conv2d, conv2d
from minicnn.tensor import Tensor, as_tensor

OP = "conv2d_batch_norm"


class Conv2dBatchNorm(Conv2d):
    """y = batch_norm(conv2d(x, weight) + bias) + residual, then ReLU if so wished; no gradients.

    The inputs are those of `names`, in this order.
    """

    def __init__(self, names: list[str], eps: float, *settings: Any) -> None:
        super().__init__(*settings)
        self.names, self.eps = names, eps

    def forward(self, *arrays: Any) -> np.ndarray:
        checked = kernel_arrays(OP, **dict(zip(self.names, arrays)))
        given: dict[str, Any] = dict.fromkeys(("bias", "norm_weight", "norm_bias", "residual"))
        given |= zip(self.names, checked)
        self.weight = given["weight"]
        return _core.conv2d_batch_norm_forward(
            **given, eps=self.eps, relu=self.relu, **self.settings
        )


def conv2d_batch_norm(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
    *,
    running_mean: Any,
    running_var: Any,
    norm_weight: Any = None,
    norm_bias: Any = None,
    eps: float = 1e-5,
    residual: Any = None,
    relu: bool = False,
    algorithm: str = "auto",
) -> Tensor:
    """Convolve, then normalize by known statistics: batch_norm(conv2d(x, weight, bias), ...).

    One pass over memory where no gradient is recorded, else these two; with `algorithm="auto"` the
    bits are the same.

    Args:
        x: Images, shape (N, C_in, H_in, W_in).
        weight, bias, stride, padding, dilation, groups: As of `conv2d`.
        running_mean, running_var: Mean and variance of each output channel, shape (C_out,).
        norm_weight, norm_bias: Scale and shift of the normalized values, shape (C_out,), or None.
        eps: Added to the variance.
        residual: Added to the result, of its shape.
        relu: Whether to replace negative results (after the residual) by 0.
        algorithm: Which step of cpp/conv2d/ to run.

    Returns:
        Shape (N, C_out, H_out, W_out), as of `conv2d`.

    Raises:
        ValueError: If the shapes do not fit each other or the settings, or eps is not positive.
        TypeError: If the arrays are not all float32 or all float64, or a setting is not an int.

    Example:
        >>> x, w = np.full((1, 1, 2, 2), 3.0), np.ones((1, 1, 1, 1))
        >>> y = conv2d_batch_norm(x, w, running_mean=np.ones(1), running_var=np.full(1, 4.0))
        >>> y.data.round(3).tolist()
        [[[[1.0, 1.0], [1.0, 1.0]]]]

    Source: Ioffe & Szegedy, "Batch normalization", arXiv:1502.03167, algorithm 2.
    """
    if not eps > 0:
        raise ValueError(f"{OP}: eps must be positive, got {eps}")
    arguments = dict(
        x=x,
        weight=weight,
        bias=bias,
        running_mean=running_mean,
        running_var=running_var,
        norm_weight=norm_weight,
        norm_bias=norm_bias,
        residual=residual,
    )
    given = {name: as_tensor(a) for name, a in arguments.items() if a is not None}
    if is_grad_enabled() and any(t.requires_grad for t in given.values()):
        y = conv2d(x, weight, bias, stride, padding, dilation, groups, algorithm=algorithm)
        statistics = given["running_mean"], given["running_var"]
        return batch_norm(
            y, *statistics, norm_weight, norm_bias, eps=eps, residual=residual, relu=relu
        )
    relu = boolean(OP, "relu", relu)
    settings = (stride, padding, dilation, groups, algorithm, relu)
    return Conv2dBatchNorm(list(given), float(eps), *settings)(*given.values())
