"""Which function writes which operation: a table that layers, pools and values fill."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn.autograd import Function
from minicnn.onnx.graph import Graph
from minicnn.tensor import Tensor

# (graph, the operation with its settings, names of its inputs, its result) -> name of the result
Writer = Callable[[Graph, Any, list[str], Tensor], str]
WRITERS: dict[type[Function], Writer] = {}


def writes(*functions: type[Function]) -> Callable[[Writer], Writer]:
    """Enter the decorated function into the table."""

    def enter(writer: Writer) -> Writer:
        WRITERS.update(dict.fromkeys(functions, writer))
        return writer

    return enter


def unwritable(op: str, why: str) -> ValueError:
    return ValueError(f"onnx.export: {op}: {why}")
