"""How layers with weights, normalizations and activations are written."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn.onnx.graph import Graph
from minicnn.onnx.table import WRITERS, unwritable, writes
from minicnn.ops.batch_norm import BatchNorm
from minicnn.ops.conv2d import Conv2d
from minicnn.ops.conv_transpose2d import ConvTranspose2d
from minicnn.ops.elementwise import Abs, Cos, Exp, Log, Sigmoid, Sin, Sqrt, Tanh
from minicnn.ops.linear import Linear
from minicnn.ops.local_response_norm import LocalResponseNorm
from minicnn.ops.normalization import RowNorm
from minicnn.ops.rectifiers import ELU, Hardswish, Hardtanh, LeakyReLU
from minicnn.ops.relu import ReLU
from minicnn.ops.smooth import GELU, GLU, SiLU, Softplus, TanhGELU
from minicnn.ops.softmax import LogSoftmax, Softmax
from minicnn.tensor import Tensor


@writes(Conv2d)
def conv(g: Graph, node: Conv2d, inputs: list[str], y: Tensor) -> str:
    s = node.settings
    name: str = g.add(
        "Conv",
        inputs,
        kernel_shape=node.inputs[1].shape[2:],
        strides=s["stride"],
        pads=s["padding"] * 2,
        dilations=s["dilation"],
        group=s["groups"],
    )
    return g.add("Relu", [name]) if node.relu else name


@writes(ConvTranspose2d)
def conv_transpose(g: Graph, node: ConvTranspose2d, inputs: list[str], y: Tensor) -> str:
    """The size of the result is told by what is added at its end, as torch tells it."""
    s, x, kernel = node.settings, node.inputs[0], node.inputs[1].shape[2:]
    along = zip(y.shape[2:], x.shape[2:], kernel, s["stride"], s["padding"], s["dilation"])
    added = [out - ((n - 1) * st - 2 * p + d * (k - 1) + 1) for out, n, k, st, p, d in along]
    return g.add(
        "ConvTranspose",
        inputs,
        kernel_shape=kernel,
        strides=s["stride"],
        pads=s["padding"] * 2,
        dilations=s["dilation"],
        output_padding=added,
        group=s["groups"],
    )


@writes(Linear)
def linear(g: Graph, node: Linear, inputs: list[str], y: Tensor) -> str:
    if y.ndim == 2:
        return g.add("Gemm", inputs, transB=1)
    transposed = g.add("Transpose", [inputs[1]], perm=[1, 0])
    name: str = g.add("MatMul", [inputs[0], transposed])
    return g.add("Add", [name, inputs[2]]) if len(inputs) == 3 else name


@writes(BatchNorm)
def batch_norm(g: Graph, node: BatchNorm, inputs: list[str], y: Tensor) -> str:
    if node.running is None:
        raise unwritable("batch_norm", "without running mean and variance it depends on the batch")
    running = [g.array(array) for array in node.running]
    name: str = g.add("BatchNormalization", [*inputs[:3], *running], epsilon=node.eps)
    if len(inputs) == 4:
        name = g.add("Add", [name, inputs[3]])
    return g.add("Relu", [name]) if node.relu else name


@writes(RowNorm)
def row_norm(g: Graph, node: RowNorm, inputs: list[str], y: Tensor) -> str:
    if node.op == "layer_norm":
        axis = -node.inputs[1].ndim
        return g.add("LayerNormalization", inputs, axis=axis, epsilon=node.eps)
    if node.op == "instance_norm":
        return g.add("InstanceNormalization", inputs, epsilon=node.eps)
    groups = math.prod(y.shape[1:]) // node.row_size
    return g.add("GroupNormalization", inputs, num_groups=groups, epsilon=node.eps)


@writes(LocalResponseNorm)
def local_response_norm(g: Graph, node: LocalResponseNorm, inputs: list[str], y: Tensor) -> str:
    size = node.before + node.after + 1
    if node.before != node.after:
        raise unwritable("local_response_norm", f"size must be odd, got {size}")
    return g.add(
        "LRN", inputs, size=size, alpha=node.scale * size, beta=node.beta, bias=float(node.k)
    )


# -- functions of each value ----------------------------------------------------------------------

SAME = {
    ReLU: "Relu",
    Abs: "Abs",
    Exp: "Exp",
    Log: "Log",
    Sqrt: "Sqrt",
    Sin: "Sin",
    Cos: "Cos",
    Tanh: "Tanh",
    Sigmoid: "Sigmoid",
    Hardswish: "HardSwish",
    GELU: "Gelu",
}


def same(g: Graph, node: Any, inputs: list[str], y: Tensor) -> str:
    return g.add(SAME[type(node)], inputs)


WRITERS.update(dict.fromkeys(SAME, same))


@writes(TanhGELU)
def tanh_gelu(g: Graph, node: TanhGELU, inputs: list[str], y: Tensor) -> str:
    return g.add("Gelu", inputs, approximate="tanh")


@writes(LeakyReLU)
def leaky_relu(g: Graph, node: LeakyReLU, inputs: list[str], y: Tensor) -> str:
    return g.add("LeakyRelu", inputs, alpha=float(node.slope))


@writes(ELU)
def elu(g: Graph, node: ELU, inputs: list[str], y: Tensor) -> str:
    if node.scale == 1:
        return g.add("Elu", inputs, alpha=float(node.alpha))
    return g.add("Selu", inputs, alpha=float(node.alpha), gamma=float(node.scale))


@writes(Hardtanh)
def hardtanh(g: Graph, node: Hardtanh, inputs: list[str], y: Tensor) -> str:
    return g.add("Clip", [*inputs, g.like(y, node.low), g.like(y, node.high)])


@writes(SiLU)
def silu(g: Graph, node: SiLU, inputs: list[str], y: Tensor) -> str:
    return g.add("Mul", [inputs[0], g.add("Sigmoid", inputs)])


@writes(Softplus)
def softplus(g: Graph, node: Softplus, inputs: list[str], y: Tensor) -> str:
    """Beyond the threshold, from 20 on by default, log(1 + exp(z)) rounds to z in float32."""
    if node.beta == 1:
        return g.add("Softplus", inputs)
    beta = g.array(np.array(node.beta, y.dtype))
    return g.add("Div", [g.add("Softplus", [g.add("Mul", [inputs[0], beta])]), beta])


@writes(GLU)
def glu(g: Graph, node: GLU, inputs: list[str], y: Tensor) -> str:
    a, b = g.add("Split", inputs, outputs=2, axis=node.dim, num_outputs=2)
    return g.add("Mul", [a, g.add("Sigmoid", [b])])


@writes(Softmax)
def softmax(g: Graph, node: Softmax, inputs: list[str], y: Tensor) -> str:
    return g.add("Softmax", inputs, axis=node.dim)


@writes(LogSoftmax)
def log_softmax(g: Graph, node: LogSoftmax, inputs: list[str], y: Tensor) -> str:
    return g.add("LogSoftmax", inputs, axis=node.dim)
