"""What is exported computes in onnxruntime what it computes here, and can be loaded again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minicnn
from minicnn import nn, ops
from minicnn.onnx.table import WRITERS
from tests.machine import SCALE
from tests.onnx.variants import LARGE, VARIANTS, Do, made

onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")


def ran(path: Path, x: np.ndarray) -> list[np.ndarray]:
    """The outputs by onnxruntime, which may not merge operations or use several threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(None, {"input": x})


def outputs(model: nn.Module, x: np.ndarray) -> list[np.ndarray]:
    with minicnn.no_grad():
        y = model(x)
    return [part.numpy() for part in (y if isinstance(y, tuple) else (y,))]


def shape(name: str) -> tuple[int, ...]:
    return {**VARIANTS, **LARGE}[name][1]


def image(name: str, N: int) -> np.ndarray:
    return np.random.default_rng(3).normal(size=(N, *shape(name))).astype(np.float32)


# Written as a product with a matrix, or as a mean times a share: other roundings, same meaning.
REWRITTEN = {
    "average pools that stick out",
    "the same without margins",
    "adaptive, overlapping",
    "resizings",
}


@pytest.mark.parametrize("name", {**VARIANTS, **(LARGE if SCALE > 1 else {})})
def test_onnxruntime_gives_our_outputs_and_so_does_what_is_loaded(
    name: str, tmp_path: Path
) -> None:
    model, path = made(name), tmp_path / "model.onnx"
    minicnn.onnx.export(model, shape(name), path)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    x = image(name, 4)  # another N than while exporting
    ours = outputs(model, x)
    theirs = ran(path, x)
    loaded = minicnn.onnx.load(path).eval()
    again = outputs(loaded, x)
    assert len(ours) == len(theirs) == len(again)
    for y, of_theirs, of_loaded in zip(ours, theirs, again):
        # Both round at every layer, by 2^-24 of the sums' sizes: 1e-7 a layer, which adds up.
        bound = 1e-5 * np.abs(y).max()
        np.testing.assert_allclose(of_theirs, y, rtol=0, atol=bound)
        if name in REWRITTEN:
            np.testing.assert_allclose(of_loaded, y, rtol=0, atol=bound)
        else:
            np.testing.assert_array_equal(of_loaded, y)
    assert_same_values(model, loaded)


def assert_same_values(model: nn.Module, loaded: nn.Module) -> None:
    """All that the network used is there again under its own name."""
    state = loaded.state_dict()
    unused = {"num_batches_tracked"}
    for key, value in model.state_dict().items():
        if key.split(".")[-1] not in unused and not key.startswith("aux"):
            np.testing.assert_array_equal(state[key].data, value.data)


def test_every_writer_is_used_by_a_variant(tmp_path: Path) -> None:
    used: set[type] = set()
    original = dict(WRITERS)
    try:
        for function, writer in original.items():

            def noted(*args: Any, of: Any = function, by: Any = writer) -> Any:
                used.add(of)
                return by(*args)

            WRITERS[function] = noted
        for name in VARIANTS:
            if name.split("-")[0] not in ("ResNet", "VGG", "GoogLeNet"):
                minicnn.onnx.export(made(name), VARIANTS[name][1], tmp_path / "m.onnx")
    finally:
        WRITERS.update(original)
    seldom = {"Clone", "To", "Watched"}
    assert {f.__name__ for f in set(original) - used} <= seldom


def test_the_model_is_left_as_it_was(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout())
    model[2].eval()
    before = {key: value.data.copy() for key, value in model.state_dict().items()}
    minicnn.onnx.export(model, (1, 5, 5), tmp_path / "m.onnx")
    assert [m.training for m in model.modules()] == [True, True, True, False]
    for key, value in model.state_dict().items():
        np.testing.assert_array_equal(value.data, before[key])
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]


def test_frozen_and_float64_models_and_a_fixed_batch(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(6, 2)).double().requires_grad_(False)
    minicnn.onnx.export(model, (2, 3), tmp_path / "m.onnx", batch_size=5)
    x = np.random.default_rng(0).normal(size=(5, 2, 3))
    np.testing.assert_allclose(ran(tmp_path / "m.onnx", x)[0], outputs(model, x)[0], rtol=1e-12)
    (info,) = onnx.load(tmp_path / "m.onnx").graph.input
    assert [d.dim_value for d in info.type.tensor_type.shape.dim] == [5, 2, 3]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x[np.arange(len(x)), x.data.argmax(1)], "only integers and slices"),
        (lambda x: x * float(x.data.max()), "two runs gave two graphs.*constant"),
        (lambda x: x + (x > 0).float(), "two runs gave two graphs"),
        (lambda x: x.reshape(-1, 1) * np.ones((2 * len(x), 1), np.float32), "two runs gave"),
        (lambda x: x.std(1), "operation Var .* has no form in ONNX"),
        (lambda x: x.tolist(), "the model must return tensors, got list"),
        (lambda x: nn.LocalResponseNorm(2)(x), "local_response_norm: size must be odd, got 2"),
    ],
)
def test_what_cannot_be_written_is_refused(function: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        minicnn.onnx.export(Do(function), (2,), tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="input_shape must hold positive ints"):
        minicnn.onnx.export(nn.Linear(2, 2), (0,), tmp_path / "m.onnx")
    with pytest.raises(TypeError, match="batch_size must be an int"):
        minicnn.onnx.export(nn.Linear(2, 2), (2,), tmp_path / "m.onnx", batch_size=1.5)  # type: ignore[arg-type]


def test_without_the_package_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(ImportError, match=r"onnx.export needs the onnx package: .*\.\[onnx\]"):
        minicnn.onnx.export(nn.Linear(2, 2), (2,), tmp_path / "m.onnx")
    with pytest.raises(ImportError, match=r"onnx\.load needs the onnx package"):
        minicnn.onnx.load(tmp_path / "m.onnx")


def test_a_loaded_model_can_be_trained(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(18, 3))
    minicnn.onnx.export(model, (1, 5, 5), tmp_path / "m.onnx")
    loaded = minicnn.onnx.load(tmp_path / "m.onnx").train()
    x = np.random.default_rng(0).normal(size=(6, 1, 5, 5)).astype(np.float32)
    expected = model.train()(x)
    y = loaded(x)
    np.testing.assert_array_equal(y.data, expected.data)
    for result in (y, expected):
        ops.sum(result * result).backward()
    theirs = dict(loaded.named_parameters())
    for name, parameter in model.named_parameters():
        np.testing.assert_array_equal(theirs[name].grad, parameter.grad)
    for name, buffer in loaded.named_buffers():
        np.testing.assert_array_equal(buffer.data, dict(model.named_buffers())[name].data)
