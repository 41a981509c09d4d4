"""2-D convolution: kernels in cpp/conv2d/, tests in tests/ops/test_conv2d.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import _core
from minicnn._checks import boolean, integer, kernel_array, kernel_arrays, pair, text
from minicnn.autograd import Function
from minicnn.ops._convolution import padded, per_axis, split_padding
from minicnn.ops.shape import reshape
from minicnn.tensor import Tensor, as_tensor

ALGORITHMS: tuple[str, ...] = _core.CONV2D_ALGORITHMS  # the steps of the ladder, slowest first


class Conv2d(Function):
    """y = conv2d(x, weight) + bias, then ReLU if so wished, and its three gradients."""

    takes_pending = True

    def __init__(
        self, stride: Any, padding: Any, dilation: Any, groups: Any, algorithm: str, relu: bool
    ) -> None:
        self.settings: dict[str, Any] = dict(
            stride=pair("conv2d", "stride", stride),
            padding=pair("conv2d", "padding", padding),
            dilation=pair("conv2d", "dilation", dilation),
            groups=integer("conv2d", "groups", groups),
            algorithm=text("conv2d", "algorithm", algorithm),
        )
        self.relu = boolean("conv2d", "relu", relu)

    def forward(
        self, x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None
    ) -> np.ndarray:
        if bias is None:
            self.x, self.weight = kernel_arrays("conv2d", x=x, weight=weight)
        else:
            self.x, self.weight, bias = kernel_arrays("conv2d", x=x, weight=weight, bias=bias)
        y = _core.conv2d_forward(self.x, self.weight, bias, relu=self.relu, **self.settings)
        self.y = y if self.relu else None
        return y

    def backward(
        self, grad_y: np.ndarray, pending: np.ndarray | None = None
    ) -> tuple[np.ndarray | None, ...]:
        grad_y = kernel_array("conv2d", "grad_y", grad_y)
        grad_x = grad_weight = grad_bias = None
        needs_x, needs_weight, *needs_bias = self.needs_grad
        if self.y is not None:  # the gradient stops where ReLU cut y off
            grad_y, grad_bias = _core.conv2d_backward_relu(grad_y, self.y, True in needs_bias)
        elif True in needs_bias:
            grad_bias = _core.conv2d_backward_bias(grad_y)
        if needs_x:
            if pending is not None:
                pending = kernel_array("conv2d", "pending", pending)
            grad_x = _core.conv2d_backward_input(
                grad_y, self.weight, pending, x_shape=self.x.shape, **self.settings
            )
        if needs_weight:
            grad_weight = _core.conv2d_backward_weight(
                grad_y, self.x, weight_shape=self.weight.shape, **self.settings
            )
        return grad_x, grad_weight, grad_bias


def conv2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int, int] = 1,
    padding: str | int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
    *,
    relu: bool = False,
    algorithm: str = "auto",
) -> Tensor:
    """Slide a bank of kernels over a batch of images (cross-correlation: no kernel is flipped).

    Args:
        x: Images, shape (N, C_in, H_in, W_in) or (C_in, H_in, W_in).
        weight: Kernels, shape (C_out, C_in // groups, K_h, K_w).
        bias: One value for each output channel, shape (C_out,).
        stride: Pixels the window moves at a time, as (height, width) or one int for both.
        padding: Rows and columns of zeros added on each side of the images; "valid" is none, "same"
            as many as keep the size (needs stride 1; of an odd number, the one left over goes to
            the bottom or right).
        dilation: Pixels from one kernel cell to the next; 1 is an ordinary kernel.
        groups: Blocks of channels convolved apart; groups=C_in is depthwise.
        relu: Whether to replace negative results by 0, in the same pass.
        algorithm: Which step of cpp/conv2d/ to run; all give the same result up to rounding.

    Returns:
        Shape (N, C_out, H_out, W_out), or without N as x has it, with
        H_out = (H_in + 2 * padding - dilation * (K_h - 1) - 1) // stride + 1,
        and likewise for W_out.

    Raises:
        ValueError: If the shapes do not fit each other or the settings.
        TypeError: If the arrays are not all float32 or all float64, or a setting is not an int.

    Example:
        >>> x, w = np.ones((1, 3, 8, 8), np.float32), np.ones((4, 3, 3, 3), np.float32)
        >>> conv2d(x, w, stride=2, padding=1).shape
        (1, 4, 4, 4)

    Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning",
    arXiv:1603.07285, sections 2 and 5.1.
    """
    x, weight = as_tensor(x), as_tensor(weight)
    if isinstance(padding, str):
        x, padding = _padded(x, weight, padding, stride, dilation)
    one_image = x.ndim == 3
    inputs = [reshape(x, (1, *x.shape)) if one_image else x, weight]
    if bias is not None:
        inputs.append(as_tensor(bias))
    y = Conv2d(stride, padding, dilation, groups, algorithm, relu)(*inputs)
    return reshape(y, y.shape[1:]) if one_image else y


def _padded(x: Tensor, weight: Tensor, padding: str, stride: Any, dilation: Any) -> Any:
    """Return x and the pair of ints for a padding in words; x with zeros around it, if need be."""
    strides = per_axis("conv2d", "stride", stride, 2, 1)
    dilations = per_axis("conv2d", "dilation", dilation, 2, 1)
    kernel = weight.shape[2:4] if weight.ndim == 4 else (1, 1)  # else the kernels say what is wrong
    pair, margins = split_padding("conv2d", padding, kernel, strides, dilations)
    return padded(x, margins), pair
