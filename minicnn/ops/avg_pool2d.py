"""2-D average pooling: kernels in cpp/avg_pool2d/, tests in tests/ops/test_avg_pool2d.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import _core
from minicnn._checks import boolean, image_batch, integer, kernel_array, pair, text
from minicnn.autograd import Function
from minicnn.tensor import Tensor, as_tensor

ALGORITHMS: tuple[str, ...] = _core.AVG_POOL2D_ALGORITHMS  # the steps of the ladder, slowest first


class AvgPool2d(Function):
    """y = avg_pool2d(x), and its gradient: each window's is shared out evenly to its pixels."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        ceil_mode: Any,
        count_include_pad: Any,
        divisor_override: Any,
        algorithm: str,
    ) -> None:
        op = "avg_pool2d"
        kernel = pair(op, "kernel_size", kernel_size)
        if divisor_override is not None:
            divisor_override = integer(op, "divisor_override", divisor_override)
        self.settings: dict[str, Any] = dict(
            kernel_size=kernel,
            stride=kernel if stride is None else pair(op, "stride", stride),
            padding=pair(op, "padding", padding),
            ceil_mode=boolean(op, "ceil_mode", ceil_mode),
            count_include_pad=boolean(op, "count_include_pad", count_include_pad),
            divisor_override=divisor_override,
            algorithm=text(op, "algorithm", algorithm),
        )

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        x = image_batch("avg_pool2d", x)
        self.batch_shape = x.shape
        y = _core.avg_pool2d_forward(x, **self.settings)
        return y if len(self.x_shape) == 4 else y.reshape(y.shape[1:])

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        grad_y = kernel_array("avg_pool2d", "grad_y", grad_y)
        if grad_y.ndim == 3:
            grad_y = grad_y[np.newaxis]
        grad_x = _core.avg_pool2d_backward(grad_y, x_shape=self.batch_shape, **self.settings)
        return (grad_x.reshape(self.x_shape),)


def avg_pool2d(
    x: Any,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    algorithm: str = "auto",
) -> Tensor:
    """Take the mean of each window of each channel.

    Args:
        x: Images, shape (N, C, H_in, W_in) or (C, H_in, W_in).
        kernel_size: Pixels that a window covers, as (height, width) or one int for both.
        stride: Pixels from one window to the next; None means kernel_size.
        padding: Rows and columns of zeros added on each side, at most kernel_size / 2.
        ceil_mode: Whether a window may run past the end of the padded image, if it begins inside
            the image or its left padding. What lies past that end is never counted.
        count_include_pad: Whether the zeros of the padding count as pixels of the mean.
        divisor_override: Divide each window's sum by this instead of the number of its pixels.
        algorithm: Which step of cpp/avg_pool2d/ to run; all give the same result up to rounding.

    Returns:
        Shape (N, C, H_out, W_out), or without N as x has it, with
        H_out = (H_in + 2 * padding - kernel_size) // stride + 1 (rounded up with ceil_mode), and
        likewise for W_out.

    Raises:
        ValueError: If the sizes do not fit each other, an axis other than N is empty, or
            divisor_override is 0.
        TypeError: If x is not float32 or float64, or a setting has the wrong type.

    Example:
        >>> avg_pool2d(np.arange(16, dtype=np.float32).reshape(1, 4, 4), 2).tolist()
        [[[2.5, 4.5], [10.5, 12.5]]]

    Source: torch.nn.functional.avg_pool2d, whose names and shapes these are.
    """
    function = AvgPool2d(
        kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, algorithm
    )
    return function(as_tensor(x))
