"""How nodes with weights or windows become steps of a network."""

from __future__ import annotations

import math
from typing import Any

from minicnn import ops
from minicnn.nn import functional as F
from minicnn.onnx.node import Node, Step, reads
from minicnn.tensor import Tensor

Pads = tuple[tuple[int, int], tuple[int, int]]  # (top, left), (bottom, right)


def _pads(node: Node) -> Pads:
    pads = node.ints("pads", (0, 0, 0, 0))
    if node.text("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise ValueError("auto_pad is not read; it needs the image's size")
    if len(pads) != 4:
        raise ValueError(f"pads must be four numbers, for two axes of pixels, got {pads}")
    return (pads[0], pads[1]), (pads[2], pads[3])


def _pair(node: Node, name: str, default: tuple[int, int] | None = (1, 1)) -> tuple[int, int]:
    value = node.ints(name, default)
    if len(value) != 2:
        raise ValueError(f"{name} must be two numbers, for two axes of pixels, got {value}")
    return value[0], value[1]


def _widened(x: Tensor, pads: Pads, value: float) -> Tensor:
    """Return x with its margins, in the order of `F.pad`."""
    (top, left), (bottom, right) = pads
    return F.pad(x, (left, right, top, bottom), "constant", value)


@reads("Conv")
def conv(node: Node) -> Step:
    pads, strides, dilations = _pads(node), _pair(node, "strides"), _pair(node, "dilations")
    groups = node.integer("group", 1)
    node.asked.add("kernel_shape")  # the weight says so, too

    def run(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        padding = pads[0]
        if pads[0] != pads[1]:
            x, padding = _widened(x, pads, 0.0), (0, 0)
        return F.conv2d(x, weight, bias, strides, padding, dilations, groups)

    return node.step(run, 3, at_least=2)


@reads("ConvTranspose")
def conv_transpose(node: Node) -> Step:
    """Margins take rows and columns off the result; where they differ, they are cut off after."""
    pads, strides, dilations = _pads(node), _pair(node, "strides"), _pair(node, "dilations")
    added, groups = _pair(node, "output_padding", (0, 0)), node.integer("group", 1)
    node.asked.add("kernel_shape")
    if node.ints("output_shape", ()):
        raise ValueError("output_shape is not read; pads and output_padding say the size")

    def run(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        equal = pads[0] == pads[1]
        y = F.conv_transpose2d(
            x, weight, bias, strides, pads[0] if equal else 0, added, groups, dilations
        )
        if equal:
            return y
        (top, left), (bottom, right) = pads
        return y[:, :, top : y.shape[2] - bottom, left : y.shape[3] - right]

    return node.step(run, 3, at_least=2)


@reads("Gemm")
def gemm(node: Node) -> Step:
    alpha, beta = node.real("alpha", 1.0), node.real("beta", 1.0)
    transposed_a, transposed_b = node.integer("transA", 0), node.integer("transB", 0)

    def run(a: Tensor, b: Tensor, c: Tensor | None = None) -> Any:
        if transposed_b and not transposed_a and alpha == beta == 1 and (c is None or c.ndim == 1):
            return F.linear(a, b, c)
        product = ops.matmul(a.T if transposed_a else a, b.T if transposed_b else b) * alpha
        return product if c is None else product + c * beta

    return node.step(run, 3, at_least=2)


@reads("BatchNormalization")
def batch_norm(node: Node) -> Step:
    eps, momentum = node.real("epsilon", 1e-5), node.real("momentum", 0.9)
    if node.integer("training_mode", 0):
        raise ValueError("training_mode is not read")

    def run(network: Any, x: Any, weight: Any, bias: Any, mean: Any, var: Any) -> Tensor:
        training = network.training
        return F.batch_norm(x, mean, var, weight, bias, training, 1 - momentum, eps)

    return node.step_in(run, 5, buffers=tuple(node.inputs[3:5]))


@reads("LayerNormalization")
def layer_norm(node: Node) -> Step:
    axis, eps = node.integer("axis", -1), node.real("epsilon", 1e-5)
    node.asked.add("stash_type")

    def run(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return F.layer_norm(x, x.shape[axis:], weight, bias, eps)

    return node.step(run, 3, at_least=2)


@reads("InstanceNormalization")
def instance_norm(node: Node) -> Step:
    eps = node.real("epsilon", 1e-5)
    return node.step(lambda x, w, b: F.instance_norm(x, None, None, w, b, eps=eps), 3)


@reads("GroupNormalization")
def group_norm(node: Node) -> Step:
    groups, eps = node.integer("num_groups"), node.real("epsilon", 1e-5)
    node.asked.add("stash_type")
    return node.step(lambda x, w, b: F.group_norm(x, groups, w, b, eps), 3)


@reads("LRN")
def local_response_norm(node: Node) -> Step:
    size = node.integer("size")
    alpha, beta, k = node.real("alpha", 1e-4), node.real("beta", 0.75), node.real("bias", 1.0)
    if size % 2 == 0:
        raise ValueError(f"size must be odd, got {size}")
    return node.step(lambda x: F.local_response_norm(x, size, alpha, beta, k), 1)


@reads("MaxPool")
def max_pool(node: Node) -> Step:
    kernel, strides = _pair(node, "kernel_shape", None), _pair(node, "strides")
    dilations, pads = _pair(node, "dilations"), _pads(node)
    ceil_mode = bool(node.integer("ceil_mode", 0))
    node.asked.add("storage_order")  # of the indices, which are not read

    def run(x: Tensor) -> Tensor:
        padding = pads[0]
        if pads[0] != pads[1] or any(2 * p > k for p, k in zip(padding, kernel)):
            x, padding = _widened(x, pads, -math.inf), (0, 0)
        return F.max_pool2d(x, kernel, strides, padding, dilations, ceil_mode=ceil_mode)

    return node.step(run, 1)


@reads("AveragePool")
def avg_pool(node: Node) -> Step:
    kernel, strides, pads = _pair(node, "kernel_shape", None), _pair(node, "strides"), _pads(node)
    ceil_mode, include = (
        bool(node.integer("ceil_mode", 0)),
        bool(node.integer("count_include_pad", 0)),
    )
    if _pair(node, "dilations") != (1, 1):
        raise ValueError("dilations are not read")
    if pads[0] != pads[1] and not include:
        raise ValueError("margins of different widths that do not count are not read")

    def run(x: Tensor) -> Tensor:
        padding = pads[0]
        if pads[0] != pads[1]:
            x, padding = _widened(x, pads, 0.0), (0, 0)
        return F.avg_pool2d(x, kernel, strides, padding, ceil_mode, include)

    return node.step(run, 1)


@reads("GlobalAveragePool")
def global_average_pool(node: Node) -> Step:
    return node.step(lambda x: F.adaptive_avg_pool2d(x, 1), 1)


@reads("GlobalMaxPool")
def global_max_pool(node: Node) -> Step:
    return node.step(lambda x: F.adaptive_max_pool2d(x, 1), 1)


@reads("Pad")
def pad(node: Node) -> Step:
    mode = node.text("mode", "constant")
    if node.has(3):
        raise ValueError("axes are not read")
    pads, value = node.integers(1), node.number(2, 0.0)
    names = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}
    torchs, n = names[mode], len(pads) // 2
    margins = [width for axis in range(n - 1, -1, -1) for width in (pads[axis], pads[n + axis])]
    while len(margins) > 2 and margins[-2:] == [0, 0]:  # F.pad begins with the last axis
        margins = margins[:-2]
    constant = value if mode == "constant" else None

    def run(x: Tensor) -> Tensor:
        if 2 * x.ndim != len(pads):
            raise ValueError(f"pads {pads} are not for a tensor of shape {x.shape}")
        return F.pad(x, margins, torchs, constant)

    return node.step(run, 1)


@reads("DepthToSpace")
def depth_to_space(node: Node) -> Step:
    size = node.integer("blocksize")
    if node.text("mode", "DCR") != "CRD":
        raise ValueError("only mode 'CRD', which is torch's pixel_shuffle, is read")
    return node.step(lambda x: F.pixel_shuffle(x, size), 1)
