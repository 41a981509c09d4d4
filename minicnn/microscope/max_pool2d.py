"""The microscope for max pooling: tests in tests/microscope/test_pools.py."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

import minicnn._core as _core
from minicnn._checks import boolean, pair
from minicnn.microscope import _inputs
from minicnn.microscope import _sources as code
from minicnn.microscope._document import Chapter, write_page
from minicnn.microscope._pool2d import Pooling, growing

OP = "microscope.max_pool2d"


def max_pool2d(
    x: Any,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    ceil_mode: bool = False,
    *,
    grad_y: Any = None,
    path: str | os.PathLike[str] = "max_pool2d.html",
) -> Path:
    """Write a page that shows, window by window, how the kernel pools and routes the gradient.

    Args:
        x: Images, shape (N, C, H_in, W_in) or (C, H_in, W_in), small enough to be read.
        kernel_size: Pixels that a window covers, as (height, width) or one int for both.
        stride: Pixels from one window to the next; None means kernel_size.
        padding: Rows and columns added on each side, at most kernel_size / 2.
        dilation: Pixels from one cell of a window to the next; 1 is an ordinary window.
        ceil_mode: Whether a window may run past the end of the padded image.
        grad_y: Gradient of the loss with respect to the output, of its shape, or a function that
            makes one of a shape; ones if left out.
        path: The file to write; an older one is replaced.

    Returns:
        The path of the file.

    Raises:
        ValueError: If the sizes do not fit each other, or are too large to be read on a page: then
            the text says the limit.
        TypeError: If x is not float32 or float64, or a setting has the wrong type.
        OSError: If the file cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     max_pool2d(np.ones((1, 1, 4, 4), np.float32), 2, path=f"{folder}/pool.html").name
        'pool.html'

    Source: cpp/max_pool2d/step1_direct.hpp, whose steps these are.
    """
    x = _inputs.images(OP, x)
    kernel = pair(OP, "kernel_size", kernel_size)
    settings: dict[str, Any] = dict(
        kernel_size=kernel,
        stride=kernel if stride is None else pair(OP, "stride", stride),
        padding=pair(OP, "padding", padding),
        dilation=pair(OP, "dilation", dilation),
        ceil_mode=boolean(OP, "ceil_mode", ceil_mode),
    )
    to = Pooling(OP, x, settings)
    arrays = _trace(x, grad_y, settings, to.P)
    chapters = [_forward(to, arrays), _backward(to, arrays)]
    return write_page(path, "max_pool2d", to.facts(arrays, settings), arrays, {}, chapters)


def _trace(x: np.ndarray, grad_y: Any, settings: dict[str, Any], P: int) -> dict[str, np.ndarray]:
    direct: dict[str, Any] = dict(algorithm="direct", **settings)
    y, index = _core.max_pool2d_forward(x, keep="indices", relu=False, **direct)
    assert index is not None
    grad_y = _inputs.gradient(OP, grad_y, y)
    # a window without a winner gives nothing: so the kernel can be stopped after each
    after = [
        _core.max_pool2d_backward(grad_y, np.where(done, index, -1), x_shape=x.shape, **direct)
        for done in growing(P, y.shape)
    ]
    won = _core.max_pool2d_backward(np.ones_like(y), index, x_shape=x.shape, **direct)
    return {
        "x": x, "y": y, "index": index, "grad_y": grad_y, "grad_x_after": np.array(after),
        "grad_x": after[-1], "won": won,
    }  # fmt: skip


def _winner(to: Pooling, a: dict[str, np.ndarray], plane: int, p: int) -> int | None:
    """Return the cell of a plane that won a window; None if there was nothing but padding."""
    pixel = int(a["index"].flat[plane * to.P + p])
    return None if pixel < 0 else to.planes.cell(pixel)


def _forward(to: Pooling, a: dict[str, np.ndarray]) -> Chapter:
    chapter = Chapter(
        "Largest of a window",
        "Each output value is the largest pixel of its window. Of equal ones the first wins, in the"
        " order of the small numbers; padding never wins. The kernel keeps where the winner was,"
        " as its index in the plane (row * width + column): the gradient will need it.",
        [code.MAX_FORWARD],
    )
    for plane, p, ho, wo in to.windows():
        winner = _winner(to, a, plane, p)
        window = to.planes.window(ho, wo)
        marks = {"read": window, "winner": [] if winner is None else [winner]}
        known = ["cells", p + 1]
        figures = [
            to.input(plane, marks=marks, numbered="read"),
            to.output("y", plane, to.name("y", plane), marks={"write": [p]}, known=known),
            to.output("index", plane, "winner's index", marks={"write": [p]}, known=known),
        ]
        text = f"The window at output row {ho}, column {wo} of {to.name('x', plane)}: "
        if winner is None:
            text += "nothing but padding, so there is no winner, and no gradient will pass. Result"
        else:
            pixel = int(a["index"].flat[plane * to.P + p])
            hi, wi = divmod(pixel, to.W_in)
            text += f"the pixel at row {hi}, column {wi} wins, index {pixel}. Result"
        chapter.add(text, figures, ["y", plane * to.P + p])
    return chapter


def _backward(to: Pooling, a: dict[str, np.ndarray]) -> Chapter:
    chapter = Chapter(
        "Back to the winner",
        "Only the winner had a say in the output, so the gradient of a window goes to it whole. A"
        " pixel that won several windows that overlap gets the sum; the last table counts them.",
        [code.MAX_BACKWARD],
    )
    for plane, p, ho, wo in to.windows():
        winner = _winner(to, a, plane, p)
        cells = [] if winner is None else [winner]
        figures = [
            to.output("grad_y", plane, to.name("grad_y", plane), marks={"read": [p]}),
            to.so_far(plane, p, cells),
            to.planes.draw("won", plane, "windows won by each pixel"),
        ]
        text = f"The gradient of the window at output row {ho}, column {wo}"
        value = None
        if winner is None:
            text += " has nowhere to go: the window saw nothing but padding."
        else:
            hi, wi = divmod(int(a["index"].flat[plane * to.P + p]), to.W_in)
            text += f" is added to its winner, {to.name('grad_x', plane)[:-1]}, {hi}, {wi}]. Added"
            value = ["grad_y", plane * to.P + p]
        chapter.add(text, figures, value)
    return chapter
