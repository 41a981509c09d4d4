"""Transposed convolution, by the kernels of conv2d: tests in tests/ops/test_conv_transpose2d.py.

What conv2d's backward pass does to a gradient, this does to images: each pixel is spread out over
the window it stands for. So the forward pass here is conv2d's gradient of its input, and the
gradients are conv2d's forward pass and its gradient of the weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import _core
from minicnn._checks import integer, kernel_array, kernel_arrays, text
from minicnn.autograd import Function
from minicnn.ops._convolution import (
    AXES,
    Sizes,
    as_batch,
    check_memory,
    check_shapes,
    padded,
    per_axis,
)
from minicnn.ops.shape import reshape
from minicnn.tensor import Tensor, as_tensor


class ConvTranspose2d(Function):
    """y = the gradient that conv2d passes on to its input if x is that of its output."""

    def __init__(self, op: str, y_size: Sizes, settings: dict[str, Any]) -> None:
        self.op, self.y_size, self.settings = op, y_size, settings

    def forward(
        self, x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None
    ) -> np.ndarray:
        if bias is None:
            self.x, self.weight = kernel_arrays(self.op, x=x, weight=weight)
        else:
            self.x, self.weight, bias = kernel_arrays(self.op, x=x, weight=weight, bias=bias)
        y_shape = (len(x), weight.shape[1] * self.settings["groups"], *self.y_size)
        y = _core.conv2d_backward_input(self.x, self.weight, x_shape=y_shape, **self.settings)
        if bias is not None:
            y += bias[:, np.newaxis, np.newaxis]  # (C_out, 1, 1) over (N, C_out, H_out, W_out)
        return y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        grad_y = kernel_array(self.op, "grad_y", grad_y)
        grad_x = grad_weight = grad_bias = None
        needs_x, needs_weight, *needs_bias = self.needs_grad
        if needs_x:
            grad_x = _core.conv2d_forward(grad_y, self.weight, None, **self.settings)
        if needs_weight:
            grad_weight = _core.conv2d_backward_weight(
                self.x, grad_y, weight_shape=self.weight.shape, **self.settings
            )
        if any(needs_bias):
            grad_bias = _core.conv2d_backward_bias(grad_y)
        return grad_x, grad_weight, grad_bias


class _Settings:
    """The checked settings of one transposed convolution along n axes, and the size it gives."""

    def __init__(
        self,
        op: str,
        n: int,
        stride: Any,
        padding: Any,
        output_padding: Any,
        dilation: Any,
    ) -> None:
        self.op, self.n = op, n
        self.stride = per_axis(op, "stride", stride, n, 1)
        self.padding = per_axis(op, "padding", padding, n, 0)
        self.output_padding = per_axis(op, "output_padding", output_padding, n, 0)
        self.dilation = per_axis(op, "dilation", dilation, n, 1)
        for o, s, d in zip(self.output_padding, self.stride, self.dilation):
            if o >= max(s, d):
                raise ValueError(
                    f"{op}: output_padding must be less than stride or dilation, the larger of the"
                    f" two being {max(s, d)}, got {o}"
                )

    def output_size(self, size: Sizes, kernel: Sizes) -> Sizes:
        """Return (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1.

        Raises:
            ValueError: If nothing is left along an axis.
        """
        out = []
        for i, name in enumerate(AXES[self.n]):
            s, p, d, o = self.stride[i], self.padding[i], self.dilation[i], self.output_padding[i]
            length = (size[i] - 1) * s - 2 * p + d * (kernel[i] - 1) + o + 1
            if length < 1:
                raise ValueError(
                    f"{self.op}: {name}: the result must be at least 1 long, but (input - 1) *"
                    " stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1 ="
                    f" {size[i] - 1} * {s} - 2 * {p} + {d} * {kernel[i] - 1} + {o} + 1 = {length}"
                )
            out.append(length)
        return tuple(out)

    def missing(self) -> Sizes | None:
        """Return margins for `x`: conv2d has more windows if output_padding is a whole stride."""
        more = [o // s for o, s in zip(self.output_padding, self.stride)]
        margins = [size for m in reversed(more) for size in (0, m)]
        return tuple(margins) if any(more) else None


def _conv_transpose(
    x: Any, weight: Any, bias: Any, settings: _Settings, groups: Any, algorithm: str
) -> Tensor:
    """Do the transposed convolution along one or two axes."""
    op, n = settings.op, settings.n
    x, weight = as_tensor(x), as_tensor(weight)
    bias = None if bias is None else as_tensor(bias)
    groups = integer(op, "groups", groups)
    batch = as_batch(op, x, n)
    check_shapes(op, batch.shape, weight.shape, None if bias is None else bias.shape, groups, True)
    y_size = settings.output_size(batch.shape[2:], weight.shape[2:])
    wide = [size + 2 * p for size, p in zip(y_size, settings.padding)]
    C_out = weight.shape[1] * groups
    check_memory(op, "the result with its padding", C_out, *wide)
    check_memory(op, "the result", len(batch), C_out, *y_size)
    batch = padded(batch, settings.missing())
    flat = (1,) * (2 - n)  # (N, C, L) -> (N, C, 1, L)
    function = ConvTranspose2d(
        op,
        flat + y_size,
        dict(
            stride=flat + settings.stride,
            padding=(0,) * (2 - n) + settings.padding,
            dilation=flat + settings.dilation,
            groups=groups,
            algorithm=text(op, "algorithm", algorithm),
        ),
    )
    if n == 1:
        batch = reshape(batch, (*batch.shape[:2], 1, batch.shape[2]))
        weight = reshape(weight, (*weight.shape[:2], 1, weight.shape[2]))
    y = function(batch, weight) if bias is None else function(batch, weight, bias)
    y_shape = (*x.shape[: -n - 1], C_out, *y_size)
    return y if y.shape == y_shape else reshape(y, y_shape)


def conv_transpose2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    output_padding: int | tuple[int, int] = 0,
    groups: int = 1,
    dilation: int | tuple[int, int] = 1,
    *,
    algorithm: str = "auto",
) -> Tensor:
    """Spread each pixel over a window of the result, weighted by a kernel; where windows meet, add.

    Args:
        x: Images, shape (N, C_in, H_in, W_in) or (C_in, H_in, W_in).
        weight: Kernels, shape (C_in, C_out // groups, K_h, K_w).
        bias: One value for each output channel, shape (C_out,).
        stride: Pixels of the result from one window to the next.
        padding: Rows and columns cut off each side of the result.
        output_padding: Rows and columns that are cut off less at the bottom and at the right; less
            than stride or dilation. Of the sizes that conv2d makes H_in of, it chooses one.
        groups: Blocks of channels treated apart.
        dilation: Pixels from one kernel cell to the next; 1 is an ordinary kernel.
        algorithm: Which step of cpp/conv2d/ to run; all give the same result up to rounding.

    Returns:
        Shape (N, C_out, H_out, W_out), or without N as x has it, with
        H_out = (H_in - 1) * stride - 2 * padding + dilation * (K_h - 1) + output_padding + 1,
        and likewise for W_out.

    Raises:
        ValueError: If the shapes do not fit each other or the settings.
        TypeError: If the arrays are not all float32 or all float64, or a setting is not an int.

    Example:
        >>> x, w = np.array([[[1.0, 2.0]]]), np.ones((1, 1, 1, 3))
        >>> conv_transpose2d(x, w, stride=2).tolist()
        [[[1.0, 1.0, 3.0, 2.0, 2.0]]]

    Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning",
    arXiv:1603.07285, section 4.
    """
    settings = _Settings("conv_transpose2d", 2, stride, padding, output_padding, dilation)
    return _conv_transpose(x, weight, bias, settings, groups, algorithm)


def conv_transpose1d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int] = 1,
    padding: int | tuple[int] = 0,
    output_padding: int | tuple[int] = 0,
    groups: int = 1,
    dilation: int | tuple[int] = 1,
    *,
    algorithm: str = "auto",
) -> Tensor:
    """Spread each value over a window of the result, weighted by a kernel; where windows meet, add.

    Args:
        x: Signals, shape (N, C_in, L_in) or (C_in, L_in).
        weight: Kernels, shape (C_in, C_out // groups, K).
        bias, stride, padding, output_padding, groups, dilation, algorithm: As of
            `conv_transpose2d`, along one axis.

    Returns:
        Shape (N, C_out, L_out), or without N as x has it, with
        L_out = (L_in - 1) * stride - 2 * padding + dilation * (K - 1) + output_padding + 1.

    Raises:
        ValueError: If the shapes do not fit each other or the settings.
        TypeError: If the arrays are not all float32 or all float64, or a setting is not an int.

    Example:
        >>> conv_transpose1d(np.array([[1.0, 2.0]]), np.ones((1, 1, 3)), stride=2).tolist()
        [[1.0, 1.0, 3.0, 2.0, 2.0]]

    Source: torch.nn.functional.conv_transpose1d.
    """
    settings = _Settings("conv_transpose1d", 1, stride, padding, output_padding, dilation)
    return _conv_transpose(x, weight, bias, settings, groups, algorithm)
