"""What minicnn/_core.pyi says of results: compared with pybind11's docstrings and with calls."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

from minicnn import _core
from tests.test_stub import FUNCTIONS, STUB, signatures

ALIASES = {
    node.targets[0].id: node.value
    for node in STUB.body
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
}
DICTS = {
    node.name: {f.target.id: f.annotation for f in node.body if isinstance(f, ast.AnnAssign)}
    for node in STUB.body
    if isinstance(node, ast.ClassDef) and node.name.startswith("_")
}
WINDOW: Any = dict(
    kernel_size=(2, 2), stride=(2, 2), padding=(0, 0), dilation=(1, 1), ceil_mode=False
)
CONV: Any = dict(stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1)


def ones(like: np.ndarray, *shape: int) -> np.ndarray:
    return np.ones(shape, like.dtype)


def batch_norm(x: np.ndarray, needs_residual: bool) -> Any:
    one = ones(x, 1)
    return _core.batch_norm_backward(x, x, x, one, one, one, 1e-5, False, needs_residual)


def pooled(x: np.ndarray, keep: str) -> Any:
    return _core.max_pool2d_forward(x, **WINDOW, keep=keep, relu=False, algorithm="direct")


# Calls of all functions of whose results pybind11 says no more than that it is a tuple, a
# dictionary or an object; on images (2, 1, 4, 4). Several where the result can be None.
CALLS: dict[str, list[Any]] = {
    "batch_norm_backward": [lambda x: batch_norm(x, True), lambda x: batch_norm(x, False)],
    "batch_norm_forward": [lambda x: _core.batch_norm_forward(x, ones(x, 1), ones(x, 1), 1e-5)],
    "buffer_stats": [lambda x: _core.buffer_stats()],
    "conv2d_backward_relu": [
        lambda x: _core.conv2d_backward_relu(x, x, True),
        lambda x: _core.conv2d_backward_relu(x, x, False),
    ],
    "cross_entropy_forward": [
        lambda x: _core.cross_entropy_forward(x.reshape(8, 4), np.zeros(8, np.int64), -100),
        lambda x: _core.cross_entropy_forward(x.reshape(8, 4), np.full(8, 4), -100),
    ],
    "dropout_forward": [lambda x: _core.dropout_forward(x, 1, 0.5, 2.0)],
    "max_pool2d_forward": [lambda x: pooled(x, "nothing"), lambda x: pooled(x, "argmax")],
    "trace_col2im": [
        lambda x: _core.trace_col2im(
            _core.trace_im2col(x, weight_shape=(2, 1, 2, 2), **CONV),
            x_shape=x.shape,
            weight_shape=(2, 1, 2, 2),
            **CONV,
        )
    ],
    "trace_conv2d_places": [lambda x: _core.trace_conv2d_places(x.shape, (2, 1, 2, 2), **CONV)],
    "trace_conv2d_tiled": [
        lambda x: _core.trace_conv2d_tiled(x, ones(x, 2, 1, 2, 2), None, **CONV, relu=False)
    ],
    "trace_gemm": [lambda x: _core.trace_gemm(x[0, 0].copy(), x[1, 0].copy())],
    "trace_pool2d_places": [lambda x: _core.trace_pool2d_places("max_pool2d", x.shape, **WINDOW)],
    "trace_tile_size": [lambda x: _core.trace_tile_size(x)],
}


def in_words_of_the_stub(annotation: ast.expr | None) -> str:
    """Return a type of pybind11's docstrings as the stub writes it."""
    assert annotation is not None
    return ast.unparse(annotation).replace("numpy.typing.", "").replace("numpy.", "np.")


def expected(name: str) -> ast.expr:
    annotation = FUNCTIONS[name].returns
    assert annotation is not None
    return annotation


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_return_what_the_stub_says(name: str) -> None:
    told = {in_words_of_the_stub(signature.returns) for signature in signatures(name)}
    text = ast.unparse(expected(name))
    if told <= {"tuple", "dict", "object"}:
        assert name in CALLS
    elif "_Float" in text:
        assert told == {text.replace("_Float", f"np.float{bits}") for bits in (32, 64)}
    else:
        assert told == {text}


def fits(value: Any, annotation: ast.expr, dtype: type) -> bool:
    """Return whether a value is of a type of the stub, `_Float` being this dtype."""
    text = ast.unparse(annotation)
    if isinstance(annotation, ast.BinOp):
        return fits(value, annotation.left, dtype) or fits(value, annotation.right, dtype)
    if isinstance(annotation, ast.Subscript):
        kind = ast.unparse(annotation.value)
        if kind in ALIASES:
            return fits(value, ALIASES[kind], dtype)
        if kind == "NDArray":
            wanted = {"_Float": dtype, "np.int64": np.int64, "np.uint8": np.uint8}
            known = wanted.get(ast.unparse(annotation.slice))
            return isinstance(value, np.ndarray) and (known is None or value.dtype == known)
        assert kind == "tuple"
        assert isinstance(annotation.slice, ast.Tuple)
        parts = annotation.slice.elts
        return (
            type(value) is tuple
            and len(value) == len(parts)
            and all(fits(part, wanted, dtype) for part, wanted in zip(value, parts))
        )
    if text in ALIASES:
        return fits(value, ALIASES[text], dtype)
    if text in DICTS:
        fields = DICTS[text]
        return list(value) == list(fields) and all(fits(value[f], fields[f], dtype) for f in fields)
    return value is None if text == "None" else type(value) is {"int": int, "float": float}[text]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted(CALLS))
def test_calls_return_what_the_stub_says(name: str, dtype: type) -> None:
    x = np.arange(32).reshape(2, 1, 4, 4).astype(dtype) / 8
    results = [call(x) for call in CALLS[name]]
    assert all(fits(result, expected(name), dtype) for result in results)
    if "| None" in ast.unparse(expected(name)):  # both kinds of result have been seen
        flat = [p for r in results for p in (r if isinstance(r, tuple) else (r,))]
        assert any(part is None for part in flat)
        assert any(isinstance(part, np.ndarray) for part in flat)


def test_a_wrong_result_does_not_fit() -> None:
    wanted = ast.parse("tuple[NDArray[_Float], NDArray[np.int64] | None]", mode="eval").body
    a, i = np.ones(1, np.float32), np.ones(1, np.int64)
    assert fits((a, i), wanted, np.float32)
    assert fits((a, None), wanted, np.float32)
    for wrong in ((a, a), (i, i), (a,), [a, i], a, None, (a, i, i)):
        assert not fits(wrong, wanted, np.float32)
