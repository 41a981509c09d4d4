"""The microscope for a convolution: tests in tests/microscope/test_conv2d.py."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.microscope import _conv2d_backward as backward
from minicnn.microscope import _conv2d_forward as forward
from minicnn.microscope._conv2d_tiles import tiles
from minicnn.microscope._conv2d_trace import Conv2dTrace, trace_conv2d
from minicnn.microscope._document import write_page


def conv2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
    *,
    relu: bool = True,
    grad_y: Any = None,
    path: str | os.PathLike[str] = "conv2d.html",
) -> Path:
    """Write a page that shows, step by step, how the kernels compute a convolution.

    Its numbers are recorded while the kernels run, forward and backward, and are exactly theirs.
    The page is one file that needs no other and no network; any browser opens it.

    Args:
        x: Images, shape (N, C_in, H_in, W_in) or (C_in, H_in, W_in), small enough to be read.
        weight: Kernels, shape (C_out, C_in // groups, K_h, K_w).
        bias: One value for each output channel, shape (C_out,).
        stride: Pixels the window moves at a time, as (height, width) or one int for both.
        padding: Rows and columns of zeros added on each side of the images.
        dilation: Pixels from one kernel cell to the next; 1 is an ordinary kernel.
        groups: Blocks of channels convolved apart; groups=C_in is depthwise.
        relu: Whether ReLU follows.
        grad_y: Gradient of the loss with respect to the output, of its
            shape, or a function that makes one of a shape; ones if left out.
        path: The file to write; an older one is replaced.

    Returns:
        The path of the file.

    Raises:
        ValueError: If the shapes do not fit each other or the settings, or are too large to be
            read on a page: then the text says the limit.
        TypeError: If the arrays are not all float32 or all float64, or a setting is not an int.
        OSError: If the file cannot be written.

    Example:
        >>> import tempfile
        >>> x, w = np.ones((1, 1, 4, 4), np.float32), np.ones((2, 1, 3, 3), np.float32)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     conv2d(x, w, padding=1, path=f"{folder}/conv.html").name
        'conv.html'

    Source: cpp/conv2d/step2_im2col.hpp and step3_tiled.hpp, whose steps these are.
    """
    trace = trace_conv2d(
        x, weight, bias, grad_y,
        stride=stride, padding=padding, dilation=dilation, groups=groups, relu=relu,
    )  # fmt: skip
    to = forward.Layout(trace)
    chapters = [
        forward.gather(to),
        forward.multiply(to),
        forward.finish(to),
        backward.cut_gradient(to),
        backward.grad_columns(to),
        backward.scatter(to),
        backward.grad_weight(to),
        tiles(to),
    ]
    arrays = trace.arrays | _rearranged(to)
    return write_page(path, "conv2d", _facts(trace), arrays, to.labels, chapters)


def _rearranged(to: forward.Layout) -> dict[str, np.ndarray]:
    """Recorded numbers in the order in which the page draws them."""
    a = to.trace.arrays
    across = a["columns"].transpose(1, 2, 0, 3)  # (G, T, N, P): the whole batch side by side
    image = np.zeros((to.N, to.G, to.T, to.H_in, to.W_in), a["x"].dtype)
    for t in range(to.T):
        k = t % (to.K_h * to.K_w)
        if k > 0:
            image[:, :, t] = image[:, :, t - 1]
        for p in range(to.P):
            pixel = to.planes.pixels(*divmod(p, to.W_out))[k]
            if pixel >= 0:
                image[:, :, t].reshape(to.N, to.G, -1)[:, :, pixel] = a["after"][:, :, t, p]
    return {
        "tile_columns": across.reshape(to.G, to.T, -1),
        "tile_result": a["tile_y"].transpose(1, 0, 2, 3).reshape(to.C_out, -1),
        "image_after": image,
    }


def _facts(trace: Conv2dTrace) -> list[str]:
    a, s = trace.arrays, trace.settings
    facts = [f"{name} {a[name].shape}" for name in ("x", "weight", "bias", "y") if name in a]
    plain = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
    facts += [f"{name} {s[name]}" for name, value in plain.items() if s[name] != value]
    facts += ["ReLU"] if trace.relu else []
    threads = f"{trace.threads} thread{'s' if trace.threads > 1 else ''}"
    return [*facts, str(a["x"].dtype), f"{trace.target}, {threads}"]
