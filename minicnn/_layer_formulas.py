"""What a layer costs and gives, counted from its settings, and the formulas with the numbers in."""

from __future__ import annotations

import math
from typing import Any

from minicnn import nn
from minicnn.nn.module import Module

WINDOWS = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)  # layers that slide a window over (H, W)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d)


def multiply_adds(module: Module, x_shape: tuple[int, ...], y_shape: tuple[int, ...]) -> int | None:
    """Return the products that a convolution or Linear sums for its output; None for others.

    Each of its outputs is a sum of C_in / groups * K_h * K_w products, or of in_features; a
    transposed convolution multiplies each of its inputs by C_out / groups * K_h * K_w weights.

    Example:
        >>> conv = nn.Conv2d(3, 10, 3)
        >>> multiply_adds(conv, (1, 3, 130, 130), (1, 10, 128, 128))  # 10 * 128 * 128 * (3 * 3 * 3)
        4423680
    """
    if isinstance(module, TRANSPOSED):
        return math.prod(x_shape) * math.prod(module.weight.shape[1:])
    if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Linear)):
        return math.prod(y_shape) * math.prod(module.weight.shape[1:])
    return None


def formulas(module: Module, x_shape: tuple[int, ...], y_shape: tuple[int, ...]) -> list[str]:
    """Return lines that say how a layer's parameters and output size come about.

    K kernels of F x F values on D_in channels have K*F*F*D_in + K parameters. F values wide, moving
    by S, over W values with P more on both sides, a window has floor((W - F + 2P)/S) + 1 places.

    Example:
        >>> for line in formulas(nn.Conv2d(3, 10, 3), (1, 3, 130, 130), (1, 10, 128, 128)):
        ...     print(line)
        K*F*F*D_in + K = 10*3*3*3 + 10 = 280
        floor((W - F + 2P)/S) + 1 = floor((130 - 3 + 2*0)/1) + 1 = 128

    Source: CS231n, "Convolutional neural networks", the summary of the convolution layer,
    https://cs231n.github.io/convolutional-networks/.
    """
    lines = []
    if isinstance(module, nn.Conv2d):
        lines.append(_parameters_of_convolution(module))
    elif isinstance(module, nn.Linear):
        lines.append(_parameters_of_linear(module))
    if isinstance(module, WINDOWS) and len(x_shape) == 4:
        sizes = [_size(module, axis, x_shape[2 + axis], y_shape[2 + axis]) for axis in (0, 1)]
        if sizes[0] == sizes[1]:
            lines.append(sizes[1])
        else:
            lines += [f"height: {sizes[0]}", f"width: {sizes[1]}"]
    return lines


def _parameters_of_convolution(conv: nn.Conv2d) -> str:
    F_h, F_w = conv.kernel_size
    letters, numbers = "K*F*F*D_in", f"{conv.out_channels}*{F_h}*{F_w}*{conv.in_channels}"
    if conv.groups > 1:
        letters, numbers = f"{letters}/groups", f"{numbers}/{conv.groups}"
    total = conv.weight.numel()
    if conv.bias is not None:
        letters, numbers = f"{letters} + K", f"{numbers} + {conv.out_channels}"
        total += conv.bias.numel()
    return f"{letters} = {numbers} = {total:,}"


def _parameters_of_linear(linear: nn.Linear) -> str:
    letters = "in_features*out_features"
    numbers = f"{linear.in_features}*{linear.out_features}"
    total = linear.weight.numel()
    if linear.bias is not None:
        letters, numbers = f"{letters} + out_features", f"{numbers} + {linear.out_features}"
        total += linear.bias.numel()
    return f"{letters} = {numbers} = {total:,}"


def _size(module: Module, axis: int, W: int, out: int) -> str:
    """Return the formula of the output's height (axis 0) or width (axis 1)."""
    F, S, D = (_along(getattr(module, name, 1), axis) for name in _SETTINGS)
    padding = getattr(module, "padding", 0)
    window, window_numbers = (
        ("F", f"{F}") if D == 1 else ("(D*(F - 1) + 1)", f"({D}*({F} - 1) + 1)")
    )
    if padding == "same":
        both = f"{D * (F - 1)}"  # may be odd
    else:
        both = f"2*{0 if padding == 'valid' else _along(padding, axis)}"
    rounding = "ceil" if getattr(module, "ceil_mode", False) else "floor"
    letters = f"{rounding}((W - {window} + 2P)/S) + 1"
    line = f"{letters} = {rounding}(({W} - {window_numbers} + {both})/{S}) + 1"
    if rounding == "ceil" and -((D * (F - 1) + 1 - 2 * _along(padding, axis) - W) // S) >= out:
        return f"{line} - 1 = {out} (the last window would begin in the padding)"
    return f"{line} = {out}"


_SETTINGS = ("kernel_size", "stride", "dilation")


def _along(setting: Any, axis: int) -> int:
    return int(setting[axis] if isinstance(setting, (tuple, list)) else setting)
