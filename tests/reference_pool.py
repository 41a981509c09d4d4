"""Pooling by its definition, in NumPy: shares no code with the library.

One window after the other, all images and channels at once. Also the Hypothesis strategy that draws
every setting of a pooling, and the arrays' layouts.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st


def documented_size(size, kernel, stride, padding, dilation, ceil_mode):
    """Return the output size by the formula of PyTorch's documentation, in exact fractions."""
    exact = Fraction(size + 2 * padding - dilation * (kernel - 1) - 1, stride) + 1
    if not ceil_mode:
        return math.floor(exact)
    out = math.ceil(exact)
    # a window may run past the end only if it begins in the left padding or the input
    return out - 1 if (out - 1) * stride >= size + padding else out


class Axis:
    """The windows along one axis: which pixels each covers, and how wide it is with its padding."""

    def __init__(self, size, kernel, stride, padding, dilation, ceil_mode):
        self.count = documented_size(size, kernel, stride, padding, dilation, ceil_mode)
        self.cells, self.pixels, self.padded = [], [], []
        for out in range(self.count):
            places = [out * stride - padding + k * dilation for k in range(kernel)]
            inside = [(k, p) for k, p in enumerate(places) if 0 <= p < size]
            self.cells.append([k for k, _ in inside])
            self.pixels.append([p for _, p in inside])
            self.padded.append(sum(-padding <= p < size + padding for p in places))


def axes(shape, kernel_size, stride, padding, dilation=(1, 1), ceil_mode=False):
    """Return the Axis of the rows and that of the columns."""
    return [
        Axis(size, k, s, p, d, ceil_mode)
        for size, k, s, p, d in zip(shape[2:], kernel_size, stride, padding, dilation)
    ]


def max_pool2d(x, **settings):
    """Return y and PyTorch's indices (-1 where a window holds nothing but padding)."""
    rows, cols = axes(x.shape, **settings)
    y = np.full((*x.shape[:2], rows.count, cols.count), -np.inf, x.dtype)
    indices = np.full(y.shape, -1, np.int64)
    for ho in range(rows.count):
        for wo in range(cols.count):
            pixels = np.add.outer([h * x.shape[3] for h in rows.pixels[ho]], cols.pixels[wo])
            pixels = pixels.ravel().astype(np.int64)
            if len(pixels) == 0:
                continue
            window = x.reshape(*x.shape[:2], x.shape[2] * x.shape[3])[:, :, pixels]
            first = np.argmax(window, axis=2)  # the first NaN, else the first of the largest
            y[:, :, ho, wo] = np.take_along_axis(window, first[:, :, None], axis=2)[:, :, 0]
            indices[:, :, ho, wo] = pixels[first]
    return y, indices


def max_pool2d_backward(grad_y, indices, x_shape):
    """Return grad_x in float64."""
    pixels = x_shape[2] * x_shape[3]
    grad_x = np.zeros((x_shape[0] * x_shape[1], pixels))
    planes = np.broadcast_to(np.arange(len(grad_x)).reshape(*x_shape[:2], 1, 1), indices.shape)
    wins = indices >= 0
    np.add.at(grad_x, (planes[wins], indices[wins]), grad_y[wins].astype(np.float64))
    return grad_x.reshape(x_shape)


def divisors(rows, cols, count_include_pad, divisor_override):
    """Return what each window's sum is divided by, shape (H_out, W_out)."""
    if divisor_override is not None:
        return np.full((rows.count, cols.count), float(divisor_override))
    if count_include_pad:
        return np.outer(rows.padded, cols.padded).astype(float)
    return np.outer([len(p) for p in rows.pixels], [len(p) for p in cols.pixels]).astype(float)


def avg_pool2d(x, count_include_pad=True, divisor_override=None, **settings):
    """Return y in float64."""
    rows, cols = axes(x.shape, **settings)
    y = np.zeros((*x.shape[:2], rows.count, cols.count))
    for ho in range(rows.count):
        for wo in range(cols.count):
            window = x[:, :, rows.pixels[ho]][:, :, :, cols.pixels[wo]]
            y[:, :, ho, wo] = window.astype(np.float64).sum(axis=(2, 3))
    return y / divisors(rows, cols, count_include_pad, divisor_override)


def avg_pool2d_backward(grad_y, x_shape, count_include_pad=True, divisor_override=None, **settings):
    """Return grad_x in float64, from shares rounded to grad_y's dtype."""
    rows, cols = axes(x_shape, **settings)
    share = grad_y.astype(np.float64) / divisors(rows, cols, count_include_pad, divisor_override)
    grad_x = np.zeros(x_shape)
    for ho in range(rows.count):
        for wo in range(cols.count):
            at = np.ix_(range(x_shape[0]), range(x_shape[1]), rows.pixels[ho], cols.pixels[wo])
            grad_x[at] += share[:, :, ho, wo, None, None]
    return grad_x


# -- what is drawn ---------------------------------------------------------------------------------

WINDOW_SETTINGS = ("kernel_size", "stride", "padding", "ceil_mode")
SMALL_KERNELS = [1, 2, 2, 2, 3, 3, 3, 4, 5]


@st.composite
def axis_settings(draw, dilated):
    """Draw (size, kernel, stride, padding, dilation) of one axis, so that some window fits."""
    kernel = draw(st.one_of(st.sampled_from(SMALL_KERNELS), st.integers(1, 40)))
    stride = draw(st.one_of(st.sampled_from([1, 2, 2, 3]), st.just(kernel), st.integers(1, 45)))
    padding = draw(st.one_of(st.just(0), st.integers(0, kernel // 2)))
    dilation = draw(st.sampled_from([1, 1, 1, 2, 3, 7])) if dilated and kernel < 8 else 1
    least = max(1, dilation * (kernel - 1) + 1 - 2 * padding)
    size = least + draw(st.one_of(st.integers(0, 8), st.integers(0, 70)))
    return size, kernel, stride, padding, dilation


@st.composite
def poolings(draw, dilated):
    """Draw (shape of x, settings): half of them the common square windows, half anything."""
    if draw(st.booleans()):
        kernel, stride = draw(st.sampled_from([(2, 2), (3, 1), (3, 2), (3, 3)]))
        padding = draw(st.integers(0, kernel // 2))
        height, width = draw(st.integers(3, 40)), draw(st.integers(3, 70))
        rows, columns = ((s, kernel, stride, padding, 1) for s in (height, width))
    else:
        rows, columns = draw(axis_settings(dilated)), draw(axis_settings(dilated))
    pairs = list(zip(rows, columns))
    settings = dict(
        kernel_size=pairs[1], stride=pairs[2], padding=pairs[3], ceil_mode=draw(st.booleans())
    )
    if dilated:
        settings["dilation"] = pairs[4]
    planes = draw(st.sampled_from([(1, 1), (2, 3), (1, 17), (3, 1), (0, 2)]))
    return (*planes, *pairs[0]), settings


def _windows(shape, kernel, stride, padding=(0, 0), dilation=(1, 1), ceil_mode=False):
    settings = dict(kernel_size=kernel, stride=stride, padding=padding, ceil_mode=ceil_mode)
    return (1, 2, *shape), settings | dict(dilation=dilation)


# Windows of more cells than a byte can name, past the padded image, or without a pixel.
RARE_WINDOWS = {
    "tall": _windows((301, 3), (300, 1), (1, 1)),
    "wide": _windows((3, 301), (1, 300), (1, 1)),
    "large": _windows((20, 21), (17, 16), (2, 3), (8, 8)),
    "past the last row": _windows((3, 9), (4, 2), (3, 2), ceil_mode=True),
    "past the last column": _windows((9, 3), (2, 4), (2, 3), ceil_mode=True),
    "no row inside": _windows((2, 130), (2, 128), (1, 1), (1, 0), (3, 1)),
    "no column inside": _windows((130, 2), (128, 2), (1, 1), (0, 1), (1, 3)),
}  # fmt: skip


def integers(shape, dtype, seed, span=9):
    """Return integers of -span .. span, so few that windows hold many ties."""
    return np.random.default_rng(seed).integers(-span, span + 1, shape).astype(dtype)


def layouts(x):
    """Return (name, array) pairs that hold x's values in other layouts of memory."""
    read_only = x.copy()
    read_only.flags.writeable = False
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    wide[..., ::2] = x
    misaligned = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    misaligned[...] = x
    return [
        ("Fortran order", np.asfortranarray(x)),
        ("every second column", wide[..., ::2]),
        ("negative strides", x[:, :, ::-1, ::-1].copy()[:, :, ::-1, ::-1]),
        ("transposed", x.transpose(1, 3, 0, 2).copy().transpose(2, 0, 3, 1)),
        ("read-only", read_only),
        ("big-endian", x.astype(x.dtype.newbyteorder(">"))),
        ("misaligned", misaligned),
    ]


def assert_any_layout_gives_the_same_bits(run, x, grad_y):
    """Fail unless run(x, grad_y), a list of arrays, has its bits for each layout of both."""
    expected = [a.tobytes() for a in run(x, grad_y)]
    for name, other in layouts(x):
        before = other.copy()
        assert [a.tobytes() for a in run(other, grad_y)] == expected, name
        np.testing.assert_array_equal(other, before)
    for name, other in layouts(grad_y):
        assert [a.tobytes() for a in run(x, other)] == expected, name
