"""Hypothesis strategies: every setting is drawn, and awkward ones often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from tests.reference import conv2d_output_size

Pair = tuple[int, int]
seeds = st.integers(0, 2**32 - 1)


def pairs(low: int, high: int) -> st.SearchStrategy[Pair]:
    return st.tuples(st.integers(low, high), st.integers(low, high))


@dataclass(frozen=True)
class Conv2dCase:
    """The sizes and settings of one convolution. Its repr is the line that makes it again."""

    N: int
    C_in: int
    C_out: int
    image: Pair
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    seed: int = 0

    @property
    def options(self) -> dict[str, Any]:
        names = ("stride", "padding", "dilation", "groups")
        return {name: getattr(self, name) for name in names}

    @property
    def out(self) -> Pair:
        sizes = zip(self.image, self.kernel, self.stride, self.padding, self.dilation)
        height, width = (conv2d_output_size(*axis) for axis in sizes)
        return height, width

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Of x, weight, bias and grad_y."""
        weight = (self.C_out, self.C_in // self.groups, *self.kernel)
        x, y = (self.N, self.C_in, *self.image), (self.N, self.C_out, *self.out)
        return [x, weight, (self.C_out,), y]

    def integers(self) -> list[np.ndarray]:
        """Draw small integers other than 0 for x, weight, bias, grad_y: floats add them exactly."""
        rng = np.random.default_rng(self.seed)
        return [rng.integers(1, 8, s) * rng.choice([-1, 1], s) for s in self.shapes]

    def floats(self, kind: str = "normal") -> list[np.ndarray]:
        """Draw float64 values for x, weight, bias and grad_y.

        "normal"; "relu": x and grad_y as after a ReLU; "scaled": channels of very different size.
        """
        rng = np.random.default_rng(self.seed)
        x, weight, bias, grad_y = (rng.standard_normal(s) for s in self.shapes)
        if kind == "relu":
            x, grad_y = np.maximum(x, 0), np.maximum(grad_y, 0)
        if kind == "scaled":
            x *= 10.0 ** rng.integers(-4, 5, (1, self.C_in, 1, 1))
            grad_y *= 10.0 ** rng.integers(-4, 5, (1, self.C_out, 1, 1))
        return [x, weight, bias, grad_y]

    def sees_the_image(self) -> bool:
        """Whether at most half of the outputs lie wholly in the padding, where all is zero."""
        share = 1.0
        for a in (0, 1):
            cells = np.arange(self.kernel[a]) * self.dilation[a] - self.padding[a]
            at = np.arange(self.out[a])[:, None] * self.stride[a] + cells  # (places, cells)
            share *= ((at >= 0) & (at < self.image[a])).any(axis=1).mean()
        return share >= 0.5


# Tiles are 6 or 8 rows by 8 to 48 columns; sums are cut at 384 or 512 terms, batches into 16 parts.
CHANNELS = (5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49)
COLUMNS = (7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49, 95, 96, 97, 191, 192, 193)
SUMS = (383, 384, 385, 511, 512, 513)
IMAGES = (15, 16, 17, 33)

WINDOWS = {
    "leftover pixels": lambda c: any(
        (c.image[a] + 2 * c.padding[a] - c.dilation[a] * (c.kernel[a] - 1) - 1) % c.stride[a]
        for a in (0, 1)
    ),
    "stride over kernel": lambda c: any(s > k for s, k in zip(c.stride, c.kernel)),
    "kernel is the input": lambda c: c.kernel == c.image,
    "1x1 kernel": lambda c: c.kernel == (1, 1),
    "an axis of size 1": lambda c: 1 in c.image,
    "padding beyond the kernel's reach": lambda c: any(
        p > d * (k - 1) for p, d, k in zip(c.padding, c.dilation, c.kernel)
    ),
}
SIZES = {
    "depthwise": lambda c: c.groups == c.C_in > 1,
    "groups of several channels": lambda c: 1 < c.groups < c.C_in,
    "empty batch": lambda c: c.N == 0,
    "3x3 with stride 1": lambda c: (
        c.kernel == (3, 3) and c.stride == c.dilation == (1, 1) and c.groups == 1
    ),
    "tile border, C_in": lambda c: c.C_in // c.groups in CHANNELS,
    "tile border, C_out": lambda c: c.C_out // c.groups in CHANNELS,
    "tile border, columns": lambda c: c.N * c.out[0] * c.out[1] in COLUMNS,
    "tile border, sum": lambda c: c.C_in // c.groups * c.kernel[0] * c.kernel[1] in SUMS,
    "tile border, images": lambda c: c.N in IMAGES,
}
AWKWARD = WINDOWS | SIZES  # each is drawn in at least 5 % of the cases: tests/test_reference.py


def _plain(draw: Any) -> dict[str, Any]:
    """Any legal convolution of small sizes."""
    kernel, dilation, padding = draw(pairs(1, 4)), draw(pairs(1, 3)), draw(pairs(0, 2))
    extents = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    image = [draw(st.integers(max(1, e - 2 * p), e + 6)) for e, p in zip(extents, padding)]
    groups = draw(st.integers(1, 3))
    return dict(
        N=draw(st.integers(1, 3)),
        C_in=groups * draw(st.integers(1, 3)),
        C_out=groups * draw(st.integers(1, 3)),
        image=tuple(image),
        kernel=kernel,
        stride=draw(pairs(1, 3)),
        padding=padding,
        dilation=dilation,
        groups=groups,
    )


def _window(draw: Any, kind: str, plain: dict[str, Any]) -> dict[str, Any]:
    """The settings to exchange in a plain case to make its window of this kind."""
    roomy = dict(image=draw(pairs(10, 14)))
    if kind == "leftover pixels":
        over = [d * (k - 1) + 4 for d, k in zip(plain["dilation"], plain["kernel"])]
        image = (over[0] + draw(st.integers(1, 2)), over[1])
        return dict(stride=(3, 2), padding=(0, 0), image=image)
    if kind == "stride over kernel":
        kernel = draw(pairs(1, 2))
        stride = (kernel[0] + draw(st.integers(1, 2)), kernel[1] + 1)
        return dict(kernel=kernel, stride=stride, **roomy)
    if kind == "kernel is the input":
        kernel = draw(pairs(1, 5))
        return dict(kernel=kernel, image=kernel, padding=(0, 0), dilation=(1, 1))
    if kind == "1x1 kernel":
        return dict(kernel=(1, 1), padding=(0, 0))
    if kind == "an axis of size 1":
        kernel = (1, draw(st.integers(1, 4)))
        image = (1, draw(st.integers(4, 9)))
        return dict(image=image, kernel=kernel, padding=(0, 0), dilation=(1, 1))
    if kind == "padding beyond the kernel's reach":
        return dict(kernel=draw(pairs(1, 2)), dilation=(1, 1), padding=(2, 1), **roomy)
    assert kind == "plain", kind
    return {}


def _channels(draw: Any, kind: str, before: dict[str, Any]) -> dict[str, Any]:
    """The settings to exchange to make its batch, channels or groups of this kind."""
    groups = draw(st.integers(1, 2))
    if kind == "depthwise":
        groups = draw(st.integers(2, 9))
        return dict(groups=groups, C_in=groups, C_out=groups * draw(st.integers(1, 2)))
    if kind == "groups of several channels":
        return dict(groups=2, C_in=2 * draw(st.integers(2, 4)), C_out=2 * draw(st.integers(1, 4)))
    if kind == "empty batch":
        return dict(N=0)
    if kind == "tile border, C_in":
        return dict(groups=groups, C_in=groups * draw(st.sampled_from(CHANNELS)), C_out=2 * groups)
    if kind == "tile border, C_out":
        return dict(groups=groups, C_out=groups * draw(st.sampled_from(CHANNELS)), C_in=2 * groups)
    if kind == "tile border, images":
        return dict(N=draw(st.sampled_from(IMAGES)))
    unit = dict(stride=(1, 1), padding=(0, 0), dilation=(1, 1))
    if kind == "3x3 with stride 1":
        channels = dict(groups=1, C_in=draw(st.integers(1, 24)), C_out=draw(st.integers(1, 24)))
        return (
            unit
            | channels
            | dict(kernel=(3, 3), padding=draw(pairs(0, 2)), image=draw(pairs(3, 11)))
        )
    if kind == "tile border, columns":
        width = draw(st.sampled_from(COLUMNS)) + before["kernel"][1] - 1
        return unit | dict(N=1, image=(before["kernel"][0], width))
    if kind == "tile border, sum":
        sums = [(383, 1), (384, 1), (385, 1), (511, 1), (512, 1), (513, 1), (128, 2), (57, 3)]
        C_in, size = draw(st.sampled_from(sums))
        image = (size + draw(st.integers(0, 2)),) * 2
        return unit | dict(groups=1, C_in=C_in, kernel=(size, size), image=image)
    assert kind == "plain", kind
    return {}


@st.composite
def conv2d_cases(draw: Any) -> Conv2dCase:
    """Draw any legal convolution; most are awkward in one or two ways named in AWKWARD."""
    settings = _plain(draw)
    settings |= _window(draw, draw(st.sampled_from(["plain", *WINDOWS])), settings)
    settings |= _channels(draw, draw(st.sampled_from(["plain", *SIZES])), settings)
    case = Conv2dCase(**settings, seed=draw(seeds))
    assume(case.sees_the_image())
    return case
