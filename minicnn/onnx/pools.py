"""How pooling, padding and resizing are written.

ONNX and torch disagree about windows that stick out at the end (`ceil_mode`), so such windows are
written as ordinary ones on an image with a wider margin. Adaptive windows and resizing have no
counterpart that all programs compute alike; each axis is a product with a constant matrix, or a
choice of constant indices.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.onnx.graph import Graph
from minicnn.onnx.table import writes
from minicnn.ops.adaptive_pool2d import AdaptiveAvgPool2d, AdaptiveMaxPool2d, windows
from minicnn.ops.avg_pool2d import AvgPool2d
from minicnn.ops.interpolate import Interpolate
from minicnn.ops.max_pool2d import MaxPool2d
from minicnn.ops.pad import ConstantPad, CopyPad
from minicnn.ops.pixel_shuffle import PixelShuffle, PixelUnshuffle
from minicnn.tensor import Tensor


def _margins(node: MaxPool2d | AvgPool2d, y: Tensor) -> list[int]:
    """Return rows and columns of padding (top, left, bottom, right) under all windows."""
    s: dict[str, Any] = node.settings
    before, after = [], []
    for axis in (0, 1):
        reach = s.get("dilation", (1, 1))[axis] * (s["kernel_size"][axis] - 1) + 1
        end = (y.shape[2 + axis] - 1) * s["stride"][axis] + reach
        pad = s["padding"][axis]
        before.append(pad)
        after.append(
            max(pad, end - node.inputs[0].shape[2 + axis] - pad) if s["ceil_mode"] else pad
        )
    return before + after


@writes(MaxPool2d)
def max_pool(g: Graph, node: MaxPool2d, inputs: list[str], y: Tensor) -> str:
    s, pads = node.settings, _margins(node, y)
    if getattr(node, "relu", False):  # of its input, taken over from the layer before
        inputs = [g.add("Relu", inputs)]
    kernel = list(s["kernel_size"])
    if any(pad >= k for pad, k in zip(pads, kernel * 2)):  # not allowed as the pool's own padding
        all_axes = [0, 0, *pads[:2], 0, 0, *pads[2:]]
        lowest = g.like(y, -np.inf)
        inputs, pads = [g.add("Pad", [inputs[0], g.ints(all_axes), lowest])], [0] * 4
    return g.add(
        "MaxPool", inputs, kernel_shape=kernel, strides=s["stride"], pads=pads,
        dilations=s["dilation"],
    )  # fmt: skip


@writes(AvgPool2d)
def avg_pool(g: Graph, node: AvgPool2d, inputs: list[str], y: Tensor) -> str:
    s, pads = node.settings, _margins(node, y)
    pool = dict(kernel_shape=s["kernel_size"], strides=s["stride"])
    if pads == list(s["padding"]) * 2 and s["divisor_override"] is None:
        include = int(s["count_include_pad"])
        return g.add("AveragePool", inputs, pads=pads, count_include_pad=include, **pool)
    all_axes = [0, 0, *pads[:2], 0, 0, *pads[2:]]
    padded = g.add("Pad", [inputs[0], g.ints(all_axes), g.like(y, 0)])
    mean = g.add("AveragePool", [padded], **pool)
    return g.add("Mul", [mean, g.array(_shares(node, y))])


def _shares(node: AvgPool2d, y: Tensor) -> np.ndarray:
    """Return window size / divisor, (1, 1, H_out, W_out): what makes a mean torch's mean."""
    s = node.settings
    if s["divisor_override"] is not None:
        counts = np.full(y.shape[2:], s["divisor_override"])
    else:
        sides = []
        for axis in (0, 1):
            pad, size = s["padding"][axis], node.inputs[0].shape[2 + axis]
            first = np.arange(y.shape[2 + axis]) * s["stride"][axis] - pad
            low, high = (-pad, size + pad) if s["count_include_pad"] else (0, size)
            sides.append(
                np.clip(first + s["kernel_size"][axis], low, high) - np.clip(first, low, high)
            )
        counts = sides[0][:, np.newaxis] * sides[1]
    area = s["kernel_size"][0] * s["kernel_size"][1]
    return (area / counts).astype(y.dtype)[np.newaxis, np.newaxis]


def _product(g: Graph, name: str, rows: np.ndarray, columns: np.ndarray, y: Tensor) -> str:
    """(H_out, H) @ (N, C, H, W) @ (W, W_out) -> (N, C, H_out, W_out)."""
    name = g.add("MatMul", [g.array(rows.astype(y.dtype)), name])
    return g.add("MatMul", [name, g.array(columns.T.astype(y.dtype))])


@writes(AdaptiveAvgPool2d)
def adaptive_avg_pool(g: Graph, node: AdaptiveAvgPool2d, inputs: list[str], y: Tensor) -> str:
    if node.output_size == (1, 1):
        return g.add("GlobalAveragePool", inputs)
    x_size = node.inputs[0].shape[2:]
    kernel = [n // out for n, out in zip(x_size, node.output_size)]
    if all(k * out == n for k, out, n in zip(kernel, node.output_size, x_size)):
        return g.add("AveragePool", inputs, kernel_shape=kernel, strides=kernel)
    means: list[np.ndarray] = []
    for n, places in zip(x_size, (node.rows, node.columns)):
        mean = np.zeros((len(places), n))
        for row, (begin, end) in zip(mean, places):
            row[begin:end] = 1 / (end - begin)
        means.append(mean)
    return _product(g, inputs[0], means[0], means[1], y)


@writes(AdaptiveMaxPool2d)
def adaptive_max_pool(g: Graph, node: AdaptiveMaxPool2d, inputs: list[str], y: Tensor) -> str:
    """Each axis in turn: the pixels under each window, then their largest."""
    if node.output_size == (1, 1):
        return g.add("GlobalMaxPool", inputs)
    name = inputs[0]
    for axis in (2, 3):
        places = windows(node.inputs[0].shape[axis], node.output_size[axis - 2])
        longest = max(end - begin for begin, end in places)
        # a shorter window names its last pixel again, which does not change the largest
        index = [[min(b + i, e - 1) for i in range(longest)] for b, e in places]
        name = g.add("Gather", [name, g.array(np.array(index))], axis=axis)
        name = g.add("ReduceMax", [name, g.ints([axis + 1])], keepdims=0)
    return name


@writes(Interpolate)
def interpolate(g: Graph, node: Interpolate, inputs: list[str], y: Tensor) -> str:
    name = inputs[0]
    for number, axis in enumerate(node.axes, start=2):
        if node.nearest:
            name = g.add("Gather", [name, g.array(axis.low.astype(np.int64))], axis=number)
    if node.nearest:
        return name
    matrices = [axis.resized(np.eye(axis.n, dtype=y.dtype), 0, False) for axis in node.axes]
    if len(matrices) == 2:
        return _product(g, name, matrices[0], matrices[1], y)
    return g.add("MatMul", [name, g.array(matrices[0].T.copy())])  # (N, C, L) @ (L, L_out)


def _pads(margins: Any) -> list[int]:
    return [int(before) for before, _ in margins] + [int(after) for _, after in margins]


@writes(ConstantPad)
def constant_pad(g: Graph, node: ConstantPad, inputs: list[str], y: Tensor) -> str:
    return g.add("Pad", [*inputs, g.ints(_pads(node.margins)), g.like(y, node.value)])


@writes(CopyPad)
def copy_pad(g: Graph, node: CopyPad, inputs: list[str], y: Tensor) -> str:
    mode = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}[node.mode]
    return g.add("Pad", [*inputs, g.ints(_pads(node.margins))], mode=mode)


@writes(PixelShuffle)
def pixel_shuffle(g: Graph, node: PixelShuffle, inputs: list[str], y: Tensor) -> str:
    return g.add("DepthToSpace", inputs, blocksize=node.factor, mode="CRD")


@writes(PixelUnshuffle)
def pixel_unshuffle(g: Graph, node: PixelUnshuffle, inputs: list[str], y: Tensor) -> str:
    """SpaceToDepth orders channels otherwise."""
    x, r = node.inputs[0], node.factor
    N, C, H, W = x.shape
    name = g.reshape(inputs[0], x, (N, C, H // r, r, W // r, r))
    name = g.add("Transpose", [name], perm=[0, 1, 3, 5, 2, 4])
    return g.reshape(name, x, y.shape)
