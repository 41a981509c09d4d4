"""2-D max pooling: kernels in cpp/max_pool2d/, tests in tests/ops/test_max_pool2d.py."""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np

from minicnn import _core
from minicnn._checks import boolean, image_batch, kernel_array, pair, text
from minicnn.autograd import Function, is_grad_enabled
from minicnn.ops.relu import relu as rectified
from minicnn.tensor import Tensor, as_tensor

ALGORITHMS: tuple[str, ...] = _core.MAX_POOL2D_ALGORITHMS  # the steps of the ladder, slowest first


class MaxPool2d(Function):
    """y = max_pool2d(x), and its gradient: each window's goes to the pixel that won."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        ceil_mode: Any,
        return_indices: bool,
        relu: bool,
        algorithm: str,
    ) -> None:
        op = "max_pool2d"
        kernel = pair(op, "kernel_size", kernel_size)
        self.settings: dict[str, Any] = dict(
            kernel_size=kernel,
            stride=kernel if stride is None else pair(op, "stride", stride),
            padding=pair(op, "padding", padding),
            dilation=pair(op, "dilation", dilation),
            ceil_mode=boolean(op, "ceil_mode", ceil_mode),
            algorithm=text("max_pool2d", "algorithm", algorithm),
        )
        self.return_indices, self.relu = return_indices, relu
        self.indices: np.ndarray | None = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x_shape = x.shape
        x = image_batch("max_pool2d", x)
        self.batch_shape = x.shape
        keep = "nothing"
        if self.return_indices:
            keep = "indices"
        elif self.needs_grad[0] and is_grad_enabled():
            keep = "argmax"
        y, argmax = _core.max_pool2d_forward(x, keep=keep, relu=self.relu, **self.settings)
        self.argmax: Any = argmax  # None where nothing was kept, and then nothing goes backward
        y_shape = y.shape[4 - len(self.x_shape) :]
        if self.return_indices:
            assert argmax is not None
            self.indices = argmax.reshape(y_shape)
        return y if y.shape == y_shape else y.reshape(y_shape)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        grad_y = kernel_array("max_pool2d", "grad_y", grad_y).reshape(self.argmax.shape)
        grad_x = _core.max_pool2d_backward(
            grad_y, self.argmax, x_shape=self.batch_shape, **self.settings
        )
        return (grad_x.reshape(self.x_shape),)


@overload
def max_pool2d(
    x: Any,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = ...,
    padding: int | tuple[int, int] = ...,
    dilation: int | tuple[int, int] = ...,
    ceil_mode: bool = ...,
    return_indices: Literal[False] = ...,
    *,
    relu: bool = ...,
    algorithm: str = ...,
) -> Tensor: ...
@overload
def max_pool2d(
    x: Any,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = ...,
    padding: int | tuple[int, int] = ...,
    dilation: int | tuple[int, int] = ...,
    ceil_mode: bool = ...,
    return_indices: bool = ...,
    *,
    relu: bool = ...,
    algorithm: str = ...,
) -> Any: ...


def max_pool2d(
    x: Any,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    relu: bool = False,
    algorithm: str = "auto",
) -> Any:
    """Take the largest pixel of each window of each channel.

    Of equal values the first in memory order wins; a NaN beats every number, and the first NaN
    wins. Padding never wins: a window of nothing but -inf yields -inf at its first pixel. A dilated
    window may hold nothing but padding: it yields -inf at index -1, and its gradient is dropped.

    Args:
        x: Images, shape (N, C, H_in, W_in) or (C, H_in, W_in).
        kernel_size: Pixels that a window covers, as (height, width) or one int for both.
        stride: Pixels from one window to the next; None means kernel_size.
        padding: Rows and columns added on each side, at most kernel_size / 2.
        dilation: Pixels from one cell of a window to the next; 1 is an ordinary window.
        ceil_mode: Whether a window may run past the end of the padded image, if it begins inside
            the image or its left padding.
        return_indices: Whether to return also where the largest pixels are.
        relu: Whether to pool max(x, 0), in the same pass over memory: the bits of `relu(x)` pooled,
            and of its gradient.
        algorithm: Which step of cpp/max_pool2d/ to run; all give the same result.

    Returns:
        Shape (N, C, H_out, W_out), or without N as x has it, with
        H_out = (H_in + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1 (rounded up
        with ceil_mode), and likewise for W_out. With return_indices, the pair of that and an int64
        tensor of the same shape, which holds hi * W_in + wi of each maximum.

    Raises:
        ValueError: If the sizes do not fit each other, or an axis other than N is empty.
        TypeError: If x is not float32 or float64, or a setting has the wrong type.

    Example:
        >>> max_pool2d(np.arange(16, dtype=np.float32).reshape(1, 4, 4), 2).tolist()
        [[[5.0, 7.0], [13.0, 15.0]]]

    Source: torch.nn.functional.max_pool2d, whose names and shapes these are.
    """
    return_indices = boolean("max_pool2d", "return_indices", return_indices)
    x = as_tensor(x)
    if boolean("max_pool2d", "relu", relu) and return_indices:  # those of relu(x): it must exist
        x, relu = rectified(x), False
    function = MaxPool2d(
        kernel_size, stride, padding, dilation, ceil_mode, return_indices, bool(relu), algorithm
    )
    y = function(x)
    if function.indices is None:
        return y
    return y, Tensor.of_array(function.indices)
