"""Convolutions along any number of axes and transposed ones by their definition, in NumPy.

Shares no code with the library, nor with tests/reference.py: kernel cell by kernel cell, group by
group, in the dtype of the arguments. Also the strategy that draws all settings.
"""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st


def _axis_letters(n):
    return "hw"[:n]


def _shifted(a, cell, count, stride, dilation):
    """Return the view of `a` that holds one kernel cell's places: `count` along the last axes."""
    places = [
        slice(k * d, k * d + (size - 1) * s + 1, s)
        for k, size, s, d in zip(cell, count, stride, dilation)
    ]
    return a[(..., *places)]


def convolve(x, weight, *, stride, margins, dilation, groups):
    """Return conv(x padded by `margins`, a pair for each axis)."""
    n = x.ndim - 2
    x = np.pad(x, [(0, 0), (0, 0), *margins])
    kernel = weight.shape[2:]
    count = [
        (size - d * (k - 1) - 1) // s + 1
        for size, k, s, d in zip(x.shape[2:], kernel, stride, dilation)
    ]
    y = np.zeros((len(x), len(weight), *count), x.dtype)
    axes = _axis_letters(n)
    C_in, C_out = weight.shape[1], len(weight) // groups
    for g, cell in itertools.product(range(groups), np.ndindex(*kernel)):
        part = _shifted(x[:, g * C_in : (g + 1) * C_in], cell, count, stride, dilation)
        w = weight[(slice(g * C_out, (g + 1) * C_out), slice(None), *cell)]
        y[:, g * C_out : (g + 1) * C_out] += np.einsum(f"ni{axes},oi->no{axes}", part, w)
    return y


class Transposed:
    """One transposed convolution: the values of x are spread, then padding is cut off."""

    def __init__(self, x, weight, *, stride, padding, output_padding, dilation, groups):
        self.x, self.weight, self.groups = x, weight, groups
        self.stride, self.padding, self.dilation = stride, padding, dilation
        self.kernel, self.count = weight.shape[2:], x.shape[2:]
        sizes = zip(self.count, self.kernel, stride, dilation, output_padding)
        self.full = [(size - 1) * s + d * (k - 1) + 1 + o for size, k, s, d, o in sizes]

    def parts(self):
        """Yield the group's channels of x and of y, each kernel cell, and its matrix's place."""
        C_in, C_out = len(self.weight) // self.groups, self.weight.shape[1]
        for g, cell in itertools.product(range(self.groups), np.ndindex(*self.kernel)):
            rows, columns = slice(g * C_in, (g + 1) * C_in), slice(g * C_out, (g + 1) * C_out)
            yield rows, columns, cell, (rows, slice(None), *cell)

    def cut(self):
        return (..., *[slice(p, n - p) for p, n in zip(self.padding, self.full)])

    def y(self):
        axes = _axis_letters(len(self.kernel))
        C_out = self.weight.shape[1] * self.groups
        y = np.zeros((len(self.x), C_out, *self.full), self.x.dtype)
        for rows, columns, cell, at in self.parts():
            spread = np.einsum(f"ni{axes},io->no{axes}", self.x[:, rows], self.weight[at])
            target = _shifted(y[:, columns], cell, self.count, self.stride, self.dilation)
            target += spread
        return y[self.cut()]

    def gradients(self, grad_y):
        """Return dL/dx and dL/dweight for L = sum(grad_y * y)."""
        axes = _axis_letters(len(self.kernel))
        grad = np.zeros((*grad_y.shape[:2], *self.full), grad_y.dtype)
        grad[self.cut()] = grad_y
        grad_x, grad_weight = np.zeros_like(self.x), np.zeros_like(self.weight)
        for rows, columns, cell, at in self.parts():
            part = _shifted(grad[:, columns], cell, self.count, self.stride, self.dilation)
            grad_x[:, rows] += np.einsum(f"no{axes},io->ni{axes}", part, self.weight[at])
            grad_weight[at] = np.einsum(f"ni{axes},no{axes}->io", self.x[:, rows], part)
        return grad_x, grad_weight


@st.composite
def transposed_cases(draw, n):
    """Draw (shapes of x and weight, settings) along n axes, so that something is left of y."""

    def each(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(n))

    groups = draw(st.integers(1, 3))
    C_in, C_out = groups * draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kernel, stride, dilation, size = each(1, 4), each(1, 4), each(1, 4), each(1, 5)
    output_padding = tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation))
    longest = [
        (size[a] - 1) * stride[a] + dilation[a] * (kernel[a] - 1) + output_padding[a]
        for a in range(n)
    ]
    padding = tuple(draw(st.integers(0, min(3, full // 2))) for full in longest)
    shapes = (draw(st.integers(0, 3)), C_in, *size), (C_in, C_out, *kernel)
    return shapes, dict(
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
        groups=groups,
    )


@st.composite
def plain_cases(draw, n):
    """Draw (shapes of x and weight, settings, margins) of a convolution along n axes."""

    def each(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(n))

    groups = draw(st.integers(1, 3))
    C_in, C_out = draw(st.integers(1, 3)), groups * draw(st.integers(1, 3))
    kernel, stride, dilation = each(1, 4), each(1, 3), each(1, 3)
    reach = [d * (k - 1) for k, d in zip(kernel, dilation)]
    kind = draw(st.sampled_from(["numbers", "same", "valid"]))
    if kind == "numbers":
        padding = each(0, 3)
        margins = [(p, p) for p in padding]
    elif kind == "valid":
        padding, margins = "valid", [(0, 0)] * n
    else:
        padding, stride = "same", (1,) * n
        margins = [(r // 2, r - r // 2) for r in reach]
    size = [draw(st.integers(max(1, r + 1 - sum(m)), r + 6)) for r, m in zip(reach, margins)]
    shapes = (draw(st.integers(0, 3)), C_in * groups, *size), (C_out, C_in, *kernel)
    settings = dict(stride=stride, padding=padding, dilation=dilation, groups=groups)
    return shapes, settings, margins


def integers(*shapes, seed):
    """Draw arrays of small integers: floats add their products exactly."""
    rng = np.random.default_rng(seed)
    return [rng.integers(-7, 8, shape) for shape in shapes]
