"""Writing a network as an ONNX file, from the graph that autograd records of it.

The graph knows every operation that a `forward` calls, whatever class it belongs to; a writer that
goes by modules would have to know each class's `forward`. What autograd does not record (an argmax,
a loop over values) would be written as a constant. So the model runs twice, on other numbers and
another N; both runs must give the same file, to the byte.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

import minicnn.onnx.layers
import minicnn.onnx.pools
import minicnn.onnx.values  # noqa: F401  (these three fill the table)
from minicnn._atomic import atomic_write
from minicnn._checks import integer
from minicnn.autograd import Function, enable_grad, nodes_before
from minicnn.nn.module import Module
from minicnn.onnx._package import onnx_package
from minicnn.onnx.graph import Graph
from minicnn.onnx.table import WRITERS
from minicnn.tensor import Tensor

OPSET, IR_VERSION = 21, 10  # 20 brought Gelu, 21 GroupNormalization by channels; onnx 1.16


def export(
    model: Module,
    input_shape: Sequence[int],
    path: str | os.PathLike[str],
    *,
    batch_size: int | None = None,
) -> None:
    """Write what a model computes in `eval` mode as an ONNX file, in one atomic step.

    Parameters and buffers keep their dotted names. The model is left as it was.

    Args:
        model: The network; of one input tensor, its output is a tensor or a tuple of them.
        input_shape: Shape of one sample, without N: (C, H, W) for images.
        path: The file.
        batch_size: N; None leaves it open.

    Raises:
        ValueError: If the model does something that ONNX or this writer has no words for, or whose
            result depends on values in a way that autograd does not record.
        ImportError: If the onnx package is not installed.
        OSError: If the file cannot be written.

    Example:
        >>> from minicnn import models
        >>> export(models.LeNet5(), (1, 28, 28), "lenet.onnx")  # doctest: +SKIP

    Source: Open Neural Network Exchange, operator set 21, https://onnx.ai/onnx/operators.
    """
    onnx = onnx_package("onnx.export")
    shape = tuple([integer("onnx.export", "input_shape", n) for n in input_shape])
    if min(shape, default=1) < 1:
        raise ValueError(f"onnx.export: input_shape must hold positive ints, got {input_shape}")
    sizes = (
        (2, 3) if batch_size is None else (integer("onnx.export", "batch_size", batch_size),) * 2
    )
    training = {module: module.training for module in model.modules()}
    model.eval()
    try:
        first, second = (_written(model, (N, *shape), batch_size is None, N + i)
                         for i, N in enumerate(sizes))  # fmt: skip
    finally:
        for module, mode in training.items():
            module.training = mode
    if first != second:
        raise ValueError(
            "onnx.export: two runs gave two graphs: something in this model depends on its input in"
            " a way that is not differentiable (an index, a comparison, a Python number), or on N;"
            f" {_difference(first, second)}"
        )
    onnx.checker.check_model(first)
    atomic_write(path, first)


def _written(model: Module, shape: tuple[int, ...], open_batch: bool, seed: int) -> bytes:
    """Run the model on random numbers and return the file of what it did."""
    names = {
        id(tensor.data): name
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]
    }
    dtype = next((p.dtype for p in model.parameters()), np.dtype(np.float32))
    graph = Graph(names, shape[0] if open_batch else None)
    x = Tensor(np.random.default_rng(seed).normal(size=shape).astype(dtype), requires_grad=True)
    with enable_grad():
        y = model(x)
    outputs = list(y) if isinstance(y, (tuple, list)) else [y]
    if not outputs or not all(isinstance(part, Tensor) for part in outputs):
        raise ValueError(f"onnx.export: the model must return tensors, got {type(y).__name__}")
    found: dict[int, str] = {id(x): "input"}
    for part in outputs:
        _write_before(graph, part, found)
    written = [_output(graph, part, found, i) for i, part in enumerate(outputs)]
    return _file(graph, [("input", x), *zip(written, outputs)])


def _write_before(graph: Graph, root: Tensor, found: dict[int, str]) -> None:
    """Write the nodes that `root` depends on and that are not written yet."""
    if root.creator is None:
        return
    order = nodes_before(root.creator)
    made: dict[Function, Tensor] = {t.creator: t for node in order for t in node.inputs
                                    if t.creator is not None}  # fmt: skip
    made[root.creator] = root
    for node in order:
        y = made[node]
        if id(y) in found:
            continue
        write = WRITERS.get(type(node))
        if write is None:
            raise ValueError(
                f"onnx.export: the operation {type(node).__name__} (result of shape {y.shape}) has"
                " no form in ONNX that is written here"
            )
        inputs = [found[id(t)] if id(t) in found else graph.array(t.data) for t in node.inputs]
        found[id(y)] = write(graph, node, inputs, y)


def _output(graph: Graph, part: Tensor, found: dict[int, str], number: int) -> str:
    name = found[id(part)] if id(part) in found else graph.array(part.data)
    output = f"output_{number}" if number else "output"
    graph.nodes.append(graph.onnx.helper.make_node("Identity", [name], [output], name=output))
    return output


def _file(graph: Graph, values: list[tuple[str, Tensor]]) -> bytes:
    onnx = graph.onnx
    infos = []
    for name, t in values:
        shape: list[Any] = list(t.shape)
        if graph.batch is not None and shape and shape[0] == graph.batch:
            shape[0] = "N"
        kind = onnx.helper.np_dtype_to_tensor_dtype(t.dtype)
        infos.append(onnx.helper.make_tensor_value_info(name, kind, shape))
    proto = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes, "minicnn", infos[:1], infos[1:], list(graph.initializers.values())
        ),
        producer_name="minicnn",
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    return bytes(proto.SerializeToString(deterministic=True))


def _difference(first: bytes, second: bytes) -> str:
    """Name the first node or constant in which two files differ."""
    onnx = onnx_package("onnx.export")
    a, b = (onnx.load_model_from_string(data).graph for data in (first, second))
    for x, y in zip([*a.node, *a.initializer], [*b.node, *b.initializer]):
        if x != y:
            return f"the first difference is in {x.name}"
    return "they have different lengths"
