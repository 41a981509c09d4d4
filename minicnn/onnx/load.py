"""Making a Module of an ONNX file.

Nothing in a file is executed: a node is looked up in a table by its type, its attributes must have
the types that the table asks for, and constants are read from the file alone, never from the paths
that a file can name.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

import minicnn.onnx.read_layers
import minicnn.onnx.read_values  # noqa: F401  (these two fill the table)
from minicnn.errors import FormatError
from minicnn.nn.module import Module
from minicnn.nn.parameter import Parameter
from minicnn.onnx._package import onnx_package
from minicnn.onnx.node import READERS, Node, Step
from minicnn.tensor import Tensor

DTYPES = {1: "float32", 6: "int32", 7: "int64", 9: "bool", 11: "float64"}  # by ONNX's number
EARLIEST_OPSET = 13  # since then axes are inputs of most operations


class OnnxModel(Module):
    """A network made of an ONNX graph: its nodes one after the other.

    Floating-point constants are parameters, except running means and variances, which are buffers;
    their dotted names are the file's, so those of an exported network are its own again.

    Attributes:
        input_names, output_names: Of the graph, in order.
    """

    def __init__(self, steps: list[Step], input_names: list[str], output_names: list[str]) -> None:
        super().__init__()
        self.input_names, self.output_names = input_names, output_names
        self._steps = steps
        self._constants: dict[str, tuple[Module, str]] = {}
        last = {name: i for i, step in enumerate(steps) for name in step.inputs}
        self._unused_after = [
            [name for name in set(step.inputs) if last[name] == i and name not in output_names]
            for i, step in enumerate(steps)
        ]

    def place(self, name: str, tensor: Tensor, of: str | None = None) -> None:
        """Enter a constant of the graph as a parameter or buffer of a dotted name."""
        owner: Module = self
        *path, last = name.split(".")
        for part in path:
            below = owner._modules.get(part)
            if below is None:
                below = Module()
                _register(owner, part, below)
            owner = below
        _register(owner, last, tensor)
        self._constants[name if of is None else of] = (owner, last)

    def forward(self, *inputs: Any) -> Any:
        """Return the graph's output, or a tuple of several."""
        if len(inputs) != len(self.input_names):
            raise TypeError(
                f"OnnxModel: the graph has {len(self.input_names)} inputs {self.input_names}, got"
                f" {len(inputs)}"
            )
        values = {name: getattr(owner, key) for name, (owner, key) in self._constants.items()}
        values |= {
            name: x if isinstance(x, Tensor) else Tensor(x)
            for name, x in zip(self.input_names, inputs)
        }
        for step, unused in zip(self._steps, self._unused_after):
            try:
                results = step.run(self, [values[name] for name in step.inputs])
            except (ValueError, TypeError, IndexError) as error:
                raise ValueError(f"OnnxModel: node {step.name!r} ({step.op}): {error}") from error
            values.update(zip(step.outputs, results))
            for name in unused:
                values.pop(name, None)
        outputs = tuple([values[name] for name in self.output_names])
        return outputs[0] if len(outputs) == 1 else outputs

    def extra_repr(self) -> str:
        return f"{len(self._steps)} nodes, {self.input_names} -> {self.output_names}"


def _register(owner: Module, name: str, value: Any) -> None:
    if name in {**owner._parameters, **owner._buffers, **owner._modules}:
        raise ValueError(f"the name {name!r} is given twice")
    if isinstance(value, Module):
        owner.add_module(name, value)
    elif isinstance(value, Parameter):
        owner.register_parameter(name, value)
    else:
        owner.register_buffer(name, value)


def load(path: str | os.PathLike[str]) -> OnnxModel:
    """Return the network of an ONNX file.

    A network that `export` wrote gives the same bits again, but where a pooling's windows stick out
    (`ceil_mode`), or adaptive windows or a resizing were written as products of matrices.

    Args:
        path: The file. Operators of CNNs are known, from operator set 13 on.

    Raises:
        FormatError: If it is no ONNX file, is damaged, or holds what is not known here.
        OSError: If it cannot be read.
        ImportError: If the onnx package is not installed.

    Example:
        >>> model = load("lenet.onnx").eval()  # doctest: +SKIP
    """
    onnx = onnx_package("onnx.load")
    from google.protobuf.message import DecodeError

    with open(path, "rb") as file:
        data = file.read()
    try:
        proto = onnx.load_model_from_string(data)
        return _model(onnx, proto)
    except (DecodeError, RuntimeError, MemoryError) as error:
        raise FormatError(path, f"is not a readable ONNX file: {error}") from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise FormatError(path, f"holds an ONNX graph that is not understood: {error}") from error


def _model(onnx: Any, proto: Any) -> OnnxModel:
    graph = proto.graph
    versions = [o.version for o in proto.opset_import if o.domain in ("", "ai.onnx")]
    if len(versions) != 1 or versions[0] < EARLIEST_OPSET:
        raise ValueError(f"operator set {EARLIEST_OPSET} or later is needed, got {versions}")
    if proto.functions or graph.sparse_initializer:
        raise ValueError("functions and sparse constants are not read")
    constants = {tensor.name: _array(onnx, tensor) for tensor in graph.initializer}
    inputs = [value.name for value in graph.input if value.name not in constants]
    known = {*constants, *inputs}
    steps: list[Step] = []
    for proto_node in graph.node:
        if proto_node.op_type == "Constant" and proto_node.domain in ("", "ai.onnx"):
            (attribute,) = proto_node.attribute
            if attribute.name != "value" or len(proto_node.output) != 1:
                raise ValueError(f"node {proto_node.name!r}: only tensors are read as Constant")
            constants[_new(known, proto_node.output[0])] = _array(onnx, attribute.t)
            continue
        step = _step(onnx, proto_node, constants, known)
        for name in step.outputs:
            _new(known, name)
        steps.append(step)
    outputs = [value.name for value in graph.output]
    missing = [name for name in outputs if name not in known]
    if missing or not outputs:
        raise ValueError(f"the outputs {missing} are computed by no node")
    model = OnnxModel(steps, inputs, outputs)
    _place_constants(model, steps, constants)
    return model


def _new(known: set[str], name: str) -> str:
    if not name or name in known:
        raise ValueError(f"the value {name!r} is computed twice, or has no name")
    known.add(name)
    return name


def _step(onnx: Any, proto: Any, constants: dict[str, np.ndarray], known: set[str]) -> Step:
    where = f"node {proto.name!r} ({proto.op_type})"
    read: Callable[[Node], Step] | None = READERS.get(proto.op_type)
    if read is None or proto.domain not in ("", "ai.onnx"):
        raise ValueError(f"{where}: operators of this type are not known here")
    unknown = [name for name in proto.input if name and name not in known]
    if unknown:
        raise ValueError(f"{where}: the inputs {unknown} are not computed before it")
    attributes = {a.name: _attribute(onnx, a) for a in proto.attribute}
    names = list(proto.input), list(proto.output)
    node = Node(proto.op_type, proto.name, *names, attributes, constants)
    try:
        step = read(node)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise ValueError(f"{where}: {error}") from error
    if attributes.keys() - node.asked:
        raise ValueError(f"{where}: unknown attributes {sorted(attributes.keys() - node.asked)}")
    return step


def _attribute(onnx: Any, attribute: Any) -> Any:
    kinds = onnx.AttributeProto
    if attribute.ref_attr_name or attribute.type not in (
        *(kinds.INT, kinds.INTS, kinds.FLOAT, kinds.FLOATS, kinds.STRING),
    ):
        raise ValueError(f"attribute {attribute.name!r} is no number, list of numbers or string")
    value = onnx.helper.get_attribute_value(attribute)
    return value.decode("utf-8") if isinstance(value, bytes) else value


def _array(onnx: Any, tensor: Any) -> np.ndarray:
    """Return a constant's values, which must stand in the file itself."""
    if tensor.data_location != onnx.TensorProto.DEFAULT or tensor.external_data:
        raise ValueError(f"constant {tensor.name!r} lies in another file, which is not read")
    if tensor.data_type not in DTYPES or any(n < 0 for n in tensor.dims):
        raise ValueError(f"constant {tensor.name!r} has no dtype or shape that is read")
    return np.array(onnx.numpy_helper.to_array(tensor), DTYPES[tensor.data_type])


def _place_constants(model: OnnxModel, steps: list[Step], constants: dict[str, np.ndarray]) -> None:
    """Make parameters and buffers of the constants that are operands when the network runs."""
    used = [name for step in steps for name in step.inputs] + model.output_names
    buffers = {name for step in steps for name in step.buffers}
    for name in constants:
        if name in used:
            array = constants[name]
            learned = array.dtype.kind == "f" and name not in buffers
            tensor = Parameter(array) if learned else Tensor(array)
            try:
                model.place(name, tensor)
            except ValueError:  # other programs' names need not be names of attributes
                model.place(f"constant_{len(model._constants)}_", tensor, of=name)
