"""Samples of arithmetic, comparisons, activations and reductions."""

from __future__ import annotations

import numpy as np

from tests.torch_parity.draw import Draw, Sample, op_and_method, samples


def one(d: Draw) -> Sample:
    return (d.floats(*d.shape(0)),), {}


def positive(d: Draw) -> Sample:
    return (d.floats(*d.shape(0), low=0.1, high=4.0),), {}


def two(d: Draw) -> Sample:
    """Two tensors that broadcast, or a tensor and a number."""
    shape = d.shape(0)
    others = [shape, d.narrower(shape)]
    a, b = (d.floats(*s) for s in (others if d.flag() else others[::-1]))
    return ((a, b) if d.integer(0, 3) else (a, d.number(-2.0, 2.0))), {}


def divided(d: Draw) -> Sample:
    (a, b), _ = two(d)
    away = b + np.sign(b) * 0.5  # from 0
    return (a, np.asarray(away) if isinstance(b, np.ndarray) else float(away)), {}


op_and_method("abs", "neg", "exp", "sin", "cos", "tanh", "sigmoid")(one)
op_and_method("clone")(one)
op_and_method("log", "sqrt")(positive)
op_and_method("add", "sub", "mul")(two)
op_and_method("eq", "ne", "lt", "le", "gt", "ge")(two)
op_and_method("div")(divided)
for name in ("add", "radd", "sub", "rsub", "mul", "rmul"):
    samples(f"Tensor.__{name}__")(two)
for name in ("eq", "ne", "lt", "le", "gt", "ge"):
    samples(f"Tensor.__{name}__")(two)
samples("Tensor.__truediv__")(divided)
samples("Tensor.__neg__", "Tensor.__abs__")(one)
samples("F.sigmoid", "F.tanh")(one)


@samples("Tensor.__rtruediv__")
def reversed_division(d: Draw) -> Sample:
    x = d.floats(*d.shape(0))
    return (np.asarray(x + np.sign(x) * 0.5), d.number(-2.0, 2.0)), {}


@op_and_method("maximum", "minimum")
def two_tensors(d: Draw) -> Sample:
    shape = d.shape(0)
    return (d.floats(*shape), d.floats(*d.narrower(shape))), {}


@op_and_method("pow")
def power(d: Draw) -> Sample:
    shape = d.shape(0)
    kind = d.integer(0, 2)
    if kind == 0:
        return (d.floats(*shape), d.integer(0, 4)), {}
    base = d.floats(*shape, low=0.2, high=3.0)
    if kind == 1:
        return (base, d.number(-2.5, 2.5)), {}
    return (base, d.floats(*d.narrower(shape))), {}


samples("Tensor.__pow__")(power)


@samples("Tensor.__rpow__")
def base_of_a_power(d: Draw) -> Sample:
    return (d.floats(*d.shape(0)), d.number(0.2, 3.0)), {}


@samples("ops.clamp", "Tensor.clamp", "Tensor.clip")
def clamp(d: Draw) -> Sample:
    low, high = d.number(-1.5, 0.0), d.number(0.0, 1.5)
    bounds = d.one_of(dict(min=low), dict(max=high), dict(min=low, max=high))
    return (d.floats(*d.shape(0)),), bounds


@samples("ops.where")
def where(d: Draw) -> Sample:
    shape = d.shape(0)
    return (d.flags(*d.narrower(shape)), d.floats(*shape), d.floats(*d.narrower(shape))), {}


@samples("Tensor.where")
def where_method(d: Draw) -> Sample:
    (condition, a, b), _ = where(d)
    return (a, condition, b), {}


# -- activations ----------------------------------------------------------------------------------


def activation(d: Draw) -> Sample:
    return (d.floats(*d.shape(0), low=-6.0, high=6.0),), {}


samples("F.relu", "F.relu6", "F.selu", "F.hardswish", "F.silu", "F.hardsigmoid")(activation)
samples("F.logsigmoid", "F.mish", "F.softsign", "F.tanhshrink")(activation)


@samples("F.leaky_relu")
def leaky_relu(d: Draw) -> Sample:
    return (d.floats(*d.shape(0)),), d.some(negative_slope=d.number(0.0, 0.5))


@samples("F.elu", "F.celu")
def elu(d: Draw) -> Sample:
    return (d.floats(*d.shape(0)),), d.some(alpha=d.number(0.1, 2.0))


@samples("F.hardtanh")
def hardtanh(d: Draw) -> Sample:
    limits = d.some(min_val=d.number(-1.5, 0.0), max_val=d.number(0.1, 1.5))
    return (d.floats(*d.shape(0)),), limits


@samples("F.hardshrink", "F.softshrink")
def shrink(d: Draw) -> Sample:
    return (d.floats(*d.shape(0)),), d.some(lambd=d.number(0.0, 1.0))


@samples("F.threshold")
def threshold(d: Draw) -> Sample:
    return (d.floats(*d.shape(0)), d.number(-1.0, 1.0), d.number(-5.0, 5.0)), {}


@samples("F.prelu")
def prelu(d: Draw) -> Sample:
    shape = d.shape(2)
    return (d.floats(*shape), d.floats(d.one_of(1, shape[1]))), {}


@samples("F.gelu")
def gelu(d: Draw) -> Sample:
    return (d.floats(*d.shape(0), low=-6.0, high=6.0),), d.some(approximate="tanh")


@samples("F.softplus")
def softplus(d: Draw) -> Sample:
    settings = d.some(beta=d.number(0.3, 3.0), threshold=d.number(1.0, 30.0))
    return (d.floats(*d.shape(0), low=-20.0, high=20.0),), settings


@samples("F.glu")
def glu(d: Draw) -> Sample:
    shape = list(d.shape())
    dim = d.axis(len(shape))
    shape[dim] *= 2
    return (d.floats(*shape),), dict(dim=dim)


@samples("F.softmax", "F.log_softmax", "F.softmin")
def softmax(d: Draw) -> Sample:
    shape = d.shape()
    return (d.floats(*shape, low=-8.0, high=8.0),), dict(dim=d.axis(len(shape)))


# -- reductions -----------------------------------------------------------------------------------


def reduced(d: Draw) -> Sample:
    """Over all, one or some axes."""
    shape = d.shape()
    dim = d.one_of(d.axis(len(shape)), d.axes(len(shape)))
    return (d.floats(*shape),), d.one_of({}, dict(dim=dim), dict(dim=dim, keepdim=d.flag()))


op_and_method("sum", "mean", "amax", "amin")(reduced)


@op_and_method("var", "std")
def spread(d: Draw) -> Sample:
    shape = tuple(size + 2 for size in d.shape())
    (_,), settings = reduced(d)
    dim = d.one_of(d.axis(len(shape)), d.axes(len(shape)))
    settings = d.one_of({}, dict(dim=dim), dict(dim=dim, keepdim=d.flag()))
    correction = d.one_of({}, dict(correction=d.integer(0, 1)))
    if correction and "dim" not in settings:
        settings["dim"] = None
    return (d.floats(*shape),), settings | correction


@op_and_method("prod", "argmax", "argmin", "max", "min")
def over_one_axis(d: Draw) -> Sample:
    shape = d.shape()
    dim = d.axis(len(shape))
    return (d.floats(*shape),), d.one_of({}, dict(dim=dim), dict(dim=dim, keepdim=d.flag()))


@op_and_method("logsumexp")
def logsumexp(d: Draw) -> Sample:
    shape = d.shape()
    dim = d.one_of(d.axis(len(shape)), d.axes(len(shape)))
    return (d.floats(*shape, low=-9.0, high=9.0),), dict(dim=dim, **d.some(keepdim=d.flag()))


@op_and_method("norm")
def norm(d: Draw) -> Sample:
    shape = d.shape()
    dim = d.one_of(d.axis(len(shape)), d.axes(len(shape)))
    p = d.one_of(1, 2, 3, 2.5, float("inf"))
    return (d.floats(*shape),), dict(p=p, dim=dim, **d.some(keepdim=d.flag()))


@op_and_method("topk")
def topk(d: Draw) -> Sample:
    shape = d.shape()
    dim = d.axis(len(shape))
    k = d.integer(1, shape[dim])
    return (d.floats(*shape), k), dict(dim=dim, **d.some(largest=d.flag()))
