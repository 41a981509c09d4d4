"""1-D convolution, which is 2-D convolution of images one pixel high."""

from __future__ import annotations

from typing import Any

from minicnn._checks import integer, kernel_arrays
from minicnn.ops._convolution import (
    as_batch,
    check_memory,
    check_shapes,
    padded,
    per_axis,
    split_padding,
)
from minicnn.ops.conv2d import conv2d
from minicnn.ops.shape import reshape
from minicnn.tensor import Tensor, as_tensor


def conv1d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int] = 1,
    padding: str | int | tuple[int] = 0,
    dilation: int | tuple[int] = 1,
    groups: int = 1,
    *,
    algorithm: str = "auto",
) -> Tensor:
    """Slide a bank of kernels along a batch of signals (cross-correlation: no kernel is flipped).

    Args:
        x: Signals, shape (N, C_in, L_in) or (C_in, L_in).
        weight: Kernels, shape (C_out, C_in // groups, K).
        bias: One value for each output channel, shape (C_out,).
        stride: Values the window moves at a time.
        padding: Zeros added at each end; "valid" is none, "same" as many as keep the length (needs
            stride 1; of an odd number, the one left over goes to the far end).
        dilation: Values from one kernel cell to the next; 1 is an ordinary kernel.
        groups: Blocks of channels convolved apart; groups=C_in is depthwise.
        algorithm: Which step of cpp/conv2d/ to run; all give the same result up to rounding.

    Returns:
        Shape (N, C_out, L_out), or without N as x has it, with
        L_out = (L_in + 2 * padding - dilation * (K - 1) - 1) // stride + 1.

    Raises:
        ValueError: If the shapes do not fit each other or the settings.
        TypeError: If the arrays are not all float32 or all float64, or a setting is not an int.

    Example:
        >>> conv1d([[0.0, 1.0, 2.0, 3.0, 4.0]], [[[1.0, 0.0, -1.0]]]).tolist()
        [[-2.0, -2.0, -2.0]]

    Source: torch.nn.functional.conv1d.
    """
    op = "conv1d"
    x, weight = as_tensor(x), as_tensor(weight)
    bias = None if bias is None else as_tensor(bias)
    groups = integer(op, "groups", groups)
    batch = as_batch(op, x, 1)
    check_shapes(op, batch.shape, weight.shape, None if bias is None else bias.shape, groups, False)
    arrays = dict(x=batch, weight=weight) | ({} if bias is None else dict(bias=bias))
    kernel_arrays(op, **{name: t.data[:0] for name, t in arrays.items()})  # only their dtypes
    K = weight.shape[2]
    (s,) = per_axis(op, "stride", stride, 1, 1)
    (d,) = per_axis(op, "dilation", dilation, 1, 1)
    (p,), margins = split_padding(op, padding, (K,), (s,), (d,))
    L, extent = batch.shape[2] + sum(margins or ()), d * (K - 1) + 1
    if extent > L + 2 * p:
        raise ValueError(
            f"{op}: length: the dilated kernel covers dilation * (kernel - 1) + 1 = {extent} values"
            f" but the padded input has only {L} + 2 * {p} = {L + 2 * p}"
        )
    check_memory(op, "the padded input", batch.shape[1], L + 2 * p)
    batch = padded(batch, margins)
    y = conv2d(
        reshape(batch, (*batch.shape[:2], 1, L)),  # (N, C, L) -> (N, C, 1, L)
        reshape(weight, (*weight.shape[:2], 1, K)),
        bias,
        (1, s),
        (0, p),
        (1, d),
        groups,
        algorithm=algorithm,
    )
    return reshape(y, (*x.shape[:-2], len(weight), y.shape[-1]))
