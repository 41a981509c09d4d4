"""The ONNX graph that an export builds: nodes, constants, and names for what lies between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.onnx._package import onnx_package
from minicnn.tensor import Tensor


class Graph:
    """Nodes in the order in which they run, and the constants that they read.

    Args:
        names: Dotted names of the model's parameters and buffers by the identity of their arrays.
        batch: N of the images the model was run on, which the graph leaves open; None if it is
            part of the graph.
    """

    def __init__(self, names: dict[int, str], batch: int | None) -> None:
        self.onnx = onnx_package("onnx.export")
        self.nodes: list[Any] = []
        self.initializers: dict[str, Any] = {}
        self.names, self.batch = names, batch
        self._kept: list[np.ndarray] = []  # so that an identity stays one array's
        self._numbered = 0

    def add(self, op: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> Any:
        """Add a node of type `op` and return the name of its output, or a list of several."""
        self._numbered += 1
        names = [f"{op}_{self._numbered}" + (f"_{i}" if i else "") for i in range(outputs)]
        self.nodes.append(
            self.onnx.helper.make_node(op, list(inputs), names, name=names[0], **attributes)
        )
        return names[0] if outputs == 1 else names

    def array(self, array: np.ndarray) -> str:
        """Return the name of a constant; one array that occurs twice is stored once."""
        if id(array) not in self.names:
            self._numbered += 1
            self.names[id(array)] = f"constant_{self._numbered}"
            self._kept.append(array)
        name = self.names[id(array)]
        if name not in self.initializers:
            values = np.require(array, array.dtype.newbyteorder("="), "C")
            self.initializers[name] = self.onnx.numpy_helper.from_array(values, name)
        return name

    def ints(self, values: Sequence[int]) -> str:
        """Return the name of a constant of shapes, axes or indices."""
        return self.array(np.array(values, np.int64))

    def like(self, x: Tensor, value: float) -> str:
        """Return the name of a number in the dtype of `x`."""
        return self.array(np.array(value, x.dtype))

    def shape(self, x: Tensor, y_shape: Sequence[int]) -> str:
        """Return the name of the shape `x` is given; 0 stands for "as many as before"."""
        sizes = list(y_shape)
        if self.batch is not None and sizes and x.ndim and x.shape[0] == sizes[0] == self.batch:
            sizes[0] = 0
        return self.ints(sizes)

    def reshape(self, name: str, x: Tensor, y_shape: Sequence[int]) -> str:
        return self.add("Reshape", [name, self.shape(x, y_shape)])
