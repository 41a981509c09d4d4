"""What the convolutions share in Python: settings for each axis, padding in words, shapes.

`n` is the number of axes that the kernels slide along: 1 for (N, C, L), 2 for (N, C, H, W).
"""

from __future__ import annotations

import math
from typing import Any

from minicnn._checks import pair, single
from minicnn.ops.pad import pad
from minicnn.ops.shape import reshape
from minicnn.tensor import Tensor

Sizes = tuple[int, ...]  # one for each axis
AXES: dict[int, tuple[str, ...]] = {1: ("length",), 2: ("height", "width")}
LETTERS = {1: "L", 2: "H, W"}


def per_axis(op: str, name: str, value: Any, n: int, least: int) -> Sizes:
    """Return one int for each axis from one for all or a tuple; raise if one is below `least`."""
    sizes: Sizes = pair(op, name, value) if n == 2 else (single(op, name, value),)
    if min(sizes) < least:
        raise ValueError(f"{op}: {name} must be at least {least}, got {min(sizes)}")
    return sizes


def split_padding(
    op: str, padding: Any, kernel: Sizes, stride: Sizes, dilation: Sizes
) -> tuple[Sizes, Sizes | None]:
    """Return what to add at both ends of each axis, and margins in the order of `pad`, or None.

    "valid" adds nothing. "same" adds what a kernel reaches beyond its first cell, half of it at
    each end; of an odd number, which a convolution cannot add by itself, one more at the far end.
    """
    n = len(kernel)
    if not isinstance(padding, str):
        return per_axis(op, "padding", padding, n, 0), None
    if padding not in ("same", "valid"):
        raise ValueError(
            f"{op}: padding must be 'same', 'valid', an int or {'a pair' if n == 2 else '(int,)'},"
            f" got {padding!r}"
        )
    if padding == "valid":
        return (0,) * n, None
    if max(stride) > 1:
        raise ValueError(f"{op}: padding='same' needs stride 1, got stride={stride}")
    reach = [d * (k - 1) for d, k in zip(dilation, kernel)]
    before = tuple([r // 2 for r in reach])
    if all(r % 2 == 0 for r in reach):
        return before, None
    margins = [(b, r - b) for b, r in zip(before, reach)]
    return (0,) * n, tuple([size for margin in reversed(margins) for size in margin])


def padded(x: Tensor, margins: Sizes | None) -> Tensor:
    """Return `x` with zeros around it where a convolution cannot add them by itself."""
    return x if margins is None else pad(x, margins)


def as_batch(op: str, x: Tensor, n: int) -> Tensor:
    """Return `x` with shape (N, C, *sizes); N is 1 if it had none."""
    if x.ndim not in (n + 1, n + 2):
        raise ValueError(
            f"{op}: x must have shape (N, C, {LETTERS[n]}) or (C, {LETTERS[n]}), got {x.ndim}"
            f" dimensions: {x.shape}"
        )
    return x if x.ndim == n + 2 else reshape(x, (1, *x.shape))


def check_shapes(
    op: str, x: Sizes, weight: Sizes, bias: Sizes | None, groups: int, transposed: bool
) -> None:
    """Raise ValueError unless the shapes fit each other; x has its axis N."""
    if len(weight) != len(x):
        raise ValueError(f"{op}: weight must have {len(x)} dimensions, got shape {weight}")
    if groups < 1:
        raise ValueError(f"{op}: groups must be at least 1, got {groups}")
    if 0 in x[1:] or 0 in weight:
        raise ValueError(
            f"{op}: only the batch axis N may be empty, got x with shape {x} and weight {weight}"
        )
    shapes = f"{op}: x has shape {x} and weight {weight}"
    if x[1] % groups:
        raise ValueError(f"{shapes}: groups={groups} must divide x.shape[1] = {x[1]}")
    if transposed and weight[0] != x[1]:
        raise ValueError(f"{shapes}: weight.shape[0] must be x.shape[1] = {x[1]}, got {weight[0]}")
    if not transposed and x[1] != weight[1] * groups:
        raise ValueError(
            f"{shapes}: with groups={groups}, weight.shape[1] must be x.shape[1] / groups ="
            f" {x[1]} / {groups}, got {weight[1]}"
        )
    if not transposed and weight[0] % groups:
        raise ValueError(
            f"{op}: weight.shape[0] (out_channels) must be divisible by groups={groups}, got"
            f" {weight[0]}"
        )
    C_out = weight[1] * groups if transposed else weight[0]
    if bias is not None and bias != (C_out,):
        raise ValueError(
            f"{op}: bias must have shape ({C_out},), one value for each output channel, got {bias}"
        )


def check_memory(op: str, what: str, *sizes: int) -> None:
    """Raise ValueError unless the kernels' 64-bit arithmetic can address an array of these sizes.

    They multiply sizes by threads (up to 2**8), lanes (2**4) and bytes (2**3).
    """
    if math.prod(sizes) >= 2**48:
        raise ValueError(f"{op}: {what} would have {math.prod(sizes)} values, too many")
