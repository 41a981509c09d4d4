"""How arithmetic, reductions, and what only moves values are written."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.nn.hooks import Watched
from minicnn.onnx.graph import Graph
from minicnn.onnx.table import WRITERS, unwritable, writes
from minicnn.ops._operands import To
from minicnn.ops.add import Add
from minicnn.ops.arithmetic import Div, Maximum, Mul, Neg, Pow, Sub
from minicnn.ops.conversion import Clone
from minicnn.ops.indexing import GetItem
from minicnn.ops.joining import Cat, Stack
from minicnn.ops.matmul import MatMul
from minicnn.ops.rearrange import Expand, Flip, Permute
from minicnn.ops.reductions import Mean, Sum
from minicnn.ops.selection import Clamp
from minicnn.ops.shape import Reshape
from minicnn.tensor import Tensor

SAME = {
    Add: "Add",
    Sub: "Sub",
    Mul: "Mul",
    Div: "Div",
    Neg: "Neg",
    Pow: "Pow",
    MatMul: "MatMul",
    Clone: "Identity",
    Watched: "Identity",
}


def same(g: Graph, node: Any, inputs: list[str], y: Tensor) -> str:
    return g.add(SAME[type(node)], inputs)


WRITERS.update(dict.fromkeys(SAME, same))


@writes(Maximum)
def maximum(g: Graph, node: Maximum, inputs: list[str], y: Tensor) -> str:
    return g.add("Min" if node.smaller else "Max", inputs)


@writes(Clamp)
def clamp(g: Graph, node: Clamp, inputs: list[str], y: Tensor) -> str:
    bounds = ["" if bound is None else g.like(y, bound) for bound in (node.low, node.high)]
    return g.add("Clip", [*inputs, *bounds])


@writes(To)
def to(g: Graph, node: To, inputs: list[str], y: Tensor) -> str:
    return g.add("Cast", inputs, to=g.onnx.helper.np_dtype_to_tensor_dtype(node.dtype))


@writes(Sum, Mean)
def reduction(g: Graph, node: Sum | Mean, inputs: list[str], y: Tensor) -> str:
    if not node.dims:
        return g.add("Identity", inputs)
    op = "ReduceSum" if isinstance(node, Sum) else "ReduceMean"
    return g.add(op, [*inputs, g.ints(node.dims)], keepdims=int(node.keepdim))


# -- what only moves values -----------------------------------------------------------------------


@writes(Reshape)
def reshape(g: Graph, node: Reshape, inputs: list[str], y: Tensor) -> str:
    return g.reshape(inputs[0], node.inputs[0], y.shape)


@writes(Permute)
def permute(g: Graph, node: Permute, inputs: list[str], y: Tensor) -> str:
    return g.add("Transpose", inputs, perm=[dim % y.ndim for dim in node.dims])


@writes(Cat)
def cat(g: Graph, node: Cat, inputs: list[str], y: Tensor) -> str:
    return g.add("Concat", inputs, axis=node.dim)


@writes(Stack)
def stack(g: Graph, node: Stack, inputs: list[str], y: Tensor) -> str:
    axis = node.dim % y.ndim
    parts = [g.add("Unsqueeze", [name, g.ints([axis])]) for name in inputs]
    return g.add("Concat", parts, axis=axis)


@writes(Expand)
def expand(g: Graph, node: Expand, inputs: list[str], y: Tensor) -> str:
    """A size of 1 leaves an axis as it is."""
    x_shape = (1,) * (y.ndim - node.inputs[0].ndim) + node.inputs[0].shape
    sizes = [1 if a == b else b for a, b in zip(x_shape, y.shape)]
    return g.add("Expand", [*inputs, g.ints(sizes)])


@writes(Flip)
def flip(g: Graph, node: Flip, inputs: list[str], y: Tensor) -> str:
    n, dims = len(node.dims), [dim % y.ndim for dim in node.dims]
    settings = ([-1] * n, [-(2**31)] * n, dims, [-1] * n)  # beyond the first one, backwards
    return g.add("Slice", [*inputs, *(g.ints(values) for values in settings)])


@writes(GetItem)
def getitem(g: Graph, node: GetItem, inputs: list[str], y: Tensor) -> str:
    """Integers and slices."""
    index = node.index if isinstance(node.index, tuple) else (node.index,)
    x_shape = node.inputs[0].shape
    if sum(part is Ellipsis for part in index if not isinstance(part, np.ndarray)) == 1:
        at = index.index(Ellipsis)
        index = index[:at] + (slice(None),) * (len(x_shape) - len(index) + 1) + index[at + 1 :]
    slices, dropped = [], []
    for axis, part in enumerate(index):
        if isinstance(part, slice):
            if part == slice(None):
                continue
            start, stop, step = part.indices(x_shape[axis])
            slices.append((start, -(2**31) if stop < 0 else stop, axis, step))
        elif isinstance(part, (int, np.integer)):
            start = int(part) % x_shape[axis]
            slices.append((start, start + 1, axis, 1))
            dropped.append(axis)
        else:
            raise unwritable("getitem", f"only integers and slices can be written, got {part!r}")
    name = inputs[0]
    if slices:
        name = g.add("Slice", [name, *(g.ints(values) for values in zip(*slices))])
    return g.add("Squeeze", [name, g.ints(dropped)]) if dropped else name
