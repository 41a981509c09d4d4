"""Pooling in 1-D, which is 2-D pooling of images one pixel high. Tests in tests/ops/test_pool1d.py.

Global pooling is adaptive pooling to one value: `adaptive_avg_pool1d(x, 1)`.
"""

from __future__ import annotations

from typing import Any

from minicnn._checks import boolean, kernel_array, single
from minicnn.ops.adaptive_pool2d import adaptive_avg_pool2d, adaptive_max_pool2d
from minicnn.ops.avg_pool2d import avg_pool2d
from minicnn.ops.max_pool2d import max_pool2d
from minicnn.ops.shape import squeeze, unsqueeze
from minicnn.tensor import Tensor, as_tensor


def _image(op: str, x: Any) -> Tensor:
    """Return (N, C, L) as (N, C, 1, L); raise unless x is of real numbers and only N is 0."""
    x = as_tensor(x)
    if x.ndim not in (2, 3):
        raise ValueError(
            f"{op}: x must have shape (N, C, L) or (C, L), got {x.ndim} dimensions: {x.shape}"
        )
    if 0 in x.shape[-2:]:
        raise ValueError(f"{op}: only the batch axis N may be empty, got shape {x.shape}")
    kernel_array(op, "x", x.data[:0])  # the kernels would name another op in their errors
    return unsqueeze(x, -2)


class _Window:
    """The settings of windows along one axis, checked."""

    def __init__(
        self, op: str, x: Tensor, kernel_size: Any, stride: Any, padding: Any, dilation: Any = 1
    ) -> None:
        self.kernel_size = single(op, "kernel_size", kernel_size)
        self.stride = self.kernel_size if stride is None else single(op, "stride", stride)
        self.padding = single(op, "padding", padding)
        self.dilation = single(op, "dilation", dilation)
        for name, least in (("kernel_size", 1), ("stride", 1), ("padding", 0), ("dilation", 1)):
            if getattr(self, name) < least:
                raise ValueError(
                    f"{op}: {name} must be at least {least}, got {getattr(self, name)}"
                )
        k, p, d, L = self.kernel_size, self.padding, self.dilation, x.shape[-1]
        if p > k // 2:
            raise ValueError(
                f"{op}: padding must be at most kernel_size / 2 = {k} / 2 = {k // 2}, got {p}"
            )
        if d * (k - 1) + 1 > L + 2 * p:
            raise ValueError(
                f"{op}: length: the window covers dilation * (kernel_size - 1) + 1 ="
                f" {d * (k - 1) + 1} values but the padded input has only {L} + 2 * {p} ="
                f" {L + 2 * p}"
            )


def max_pool1d(
    x: Any,
    kernel_size: int | tuple[int],
    stride: int | tuple[int] | None = None,
    padding: int | tuple[int] = 0,
    dilation: int | tuple[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Take the largest value of each window of each channel; ties and NaN as in `max_pool2d`.

    Args:
        x: Signals, shape (N, C, L_in) or (C, L_in).
        kernel_size: Values that a window covers.
        stride: Values from one window to the next; None means kernel_size.
        padding: Values added at each end, at most kernel_size / 2; they are never chosen.
        dilation: Values from one cell of a window to the next.
        ceil_mode: Whether a window may run past the end of the padded signal, if it begins inside
            the signal or its left padding.
        return_indices: Whether to return also where the largest values are.

    Returns:
        Shape (N, C, L_out), or without N as x has it, with
        L_out = (L_in + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1 (rounded up
        with ceil_mode). With return_indices, the pair of that and an int64 tensor of the same
        shape.

    Raises:
        ValueError: If the sizes do not fit each other, or an axis other than N is empty.
        TypeError: If x is not float32 or float64, or a setting has the wrong type.

    Example:
        >>> max_pool1d([[3.0, 1.0, 4.0, 1.0, 5.0]], 2).tolist()
        [[3.0, 4.0]]

    Source: torch.nn.functional.max_pool1d.
    """
    op = "max_pool1d"
    image = _image(op, x)
    ceil_mode = boolean(op, "ceil_mode", ceil_mode)
    return_indices = boolean(op, "return_indices", return_indices)
    window = _Window(op, image, kernel_size, stride, padding, dilation)
    out = max_pool2d(
        image,
        (1, window.kernel_size),
        (1, window.stride),
        (0, window.padding),
        (1, window.dilation),
        ceil_mode,
        return_indices,
    )
    if return_indices:
        return squeeze(out[0], -2), squeeze(out[1], -2)
    return squeeze(out, -2)


def avg_pool1d(
    x: Any,
    kernel_size: int | tuple[int],
    stride: int | tuple[int] | None = None,
    padding: int | tuple[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Take the mean of each window of each channel.

    Args:
        x: Signals, shape (N, C, L_in) or (C, L_in).
        kernel_size: Values that a window covers.
        stride: Values from one window to the next; None means kernel_size.
        padding: Zeros added at each end, at most kernel_size / 2.
        ceil_mode: Whether a window may run past the end of the padded signal, if it begins inside
            the signal or its left padding. What lies past that end is never counted.
        count_include_pad: Whether the zeros of the padding count as values of the mean.

    Returns:
        Shape (N, C, L_out), or without N as x has it, with
        L_out = (L_in + 2 * padding - kernel_size) // stride + 1 (rounded up with ceil_mode).

    Raises:
        ValueError: If the sizes do not fit each other, or an axis other than N is empty.
        TypeError: If x is not float32 or float64, or a setting has the wrong type.

    Example:
        >>> avg_pool1d([[3.0, 1.0, 4.0, 1.0, 5.0]], 2).tolist()
        [[2.0, 2.5]]

    Source: torch.nn.functional.avg_pool1d.
    """
    op = "avg_pool1d"
    image = _image(op, x)
    ceil_mode = boolean(op, "ceil_mode", ceil_mode)
    count_include_pad = boolean(op, "count_include_pad", count_include_pad)
    window = _Window(op, image, kernel_size, stride, padding)
    y = avg_pool2d(
        image,
        (1, window.kernel_size),
        (1, window.stride),
        (0, window.padding),
        ceil_mode,
        count_include_pad,
    )
    return squeeze(y, -2)


def _output_length(op: str, image: Tensor, output_size: Any) -> tuple[int, int]:
    if output_size is None or output_size in ((None,), [None]):
        return 1, image.shape[-1]
    length = single(op, "output_size", output_size)
    if length < 1:
        raise ValueError(f"{op}: output_size must be at least 1, got {length}")
    return 1, length


def adaptive_avg_pool1d(x: Any, output_size: Any) -> Tensor:
    """Take means of windows chosen so that the output has the length asked for.

    Args:
        x: Signals, shape (N, C, L_in) or (C, L_in).
        output_size: L_out; None keeps the length. 1 is global average pooling.

    Returns:
        Shape (N, C, L_out), or without N as x has it; the windows are those of
        `adaptive_avg_pool2d`.

    Raises:
        ValueError: If an axis other than N is empty, or output_size is less than 1.
        TypeError: If x is not float32 or float64, or output_size is no int.

    Example:
        >>> adaptive_avg_pool1d([[3.0, 1.0, 4.0, 2.0]], 1).tolist()
        [[2.5]]

    Source: torch.nn.functional.adaptive_avg_pool1d.
    """
    image = _image("adaptive_avg_pool1d", x)
    size = _output_length("adaptive_avg_pool1d", image, output_size)
    return squeeze(adaptive_avg_pool2d(image, size), -2)


def adaptive_max_pool1d(x: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Take the largest values of windows chosen so that the output has the length asked for.

    Args:
        x: Signals, shape (N, C, L_in) or (C, L_in).
        output_size: L_out; None keeps the length. 1 is global max pooling.
        return_indices: Whether to return also where the largest values are.

    Returns:
        Shape (N, C, L_out), or without N as x has it; with return_indices, the pair of that and an
        int64 tensor of the same shape.

    Raises:
        ValueError: If an axis other than N is empty, or output_size is less than 1.
        TypeError: If x is not float32 or float64, or output_size is no int.

    Example:
        >>> adaptive_max_pool1d([[3.0, 1.0, 4.0, 2.0]], 2).tolist()
        [[3.0, 4.0]]

    Source: torch.nn.functional.adaptive_max_pool1d.
    """
    op = "adaptive_max_pool1d"
    image = _image(op, x)
    return_indices = boolean(op, "return_indices", return_indices)
    size = _output_length(op, image, output_size)
    out = adaptive_max_pool2d(image, size, return_indices)
    if return_indices:
        return squeeze(out[0], -2), squeeze(out[1], -2)
    return squeeze(out, -2)
