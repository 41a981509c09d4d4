"""The microscope for average pooling: tests in tests/microscope/test_pools.py."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

import minicnn._core as _core
from minicnn._checks import boolean, integer, pair
from minicnn.microscope import _inputs
from minicnn.microscope import _sources as code
from minicnn.microscope._document import Chapter, figure, write_page
from minicnn.microscope._pool2d import Pooling, growing

OP = "microscope.avg_pool2d"


def avg_pool2d(
    x: Any,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    grad_y: Any = None,
    path: str | os.PathLike[str] = "avg_pool2d.html",
) -> Path:
    """Write a page that shows, window by window, how the kernel averages and shares the gradient.

    Args:
        x: Images, shape (N, C, H_in, W_in) or (C, H_in, W_in), small enough to be read.
        kernel_size: Pixels that a window covers, as (height, width) or one int for both.
        stride: Pixels from one window to the next; None means kernel_size.
        padding: Rows and columns of zeros added on each side, at most kernel_size / 2.
        ceil_mode: Whether a window may run past the end of the padded image.
        count_include_pad: Whether the zeros of the padding count as pixels of the mean.
        divisor_override: Divide each window's sum by this instead of the number of its pixels.
        grad_y: Gradient of the loss with respect to the output, of its shape, or a function that
            makes one of a shape; ones if left out.
        path: The file to write; an older one is replaced.

    Returns:
        The path of the file.

    Raises:
        ValueError: If the sizes do not fit each other, divisor_override is 0, or they are too large
            to be read on a page: then the text says the limit.
        TypeError: If x is not float32 or float64, or a setting has the wrong type.
        OSError: If the file cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     avg_pool2d(np.ones((1, 1, 4, 4), np.float32), 2, path=f"{folder}/pool.html").name
        'pool.html'

    Source: cpp/avg_pool2d/step1_direct.hpp, whose steps these are.
    """
    x = _inputs.images(OP, x)
    kernel = pair(OP, "kernel_size", kernel_size)
    window: dict[str, Any] = dict(
        kernel_size=kernel,
        stride=kernel if stride is None else pair(OP, "stride", stride),
        padding=pair(OP, "padding", padding),
        ceil_mode=boolean(OP, "ceil_mode", ceil_mode),
    )
    if divisor_override is not None:
        divisor_override = integer(OP, "divisor_override", divisor_override)
    settings = window | dict(
        count_include_pad=boolean(OP, "count_include_pad", count_include_pad),
        divisor_override=divisor_override,
    )
    to = Pooling(OP, x, window | {"dilation": (1, 1)})
    arrays = _trace(x, grad_y, settings, to.P)
    chapters = [_forward(to), _backward(to)]
    return write_page(path, "avg_pool2d", to.facts(arrays, settings), arrays, {}, chapters)


def _trace(x: np.ndarray, grad_y: Any, settings: dict[str, Any], P: int) -> dict[str, np.ndarray]:
    direct: dict[str, Any] = dict(algorithm="direct", **settings)
    undivided = direct | {"divisor_override": 1}
    y = _core.avg_pool2d_forward(x, **direct)
    grad_y = _inputs.gradient(OP, grad_y, y)
    one_by_one = [
        _core.avg_pool2d_backward(
            np.where(done, grad_y, grad_y.dtype.type(0)), x_shape=x.shape, **direct
        )
        for done in growing(P, y.shape)
    ]
    return {
        "x": x,
        "y": y,
        "sum": _core.avg_pool2d_forward(x, **undivided),
        "divisor": _core.trace_avg_pool2d_divisors(x.shape, **settings),
        "grad_y": grad_y,
        "grad_x_after": np.array(one_by_one),
        "grad_x": one_by_one[-1],
        "overlap": _core.avg_pool2d_backward(np.ones_like(y), x_shape=x.shape, **undivided),
    }


def _forward(to: Pooling) -> Chapter:
    chapter = Chapter(
        "Mean of a window",
        "Each output value is the sum of its window's pixels divided by their number. Whether the"
        " zeros of the padding count is a setting, count_include_pad: the divisors show it.",
        [code.AVG_FORWARD, code.AVG_DIVISOR],
    )
    for plane, p, ho, wo in to.windows():
        known = ["cells", p + 1]
        figures = [
            to.input(plane, marks={"read": to.planes.window(ho, wo)}, padding="0"),
            to.output("sum", plane, "sum of the window", marks={"read": [p]}, known=known),
            figure("divisor", 0, (to.H_out, to.W_out), "divisor", marks={"read": [p]}),
            to.output("y", plane, to.name("y", plane), marks={"write": [p]}, known=known),
        ]
        text = f"The window at output row {ho}, column {wo} of {to.name('x', plane)}: its mean"
        chapter.add(text, figures, ["y", plane * to.P + p])
    return chapter


def _backward(to: Pooling) -> Chapter:
    chapter = Chapter(
        "Back, in shares",
        "Each pixel of a window had the same say in its mean, so the gradient is divided by the"
        " same number and the share is added to each of them. Where windows overlap, a pixel gets a"
        " share from each: the last table counts them.",
        [code.AVG_BACKWARD],
    )
    for plane, p, ho, wo in to.windows():
        inside = to.planes.inside(ho, wo)
        figures = [
            to.output("grad_y", plane, to.name("grad_y", plane), marks={"read": [p]}),
            figure("divisor", 0, (to.H_out, to.W_out), "divisor", marks={"read": [p]}),
            to.so_far(plane, p, inside),
            to.planes.draw("overlap", plane, "windows over each pixel"),
        ]
        text = (
            f"The gradient of the window at output row {ho}, column {wo}, divided, is added to each"
            f" of its {len(inside)} pixels inside the image."
        )
        chapter.add(text, figures)
    return chapter
