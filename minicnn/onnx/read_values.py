"""How nodes that compute value by value, reduce, or move values become steps of a network."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import ops
from minicnn.nn import functional as F
from minicnn.onnx.node import READERS, Node, Run, Step, reads
from minicnn.tensor import Tensor

SIMPLE: dict[str, tuple[Callable[..., Any], int]] = {  # and how many inputs
    "Relu": (F.relu, 1),
    "Sigmoid": (F.sigmoid, 1),
    "Tanh": (F.tanh, 1),
    "HardSwish": (F.hardswish, 1),
    "Softplus": (F.softplus, 1),
    "Abs": (ops.abs, 1),
    "Exp": (ops.exp, 1),
    "Log": (ops.log, 1),
    "Sqrt": (ops.sqrt, 1),
    "Sin": (ops.sin, 1),
    "Cos": (ops.cos, 1),
    "Neg": (ops.neg, 1),
    "Identity": (lambda x: x, 1),
    "Dropout": (lambda x: x, 1),
    "Add": (ops.add, 2),
    "Sub": (ops.sub, 2),
    "Mul": (ops.mul, 2),
    "Div": (ops.div, 2),
    "Pow": (ops.pow, 2),
    "MatMul": (ops.matmul, 2),
    "Max": (ops.maximum, 2),
    "Min": (ops.minimum, 2),
}


def simple(node: Node) -> Step:
    function, inputs = SIMPLE[node.op]
    node.asked.add("seed")  # of Dropout, which does nothing outside of training
    if len(node.inputs) > inputs and node.op != "Dropout":
        raise ValueError(f"takes {inputs} inputs, got {node.inputs}")
    return node.step(function, inputs)


READERS.update(dict.fromkeys(SIMPLE, simple))


@reads("LeakyRelu")
def leaky_relu(node: Node) -> Step:
    alpha = node.real("alpha", 0.01)
    return node.step(lambda x: F.leaky_relu(x, alpha), 1)


@reads("Elu")
def elu(node: Node) -> Step:
    alpha = node.real("alpha", 1.0)
    return node.step(lambda x: F.elu(x, alpha), 1)


@reads("Selu")
def selu(node: Node) -> Step:
    """Only with the usual alpha and gamma, which are the defaults, too."""
    alpha, gamma = node.real("alpha", 1.67326319), node.real("gamma", 1.05070102)
    if not np.allclose([alpha, gamma], [1.67326324, 1.05070099], rtol=1e-6, atol=0):
        raise ValueError(f"alpha and gamma must be the usual ones, got {alpha} and {gamma}")
    return node.step(F.selu, 1)


@reads("Gelu")
def gelu(node: Node) -> Step:
    approximate = node.text("approximate", "none")
    return node.step(lambda x: F.gelu(x, approximate=approximate), 1)


@reads("Clip")
def clip(node: Node) -> Step:
    low, high = node.number(1, None), node.number(2, None)
    if low == 0 and high == 6:
        return node.step(F.relu6, 1)
    if low is None and high is None:
        return node.step(lambda x: x, 1)
    return node.step(lambda x: ops.clamp(x, low, high), 1)


@reads("Softmax", "LogSoftmax")
def softmax(node: Node) -> Step:
    axis = node.integer("axis", -1)
    function = F.softmax if node.op == "Softmax" else F.log_softmax
    return node.step(lambda x: function(x, axis), 1)


@reads("Cast")
def cast(node: Node) -> Step:
    kinds = {1: "float32", 11: "float64"}
    dtype = kinds[node.integer("to")]
    node.asked.add("saturate")
    return node.step(lambda x: ops.to(x, dtype), 1)


@reads("ReduceMean", "ReduceSum", "ReduceMax")
def reduce(node: Node) -> Step:
    function = {"ReduceMean": ops.mean, "ReduceSum": ops.sum, "ReduceMax": ops.amax}[node.op]
    dims = node.integers(1) if node.has(1) else node.ints("axes", ())
    keepdim = bool(node.integer("keepdims", 1))
    if node.integer("noop_with_empty_axes", 0) and not dims:
        return node.step(lambda x: x, 1)
    return node.step(lambda x: function(x, dims or None, keepdim), 1)


# -- what only moves values -----------------------------------------------------------------------


@reads("Reshape")
def reshape(node: Node) -> Step:
    shape = node.integers(1)
    if node.integer("allowzero", 0) and 0 in shape:
        raise ValueError("a size of 0 is not read")

    def run(x: Tensor) -> Any:
        return ops.reshape(x, tuple([x.shape[i] if n == 0 else n for i, n in enumerate(shape)]))

    return node.step(run, 1)


@reads("Flatten")
def flatten(node: Node) -> Step:
    axis = node.integer("axis", 1)

    def run(x: Tensor) -> Any:
        at = axis % x.ndim if axis < 0 else axis
        return ops.reshape(x, (math.prod(x.shape[:at]), math.prod(x.shape[at:])))

    return node.step(run, 1)


@reads("Transpose")
def transpose(node: Node) -> Step:
    dims = node.ints("perm")
    return node.step(lambda x: ops.permute(x, dims), 1)


@reads("Squeeze")
def squeeze(node: Node) -> Step:
    dims = node.integers(1)
    return node.step(lambda x: ops.squeeze(x, dims), 1)


@reads("Unsqueeze")
def unsqueeze(node: Node) -> Step:
    (dim,) = node.integers(1)
    return node.step(lambda x: ops.unsqueeze(x, dim), 1)


@reads("Expand")
def expand(node: Node) -> Step:
    sizes = node.integers(1)

    def run(x: Tensor) -> Any:
        return ops.expand(x, np.broadcast_shapes(x.shape, sizes))

    return node.step(run, 1)


@reads("Concat")
def concat(node: Node) -> Step:
    axis = node.integer("axis")
    return node.step(lambda *parts: ops.cat(parts, axis), max(1, len(node.inputs)))


@reads("Split")
def split(node: Node) -> Step:
    """Into equal parts."""
    axis, parts = node.integer("axis", 0), node.integer("num_outputs", len(node.outputs))
    if node.has(1) or parts != len(node.outputs) or not parts or not node.has(0):
        raise ValueError("only equal parts are read")

    def run(network: Any, values: list[Tensor]) -> Any:
        (x,) = values
        if x.shape[axis] % parts:
            raise ValueError(f"{x.shape[axis]} values along axis {axis} do not give {parts} parts")
        return ops.split(x, x.shape[axis] // parts, axis)

    checked: Run = run
    return Step(node.op, node.name, node.inputs[:1], node.outputs, checked)


@reads("Gather")
def gather(node: Node) -> Step:
    axis, indices = node.integer("axis", 0), node.constant(1)
    if indices.dtype.kind != "i":
        raise ValueError("indices must be integers")

    def run(x: Tensor) -> Any:
        at = range(x.ndim)[axis]
        return x[(slice(None),) * at + (indices,)]

    return node.step(run, 1)


@reads("Slice")
def slice_(node: Node) -> Step:
    starts, ends = node.integers(1), node.integers(2)
    dims = node.integers(3) if node.has(3) else tuple(range(len(starts)))
    steps = node.integers(4) if node.has(4) else (1,) * len(starts)
    if not len(starts) == len(ends) == len(dims) == len(steps) or 0 in steps:
        raise ValueError("starts, ends, axes and steps must be of one length, and no step 0")

    def run(x: Tensor) -> Any:
        index = [slice(None)] * x.ndim
        backwards = []
        for start, end, dim, step in zip(starts, ends, dims, steps):
            stop = None if step < 0 and end < -x.shape[dim] else end
            if step < 0:
                first, last, by = slice(start, stop, step).indices(x.shape[dim])
                taken = range(first, last, by)[::-1]
                index[dim] = slice(taken.start, taken.stop, taken.step)
                backwards.append(range(x.ndim)[dim])
            else:
                index[dim] = slice(start, stop, step)
        y = x[tuple(index)]
        return ops.flip(y, tuple(backwards)) if backwards else y

    return node.step(run, 1)
