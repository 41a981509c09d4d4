"""ONNX files that are well formed and mean something that nobody meant."""

from __future__ import annotations

import random

NUMBERS = (0, -1, 1, 2, 2**31, 2**62, 2**63 - 1, -(2**63))


def changed_graph(data: bytes, rng: random.Random) -> bytes:
    """Return the file of a graph with one to four changes of its nodes and constants."""
    import onnx

    model = onnx.load_model_from_string(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        change = rng.choice((change_node, change_attribute, change_constant, change_names))
        change(model.graph, rng)
    return bytes(model.SerializeToString())


def change_node(graph, rng: random.Random) -> None:
    from minicnn.onnx.node import READERS

    node = rng.choice(graph.node)
    node.op_type = rng.choice(sorted([*READERS, "Constant", "If"]))


def change_attribute(graph, rng: random.Random) -> None:
    nodes = [node for node in graph.node if node.attribute]
    if not nodes:
        return
    attribute = rng.choice(rng.choice(nodes).attribute)
    if attribute.ints and rng.random() < 0.6:
        attribute.ints[rng.randrange(len(attribute.ints))] = rng.choice(NUMBERS)
    elif rng.random() < 0.5:
        attribute.i = rng.choice(NUMBERS)
    elif rng.random() < 0.5:
        attribute.type = rng.randrange(15)
    else:
        attribute.name = rng.choice(("axis", "value", "pads", "to", "kernel_shape", "ceil_mode"))


def change_constant(graph, rng: random.Random) -> None:
    if not graph.initializer:
        return
    tensor = rng.choice(graph.initializer)
    kind = rng.randrange(4)
    if kind == 0 and tensor.dims:
        tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(NUMBERS)
    elif kind == 1:
        tensor.dims.extend([rng.choice(NUMBERS)] * rng.choice((1, 70)))
    elif kind == 2:
        tensor.data_type = rng.randrange(25)
    else:
        tensor.raw_data = tensor.raw_data[: rng.randrange(len(tensor.raw_data) + 1)]


def change_names(graph, rng: random.Random) -> None:
    """Another input or output for a node; or another name for a constant."""
    names = [name for node in graph.node for name in (*node.input, *node.output)]
    names += ["", "a." * 50, "training", "_parameters", "forward", "\0"]
    node = rng.choice(graph.node)
    where = rng.choice((node.input, node.output, None))
    if where:
        where[rng.randrange(len(where))] = rng.choice(names)
    elif graph.initializer:
        rng.choice(graph.initializer).name = rng.choice(names)
