"""Samples of truth values, rounding, order, changes in place, and torch's shorter names."""

from __future__ import annotations

import numpy as np

from tests.torch_parity.draw import Buffer, Draw, Sample, op_and_method, samples


def any_number(d: Draw) -> Sample:
    """Numbers among which are 0, NaN and infinities."""
    x = d.floats(*d.shape(0))
    special = np.array([0.0, np.nan, np.inf, -np.inf])[d.integers(*x.shape, low=0, high=3)]
    return (np.where(d.flags(*x.shape), x, special),), {}


def two_of_any(d: Draw) -> Sample:
    (x,), _ = any_number(d)
    return (x, np.asarray(d.floats(*d.narrower(x.shape)) * d.flag())), {}


def flags(d: Draw) -> Sample:
    shape = d.shape(0)
    return (d.flags(*shape), d.flags(*d.narrower(shape))), {}


op_and_method("isnan", "isinf", "isfinite", "logical_not")(any_number)
op_and_method("logical_and", "logical_or", "logical_xor")(two_of_any)
for name in ("and", "or", "xor", "rand", "ror", "rxor"):
    samples(f"Tensor.__{name}__")(flags)


@samples("Tensor.__invert__")
def inverted(d: Draw) -> Sample:
    return (d.flags(*d.shape(0)),), {}


@op_and_method("any", "all")
def judged(d: Draw) -> Sample:
    shape = d.shape()
    dim = d.axis(len(shape))
    settings = d.one_of({}, dict(dim=dim), dict(dim=dim, keepdim=d.flag()))
    return (d.floats(*shape) * (d.flags(*shape) | d.flags(*shape)),), settings


# -- rounding, remainders -------------------------------------------------------------------------


def several(d: Draw) -> Sample:
    """Numbers of which few are nearer to 0 than 1."""
    return (d.floats(*d.shape(0), low=-9.0, high=9.0),), {}


op_and_method("floor", "ceil", "round", "sign")(several)


@samples("ops.remainder", "Tensor.__mod__")
def remainder(d: Draw) -> Sample:
    shape = d.shape(0)
    a, b = d.floats(*shape, low=-9.0, high=9.0), d.floats(*d.narrower(shape), low=0.5, high=4.0)
    return (a, b * (1 - 2 * d.flag()) if d.flag() else d.number(0.5, 4.0)), {}


@samples("ops.floor_divide", "Tensor.__floordiv__")
def floor_divide(d: Draw) -> Sample:
    shape = d.shape(0)
    low, sign = d.one_of((1, 1), (1, -1))
    divisor = d.integers(*d.narrower(shape), low=low, high=7) * sign
    return (d.integers(*shape, low=-40, high=40), divisor), {}


@samples("Tensor.__rfloordiv__", "Tensor.__rmod__")
def number_divided(d: Draw) -> Sample:
    return (d.integers(*d.shape(0), low=1, high=9), d.integer(-40, 40)), {}


# -- order ----------------------------------------------------------------------------------------


@op_and_method("sort", "argsort")
def sort(d: Draw) -> Sample:
    shape = d.shape()
    settings = d.some(dim=d.axis(len(shape)), descending=d.flag())
    return (d.floats(*shape),), settings | dict(stable=True)


@op_and_method("cumsum")
def cumsum(d: Draw) -> Sample:
    shape = d.shape()
    return (d.floats(*shape), d.axis(len(shape))), {}


# -- shorter names --------------------------------------------------------------------------------


def away_from_0(d: Draw) -> Sample:
    return (d.floats(*d.shape(0), low=0.3, high=4.0),), {}


samples("Tensor.square", "Tensor.relu", "Tensor.contiguous", "Tensor.cpu")(several)
samples("Tensor.reciprocal", "Tensor.rsqrt")(away_from_0)
samples("Tensor.int", "Tensor.bool")(several)


@samples("Tensor.type")
def converted(d: Draw) -> Sample:
    return (d.floats(*d.shape(0)), d.one_of(np.float64, np.int64)), {}


@samples("Tensor.type_as")
def converted_like(d: Draw) -> Sample:
    other = d.one_of(d.floats(2), d.integers(2, low=0, high=1))
    return (d.floats(*d.shape(0)), other), {}


@samples("Tensor.softmax", "Tensor.log_softmax")
def softmax(d: Draw) -> Sample:
    shape = d.shape()
    return (d.floats(*shape, low=-8.0, high=8.0), d.axis(len(shape))), {}


def matrices(d: Draw, *batch: int) -> Sample:
    m, k, n = (d.integer(1, 6) for _ in range(3))
    return (d.floats(*batch, m, k), d.floats(*batch, k, n)), {}


samples("Tensor.mm")(matrices)
samples("Tensor.bmm")(lambda d: matrices(d, d.integer(1, 4)))


@samples("Tensor.dot")
def dot(d: Draw) -> Sample:
    size = d.integer(1, 9)
    return (d.floats(size), d.floats(size)), {}


@samples("Tensor.unbind")
def unbind(d: Draw) -> Sample:
    shape = d.shape()
    return (d.floats(*shape), *d.one_of((), (d.axis(len(shape)),))), {}


@samples("Tensor.select")
def select(d: Draw) -> Sample:
    shape = d.shape()
    dim = d.axis(len(shape))
    return (d.floats(*shape), dim, d.integer(-shape[dim], shape[dim] - 1)), {}


@samples("Tensor.narrow")
def narrow(d: Draw) -> Sample:
    shape = d.shape()
    dim = d.axis(len(shape))
    start = d.integer(0, shape[dim] - 1)
    return (d.floats(*shape), dim, start, d.integer(1, shape[dim] - start)), {}


@samples("Tensor.movedim")
def movedim(d: Draw) -> Sample:
    shape = d.shape()
    return (d.floats(*shape), d.axis(len(shape)), d.axis(len(shape))), {}


@samples("Tensor.view_as")
def view_as(d: Draw) -> Sample:
    shape = d.shape(0)
    return (d.floats(*shape), Buffer(d.floats(*shape[::-1]))), {}


@samples("Tensor.index_select")
def index_select(d: Draw) -> Sample:
    shape = d.shape()
    dim = d.axis(len(shape))
    return (d.floats(*shape), dim, d.integers(d.integer(1, 6), low=0, high=shape[dim] - 1)), {}


@samples("Tensor.repeat_interleave")
def repeat_interleave(d: Draw) -> Sample:
    shape = d.shape()
    return (d.floats(*shape), d.integer(1, 3)), d.some(dim=d.axis(len(shape)))


@samples("Tensor.masked_fill")
def masked_fill(d: Draw) -> Sample:
    shape = d.shape(0)
    return (d.floats(*shape), d.flags(*d.narrower(shape)), d.number(-2.0, 2.0)), {}


@samples("Tensor.masked_select")
def masked_select(d: Draw) -> Sample:
    shape = d.shape()
    return (d.floats(*shape), d.flags(*shape)), {}


@samples("Tensor.expand_as")
def expand_as(d: Draw) -> Sample:
    shape = d.shape(0)
    return (d.floats(*d.narrower(shape)), Buffer(d.floats(*shape))), {}


@samples("Tensor.nonzero", "Tensor.count_nonzero", "Tensor.unique")
def whole(d: Draw) -> Sample:
    return (d.integers(*d.shape(), low=-2, high=2),), {}


# -- in place -------------------------------------------------------------------------------------


@samples("Tensor.add_", "Tensor.sub_")
def added(d: Draw) -> Sample:
    shape = d.shape(0)
    other = d.one_of(Buffer(d.floats(*d.narrower(shape))), d.number(-2.0, 2.0))
    return (Buffer(d.floats(*shape)), other), d.some(alpha=d.number(-2.0, 2.0))


@samples("Tensor.mul_", "Tensor.div_")
def multiplied(d: Draw) -> Sample:
    shape = d.shape(0)
    factor = Buffer(d.floats(*d.narrower(shape), low=0.3, high=3.0))
    return (Buffer(d.floats(*shape)), d.one_of(factor, d.number(0.3, 3.0))), {}


@samples("Tensor.copy_")
def copied(d: Draw) -> Sample:
    shape = d.shape(0)
    return (Buffer(d.floats(*shape)), Buffer(d.floats(*d.narrower(shape)))), {}


@samples("Tensor.fill_")
def filled(d: Draw) -> Sample:
    return (Buffer(d.floats(*d.shape(0))), d.number(-2.0, 2.0)), {}


@samples("Tensor.zero_")
def zeroed(d: Draw) -> Sample:
    return (Buffer(d.floats(*d.shape(0))),), {}


@samples("Tensor.clamp_")
def clamped(d: Draw) -> Sample:
    low, high = d.number(-1.5, 0.0), d.number(0.0, 1.5)
    bounds = d.one_of(dict(min=low), dict(max=high), dict(min=low, max=high))
    return (Buffer(d.floats(*d.shape(0))),), bounds


@samples("Tensor.masked_fill_")
def masked_fill_(d: Draw) -> Sample:
    (x, mask, value), _ = masked_fill(d)
    return (Buffer(x), mask, value), {}
