"""Samples of layers of signals, of transposed convolution, and of max pooling undone."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.torch_parity.draw import Draw, Sample, samples
from tests.torch_parity.layers import reach


def signal(d: Draw, least: int, channels: int | None = None) -> np.ndarray:
    """Draw a batch of signals, or one signal, of at least this length."""
    batch = d.one_of((), (d.integer(1, 3),))
    C = d.integer(1, 4) if channels is None else channels
    return d.floats(*batch, C, least + d.integer(0, 6))


@samples("F.conv1d")
def conv1d(d: Draw) -> Sample:
    kernel, dilation, padding = d.integer(1, 4), d.integer(1, 2), d.integer(0, 2)
    groups = d.integer(1, 3)
    C_in, C_out = groups * d.integer(1, 3), groups * d.integer(1, 3)
    x = signal(d, reach(kernel, dilation, padding)[0], C_in)
    weight = d.floats(C_out, C_in // groups, kernel)
    settings = dict(padding=padding, dilation=dilation, groups=groups)
    return (x, weight, d.maybe(d.floats(C_out))), settings | d.some(stride=d.integer(1, 3))


def transposed(d: Draw, axes: int) -> Sample:
    kernel, dilation, stride = (
        [d.integer(low, high) for _ in range(axes)] for low, high in ((1, 4), (1, 2), (1, 3))
    )
    padding = [d.integer(0, min(2, dil * (k - 1))) for dil, k in zip(dilation, kernel)]
    output_padding = [d.integer(0, max(s, dil) - 1) for s, dil in zip(stride, dilation)]
    groups = d.integer(1, 2)
    C_in, C_out = groups * d.integer(1, 3), groups * d.integer(1, 3)
    size = [3 + d.integer(0, 4) for _ in range(axes)]
    x = d.floats(*d.one_of((), (d.integer(1, 3),)), C_in, *size)
    weight = d.floats(C_in, C_out // groups, *kernel)
    settings: dict[str, Any] = dict(
        stride=tuple(stride), padding=tuple(padding), output_padding=tuple(output_padding)
    )
    settings |= dict(dilation=tuple(dilation), groups=groups)
    return (x, weight, d.maybe(d.floats(C_out))), settings


@samples("F.conv_transpose1d")
def conv_transpose1d(d: Draw) -> Sample:
    return transposed(d, 1)


@samples("F.conv_transpose2d")
def conv_transpose2d(d: Draw) -> Sample:
    return transposed(d, 2)


@samples("F.max_pool1d")
def max_pool1d(d: Draw) -> Sample:
    kernel, dilation = d.integer(1, 4), d.integer(1, 2)
    settings = dict(dilation=dilation, padding=d.integer(0, kernel // 2))
    settings |= d.some(stride=d.integer(1, 3), ceil_mode=d.flag(), return_indices=d.flag())
    return (signal(d, reach(kernel, dilation)[0]), kernel), settings


@samples("F.avg_pool1d")
def avg_pool1d(d: Draw) -> Sample:
    kernel = d.integer(1, 4)
    settings = d.some(stride=d.integer(1, 3), ceil_mode=d.flag(), count_include_pad=d.flag())
    return (signal(d, kernel), kernel), settings | d.some(padding=d.integer(0, kernel // 2))


@samples("F.adaptive_avg_pool1d", "F.adaptive_max_pool1d")
def adaptive(d: Draw) -> Sample:
    return (signal(d, 1), d.integer(1, 5)), {}


def pooled(d: Draw, axes: int) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
    """Draw values and, for each, a place of its own in a larger image; and the image's size."""
    size = tuple(2 * d.integer(1, 4) for _ in range(axes))
    front = (*d.one_of((), (d.integer(1, 3),)), d.integer(1, 3))
    values = d.floats(*front, *[side // 2 for side in size])
    count = values.size // int(np.prod(front))
    rows = [d.rng.permutation(int(np.prod(size)))[:count] for _ in range(int(np.prod(front)))]
    return values, np.array(rows, np.int64).reshape(values.shape), size


@samples("F.max_unpool1d")
def max_unpool1d(d: Draw) -> Sample:
    values, places, size = pooled(d, 1)
    return (values, places, 2), d.some(stride=2, output_size=size)


@samples("F.max_unpool2d")
def max_unpool2d(d: Draw) -> Sample:
    values, places, size = pooled(d, 2)
    return (values, places, 2), d.some(stride=2, output_size=size)


@samples("F.dropout1d")
def dropout1d(d: Draw) -> Sample:
    """Random numbers differ between the libraries: only what does not depend on them."""
    x = d.floats(*[d.integer(1, 4) for _ in range(3)])
    return (x,), d.one_of(dict(p=0.0), dict(p=1.0), dict(training=False))
