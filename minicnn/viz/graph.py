"""The computation graph of a network: what reads what, with the shape of each result."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn._atomic import atomic_write
from minicnn.autograd import Function, enable_grad, nodes_before
from minicnn.nn.hooks import Hooks
from minicnn.nn.inspection import check_eval, own_hooks
from minicnn.nn.module import Module
from minicnn.nn.tracing import sample_shape
from minicnn.ops.batch_norm import BatchNorm
from minicnn.tensor import Tensor
from minicnn.viz._svg import draw


class Node(NamedTuple):
    """A box of the graph.

    Attributes:
        name: Dotted name of the layer; "" for an operation outside of layers, and for the input.
        kind: Class of the layer or operation, or "Input".
        detail: Its kernel and stride, if it has them.
        shape: Of its result, without N.
        inputs: Numbers of the nodes it reads.
    """

    name: str
    kind: str
    detail: str
    shape: tuple[int, ...]
    inputs: tuple[int, ...]


class Graph:
    """What `graph` returns: a notebook shows it, `save` writes it.

    Attributes:
        nodes: The boxes, each after those it reads; the first is the input.
        svg: The picture, as the text of an SVG file without scripts or references.
    """

    def __init__(self, nodes: Sequence[Node], title: str) -> None:
        self.nodes, self.svg = list(nodes), draw(nodes, title)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the SVG file, wholly or not at all."""
        atomic_write(path, self.svg.encode())

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"Graph({len(self.nodes)} nodes)"


def graph(model: Module, input_shape: Sequence[int], *, title: str = "") -> Graph:
    """Draw the computation graph of a network, from the recorded graph of one forward pass.

    Layers (modules without modules in them) are one box each; operations that `forward` calls
    between them, such as the addition of a shortcut, are boxes of their own.

    Args:
        model: The network, in eval mode; it must return one tensor.
        input_shape: Shape of one sample, without N: (C, H, W) for images.
        title: Stands above; the class of the model if left out.

    Returns:
        The graph; `graph(...).save("net.svg")` writes it.

    Raises:
        ValueError: If the model is in training mode, or its layers do not fit together.
        TypeError: If it returns something else than one tensor.

    Example:
        >>> from minicnn import nn
        >>> net = graph(nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU()).eval(), (1, 28, 28))
        >>> [(node.kind, node.shape, node.inputs) for node in net.nodes]
        [('Input', (1, 28, 28), ()), ('Conv2d', (6, 24, 24), (0,)), ('ReLU', (6, 24, 24), (1,))]
    """
    check_eval("graph", model)
    shape = sample_shape("graph", input_shape)
    first = next(model.parameters(), None)
    dtype = np.float32 if first is None else first.dtype
    x = Tensor(np.zeros((1, *shape), dtype), requires_grad=True)
    with own_hooks(model):
        for name, module in model.named_modules():
            if not module._modules:
                module._hooks = Hooks()  # alone: hooks of the user's are not called here
                module.register_forward_pre_hook(_enter)
                module.register_forward_hook(_leave(name))
        with enable_grad():
            y = model(x)
    if not isinstance(y, Tensor):
        raise TypeError(f"graph: the model must return one tensor, got {type(y).__name__}")
    return Graph(_nodes(x, y), title or type(model).__name__)


class _Mark(Function):
    """The identity at the border of a layer's call: behind it, `layer` is its name and module."""

    def __init__(self, layer: tuple[str, Module] | None = None) -> None:
        self.layer = layer

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray]:
        return (grad_y,)


def _enter(module: Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Mark the tensors that a layer is called with."""
    return tuple([_marked(arg, None) for arg in args])


def _leave(name: str) -> Any:
    """Return the hook that marks what a layer returns."""
    return lambda module, args, y: _marked(y, (name, module))


def _marked(value: Any, layer: tuple[str, Module] | None) -> Any:
    known = isinstance(value, Tensor) and value.requires_grad
    return _Mark(layer)(value) if known else value


def _nodes(x: Tensor, y: Tensor) -> list[Node]:
    """Return the boxes: calls of layers, and the functions that stand outside of them."""
    nodes = [Node("", "Input", "", x.shape[1:], ())]
    if y.creator is None:
        return nodes
    order = nodes_before(y.creator)
    shapes = {y.creator: y.shape}
    for function in order:
        shapes.update({t.creator: t.shape for t in function.inputs if t.creator is not None})
    sources: dict[Function, tuple[int, ...]] = {}  # the boxes that a function's result comes from
    inside: set[Function] = set()  # a call that has not ended yet
    for function in order:
        read = _sources_of(function, x, sources)
        if isinstance(function, _Mark) and function.layer is not None:
            name, module = function.layer
            sources[function] = (len(nodes),)
            detail = _detail(module) + _also(function.inputs[0].creator)
            nodes.append(Node(name, type(module).__name__, detail, shapes[function][1:], read))
        elif isinstance(function, _Mark) or any(t.creator in inside for t in function.inputs):
            inside.add(function)
            sources[function] = read
        else:
            sources[function] = (len(nodes),)
            nodes.append(Node("", type(function).__name__, "", shapes[function][1:], read))
    return nodes


def _sources_of(
    function: Function, x: Tensor, sources: dict[Function, tuple[int, ...]]
) -> tuple[int, ...]:
    found: list[int] = []
    for tensor in function.inputs:
        if tensor is x:
            found.append(0)
        elif tensor.creator is not None:
            found += sources[tensor.creator]
    return tuple(dict.fromkeys(found))


def _detail(module: Module) -> str:
    """Return such as "3 x 3, stride 2"."""
    parts = []
    kernel, stride = getattr(module, "kernel_size", None), getattr(module, "stride", None)
    if kernel is not None:
        parts.append(_pair_text(kernel))
    if stride not in (None, 1, (1, 1)) and stride != kernel:
        parts.append(f"stride {_pair_text(stride, square=False)}")
    groups = getattr(module, "groups", 1)
    if groups != 1:
        parts.append(f"{groups} groups")
    return ", ".join(parts)


def _also(last: Function | None) -> str:
    """Return what a layer does besides, in the same pass over its values."""
    more = ["shortcut"] if isinstance(last, BatchNorm) and len(last.inputs) == 4 else []
    more += ["ReLU"] if getattr(last, "relu", False) is True else []
    return "".join(f" + {word}" for word in more)


def _pair_text(value: Any, square: bool = True) -> str:
    pair = value if isinstance(value, (tuple, list)) else (value, value)
    if not square and len(set(pair)) == 1:
        return str(pair[0])
    return " x ".join(str(n) for n in pair)
