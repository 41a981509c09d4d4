"""Files that no exporter of ours wrote: other programs' graphs, damaged ones, hostile ones."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn import FormatError, nn
from tests.machine import cases

onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
helper = onnx.helper
FLOAT = onnx.TensorProto.FLOAT


def written(
    path: Path, nodes: list[Any], constants: dict[str, Any], opset: int = 17, **more: Any
) -> Path:
    """Write a graph from "x" to "y"."""
    tensors = [onnx.numpy_helper.from_array(np.asarray(a), name) for name, a in constants.items()]
    info = [helper.make_tensor_value_info(name, FLOAT, None) for name in ("x", "y")]
    graph = helper.make_graph(nodes, "g", info[:1], info[1:], tensors, **more)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    path.write_bytes(model.SerializeToString())
    return path


def floats(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).normal(size=shape).astype(np.float32)


def node(op: str, inputs: str, outputs: str = "y", **attributes: Any) -> Any:
    """A node whose name is "n", or that of its first output if that is not y."""
    name = "n" if outputs.startswith("y") else outputs
    return helper.make_node(op, inputs.split(","), outputs.split(","), name=name, **attributes)


# What other programs write and we do not: (nodes, constants, input).
OTHERS: dict[str, tuple[list[Any], dict[str, Any], tuple[int, ...]]] = {
    "Gemm of any form": (
        [node("Gemm", "x,b,c", alpha=0.5, beta=2.0, transA=1)],
        {"b": floats(3, 4), "c": floats(5, 4)},
        (3, 5),
    ),
    "Conv with uneven margins": (
        [node("Conv", "x,w,b", pads=[0, 1, 2, 3], kernel_shape=[3, 3])],
        {"w": floats(2, 3, 3, 3), "b": floats(2)},
        (1, 3, 6, 6),
    ),
    "ConvTranspose with uneven margins": (
        [node("ConvTranspose", "x,w,b", pads=[0, 1, 2, 0], strides=[2, 1], group=3)],
        {"w": floats(3, 2, 3, 4), "b": floats(6)},
        (2, 3, 4, 5),
    ),
    "MaxPool with wide margins": (
        [node("MaxPool", "x", kernel_shape=[3, 3], pads=[2, 2, 2, 2], strides=[2, 2])],
        {},
        (1, 2, 7, 7),
    ),
    "AveragePool with uneven margins": (
        [node("AveragePool", "x", kernel_shape=[2, 2], pads=[0, 1, 1, 1], count_include_pad=1)],
        {},
        (1, 2, 6, 6),
    ),
    "Flatten": ([node("Flatten", "x", axis=2)], {}, (2, 3, 4, 5)),
    "ReduceMean with axes as attribute": (
        [node("ReduceMean", "x", axes=[2, -1], keepdims=0)],
        {},
        (2, 3, 4, 5),
    ),
    "Clip from below": ([node("Clip", "x,low")], {"low": np.float32(0.2)}, (3, 4)),
    "Slice backwards": (
        [node("Slice", "x,s,e,a,t")],
        {"s": [5, -1], "e": [0, -100], "a": [1, 0], "t": [-2, -1]},
        (4, 6),
    ),
    "Slice without axes": ([node("Slice", "x,s,e")], {"s": [1], "e": [99]}, (4, 6)),
    "Constant nodes and Dropout": (
        [
            helper.make_node(
                "Constant", [], ["c"], value=onnx.numpy_helper.from_array(floats(3, 1))
            ),
            node("Mul", "x,c", "m"),
            node("Dropout", "m"),
        ],
        {},
        (3, 4),
    ),
    "Concat, Split, Squeeze, Unsqueeze": (
        [
            node("Split", "x", "a,b", axis=1),
            node("Concat", "b,a", "c", axis=-1),
            node("Unsqueeze", "c,one", "d"),
            node("Squeeze", "d,one"),
        ],
        {"one": [1]},
        (2, 6),
    ),
    "Reshape with -1 and 0": ([node("Reshape", "x,s")], {"s": [0, -1, 2]}, (2, 3, 4)),
    "LogSoftmax of the last": ([node("LogSoftmax", "x")], {}, (2, 5)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_programs_graphs_give_what_onnxruntime_gives(name: str, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    nodes, constants, shape = OTHERS[name]
    path = written(tmp_path / "m.onnx", nodes, constants)
    x = floats(*shape)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {"x": x})
    y = minicnn.onnx.load(path).eval()(x).detach().numpy()
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())


def external() -> Any:
    tensor = onnx.numpy_helper.from_array(floats(2), "c")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return tensor


@pytest.mark.parametrize(
    ("nodes", "constants", "message"),
    [
        ([node("Loop", "x")], {}, r"node 'n' \(Loop\): operators of this type are not known"),
        ([node("Relu", "x", domain="com.evil")], {}, "not known here"),
        ([node("Relu", "z")], {}, r"the inputs \['z'\] are not computed before it"),
        ([node("Relu", "x", "z")], {}, r"the outputs \['y'\] are computed by no node"),
        ([node("Relu", "x"), node("Relu", "x")], {}, "'y' is computed twice"),
        ([node("Relu", "x", evil=3)], {}, r"unknown attributes \['evil'\]"),
        ([node("Relu", "x", "y,z")], {}, "one output is expected"),
        ([node("Add", "x")], {}, "needs 2 inputs"),
        ([node("Conv", "x,w", strides=[1])], {"w": floats(1, 1, 1, 1)}, "strides must be two"),
        ([node("Conv", "x,w", strides="no")], {"w": floats(1, 1, 1, 1)}, "unexpected type"),
        ([node("Conv", "x,w", auto_pad="SAME_UPPER")], {"w": floats(1, 1, 1, 1)}, "auto_pad"),
        (
            [node("ConvTranspose", "x,w", output_shape=[9, 9])],
            {"w": floats(1, 1, 1, 1)},
            "output_shape is not read",
        ),
        ([node("MaxPool", "x")], {}, "attribute kernel_shape is missing"),
        ([node("Reshape", "x,x")], {}, "input 1 must be a constant"),
        ([node("Reshape", "x,s")], {"s": floats(2)}, "must hold integers along one axis"),
        ([node("Slice", "x,s,s,s,z")], {"s": [1], "z": [0]}, "no step 0"),
        ([node("Cast", "x", to=8)], {}, "8"),
        ([node("Relu", "x")], {"s": np.array(["text"])}, "no dtype or shape that is read"),
    ],
)
def test_what_is_not_understood_is_named(
    nodes: list[Any], constants: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "m.onnx", nodes, constants)
    with pytest.raises(FormatError, match=message) as caught:
        minicnn.onnx.load(path)
    assert str(path) in str(caught.value)


def test_constants_in_other_files_old_operators_and_functions_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "m.onnx", [node("Add", "x,c")], {"c": floats(2)})
    proto = onnx.load_model_from_string(path.read_bytes())
    proto.graph.initializer[0].CopyFrom(external())
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(FormatError, match="lies in another file, which is not read"):
        minicnn.onnx.load(path)
    with pytest.raises(FormatError, match=r"operator set 13 or later is needed, got \[9\]"):
        minicnn.onnx.load(written(path, [node("Relu", "x")], {}, opset=9))


def test_an_operand_of_a_wrong_shape_names_the_node(tmp_path: Path) -> None:
    model = minicnn.onnx.load(
        written(tmp_path / "m.onnx", [node("Conv", "x,w")], {"w": floats(1, 3, 1, 1)})
    )
    with pytest.raises(ValueError, match=r"node 'n' \(Conv\): conv2d: x has shape \(1, 4, 2, 2\)"):
        model(floats(1, 4, 2, 2))
    with pytest.raises(TypeError, match=r"the graph has 1 inputs \['x'\], got 2"):
        model(floats(1, 3, 2, 2), 1)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("onnx") / "m.onnx"
    model = nn.Sequential(
        *(nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(8, 2)),
    )
    minicnn.onnx.export(model, (1, 4, 4), path)
    return path.read_bytes()


def loads_or_says_so(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with contextlib.suppress(FormatError):
        model = minicnn.onnx.load(path)
        assert sum(v.data.nbytes for v in model.state_dict().values()) <= 8 * len(data)


def test_every_truncation_says_so(good: bytes, tmp_path: Path) -> None:
    for length in range(0, len(good), 7):
        loads_or_says_so(tmp_path / "m.onnx", good[:length])
    (tmp_path / "empty.onnx").write_bytes(b"")
    with pytest.raises(FormatError, match=r"empty\.onnx"):
        minicnn.onnx.load(tmp_path / "empty.onnx")


@given(data=st.data())
@cases(300)
def test_changed_bytes_raise_nothing_but_format_errors(
    data: st.DataObject, good: bytes, tmp_path: Path
) -> None:
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(good) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    loads_or_says_so(tmp_path / "m.onnx", bytes(damaged))


@given(st.binary(max_size=200))
@cases(100)
def test_any_bytes_raise_nothing_but_format_errors(tmp_path: Path, data: bytes) -> None:
    loads_or_says_so(tmp_path / "m.onnx", data)
