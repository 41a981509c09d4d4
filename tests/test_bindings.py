"""What a kernel cannot compute is refused at the border between Python and C++, whoever calls.

The functions of minicnn check their arguments first, and say more; but kernels trust their shapes,
so nothing wrong may get past the border. What is refused leaves no memory in use.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from minicnn import _core


def zeros(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    return np.zeros(shape, dtype)


def ints(*values: Any) -> np.ndarray:
    return np.array(values, np.int64)


def augmented(**changed: Any) -> Any:
    lines = ints((0, 1), (3, -1))
    call: dict[str, Any] = dict(x=zeros(2, 4, 4, 3, dtype=np.uint8), indices=ints(0, 1), rows=lines)
    call |= dict(columns=lines, size=(4, 4), tables=zeros(3, 256), fill=0)
    return _core.augment_forward(**call | changed)


CONV: dict[str, Any] = dict(stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1)
POOL: dict[str, Any] = dict(stride=(2, 2), padding=(0, 0), dilation=(1, 1), ceil_mode=False)
X, WEIGHT, Y = zeros(2, 3, 5, 5), zeros(4, 3, 2, 2), zeros(2, 4, 4, 4)


def convolved(x: Any = X, weight: Any = WEIGHT, bias: Any = None, algorithm: str = "auto") -> Any:
    return _core.conv2d_forward(x, weight, bias, algorithm=algorithm, **CONV)


def normalized(**changed: Any) -> Any:
    call: dict[str, Any] = dict(bias=None, running_mean=zeros(4), running_var=zeros(4))
    call |= dict(norm_weight=None, norm_bias=None, residual=None, eps=1e-5, algorithm="auto")
    return _core.conv2d_batch_norm_forward(X, WEIGHT, **CONV | call | changed)


def batch_normalized(**changed: Any) -> Any:
    call: dict[str, Any] = dict(x=X, weight=zeros(3), bias=zeros(3), eps=1e-5)
    return _core.batch_norm_forward(**call | changed)


def pooled(**changed: Any) -> Any:
    call = dict(x=X, kernel_size=(2, 2), keep="argmax", relu=False, algorithm="auto")
    return _core.max_pool2d_forward(**POOL | call | changed)


def unpooled(argmax: Any, **changed: Any) -> Any:
    call = dict(grad_y=zeros(2, 3, 2, 2), x_shape=X.shape, kernel_size=(2, 2), algorithm="auto")
    return _core.max_pool2d_backward(argmax=argmax, **POOL | call | changed)


def averaged(**changed: Any) -> Any:
    call = dict(x=X, kernel_size=(2, 2), stride=(2, 2), padding=(0, 0), ceil_mode=False)
    call |= dict(count_include_pad=True, divisor_override=None, algorithm="auto")
    return _core.avg_pool2d_forward(**call | changed)


def sgd(*lists: Any, fresh: Any = ()) -> Any:
    rates = dict(lr=0.1, momentum=0.9, dampening=0.0, weight_decay=0.0)
    return _core.sgd_step(*lists, list(fresh), **rates, nesterov=False, maximize=False)


def adagrad(step_sizes: list[float]) -> Any:
    arrays = [[zeros(3)], [zeros(3)], [zeros(3)]]
    return _core.adagrad_step(*arrays, step_sizes, eps=1e-8, weight_decay=0.0, maximize=False)


def scattered(columns: Any) -> Any:
    return _core.trace_col2im(columns, x_shape=X.shape, weight_shape=WEIGHT.shape, **CONV)


FAR = 2**40 + 1
EMPTY = zeros(2**32, 0)
REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: augmented(x=zeros(4, 4, 3, dtype=np.uint8)), "x must have shape (N, H, W, C), got (4"),
    (lambda: augmented(size=(4, 0)), "size must be 1 to 2^24 pixels, got 0"),
    (lambda: augmented(size=(2**24 + 1, 4)), "size must be 1 to 2^24 pixels, got 16777217"),
    (lambda: augmented(indices=ints((0, 1))), "indices must have one axis, got (1, 2)"),
    (lambda: augmented(indices=ints(0, 2)), "indices must be in [0, 2), got 2"),
    (lambda: augmented(indices=ints(-1, 0)), "indices must be in [0, 2), got -1"),
    (lambda: augmented(rows=ints(0, 1)), "rows must have shape (2, 2), got (2,)"),
    (lambda: augmented(rows=ints((0, 1))), "rows must have shape (2, 2), got (1, 2)"),
    (lambda: augmented(columns=ints((0,), (1,))), "columns must have shape (2, 2), got (2, 1)"),
    (lambda: augmented(rows=ints((FAR, 1), (0, 1))), "steps of 1 or -1, got 1099511627777 and 1"),
    (lambda: augmented(rows=ints((-FAR, 1), (0, 1))), "steps of 1 or -1, got -1099511627777 and 1"),
    (lambda: augmented(columns=ints((0, 1), (0, 2))), "steps of 1 or -1, got 0 and 2"),
    (lambda: augmented(tables=zeros(256)), "tables must have shape (3, 256), got (256,)"),
    (lambda: augmented(tables=zeros(2, 256)), "tables must have shape (3, 256), got (2, 256)"),
    (lambda: augmented(tables=zeros(3, 255)), "tables must have shape (3, 256), got (3, 255)"),
    (lambda: _core.add_forward(zeros(2, 3), zeros(2, 4)), "the shape of a, (2, 3), got (2, 4)"),
    (lambda: _core.add_forward(zeros(6), zeros(2, 3)), "the shape of a, (6,), got (2, 3)"),
    (lambda: _core.relu_backward(zeros(3), zeros(4)), "the shape of y, (4,), got (3,)"),
    (
        lambda: _core.dropout_backward(zeros(3), zeros(4, dtype=np.uint8), 2.0),
        "dropout: grad_y must have the shape of keep, (4,), got (3,)",
    ),
    (lambda: batch_normalized(weight=zeros(4)), "weight must have shape (3,), one value for each"),
    (lambda: batch_normalized(bias=zeros(3, 1)), "bias must have shape (3,), one value for each"),
    (lambda: batch_normalized(residual=Y), "residual must have the shape of x, (2, 3, 5, 5), got"),
    (lambda: batch_normalized(algorithm="best"), "algorithm must be one of 'auto', 'direct',"),
    (lambda: convolved(x=zeros(3, 5, 5)), "conv2d: x must have 4 dimensions, got 3"),
    (lambda: convolved(bias=zeros(3)), "conv2d: bias must have shape (4,), one value for each"),
    (lambda: convolved(bias=zeros(4, 1)), "of weight.shape[0] output channels, got (4, 1)"),
    (lambda: convolved(algorithm="best"), "algorithm must be one of 'auto', 'direct', 'im2col',"),
    (lambda: convolved(algorithm="winograd4"), "'winograd4' needs float32, a 3x3 kernel,"),
    (lambda: normalized(running_var=zeros(3)), "running_var must have shape (4,), one value for"),
    (lambda: normalized(residual=X), "residual must have shape (2, 4, 4, 4), got (2, 3, 5, 5)"),
    (
        lambda: _core.conv2d_backward_input(
            X, WEIGHT, x_shape=X.shape, algorithm="auto", **CONV
        ),
        "grad_y must have shape (2, 4, 4, 4), got (2, 3, 5, 5)",
    ),
    (lambda: _core.conv2d_backward_bias(zeros(4)), "grad_y must have 4 dimensions, got 1"),
    (lambda: _core.conv2d_backward_relu(X, Y, True), "grad_y must have the shape of y, (2, 4, 4,"),
    (
        lambda: _core.conv2d_algorithms_for(X.shape, WEIGHT.shape, dtype="float16", **CONV),
        "conv2d: dtype must be 'float32' or 'float64', got 'float16'",
    ),
    (lambda: _core.cross_entropy_forward(zeros(3), ints(0), 9), "target (N,), got (3,) and (1,)"),
    (lambda: _core.cross_entropy_forward(zeros(1, 3), ints((0,)), 9), "got (1, 3) and (1, 1)"),
    (lambda: _core.cross_entropy_forward(zeros(2, 3), ints(0), 9), "got (2, 3) and (1,)"),
    (lambda: _core.cross_entropy_forward(zeros(1, 0), ints(0), 9), "got (1, 0) and (1,)"),
    (lambda: _core.cross_entropy_backward(zeros(1, 3), ints(3), 9, 1.0), "labels have changed"),
    (lambda: _core.gemm(zeros(3), zeros(3, 2)), "gemm: a must have 2 dimensions, got 1"),
    (lambda: _core.gemm(zeros(2, 3), zeros(3)), "gemm: b must have 2 dimensions, got 1"),
    (lambda: _core.gemm(zeros(2, 3), zeros(2, 3)), "so op(b) must have 3 rows, got 2"),
    (lambda: _core.gemm(EMPTY, EMPTY.T.copy()), "the size of the product does not fit in 64 bits"),
    (lambda: _core.gemm(X[0, 0], X[0, 0], algorithm="best"), "one of 'auto', 'naive', 'blocked',"),
    (lambda: pooled(x=zeros(5, 5)), "max_pool2d: x must have 4 dimensions, got 2"),
    (lambda: pooled(algorithm="best"), "algorithm must be one of 'auto', 'direct', 'vector', got"),
    (lambda: pooled(padding=(2, 0)), "padding must be at most kernel_size / 2 = 2 / 2 = 1, got 2"),
    (lambda: unpooled(zeros(2, 3, 2, 2)), "argmax must be what the forward pass returned"),
    (
        lambda: unpooled(
            zeros(1, 1, 1, 1, dtype=np.uint8),
            grad_y=zeros(1, 1, 1, 1), x_shape=(1, 1, 16, 16), kernel_size=(16, 16),
        ),
        "argmax must be what the forward pass returned",  # 256 cells do not fit into a byte
    ),
    (lambda: unpooled(ints(0)), "argmax must have 4 dimensions, got 1"),
    (lambda: unpooled(zeros(2, 3, 2, 1, dtype=np.uint8)), "argmax must have shape (2, 3, 2, 2),"),
    (lambda: unpooled(ints(0), grad_y=X), "grad_y must have shape (2, 3, 2, 2), got (2, 3, 5, 5)"),
    (lambda: averaged(divisor_override=0), "avg_pool2d: divisor_override must not be 0"),
    (lambda: averaged(kernel_size=(6, 2)), "height: the window covers dilation *"),
    (lambda: sgd([zeros(3)], [], []), "grads must have one entry for each of 1 parameters, got 0"),
    (lambda: sgd([zeros(3)], [zeros(2)], []), "grads[0] must have 3 values like its"),
    (lambda: sgd([zeros(3)], [zeros(3)], [zeros(3)] * 2), "momentum_buffers must have one"),
    (
        lambda: sgd([zeros(3)] * 2, [zeros(3)] * 2, [zeros(3), zeros(4)], fresh=[True] * 2),
        "momentum_buffers[1] must have 3 values like its parameter, got 4",
    ),
    (lambda: sgd([zeros(3)], [zeros(3)], [zeros(3)]), "fresh must have one entry for each of 1"),
    (lambda: adagrad([]), "step_sizes must have one entry for each of 1 parameters, got 0"),
    (lambda: _core.trace_gemm(zeros(2, 3), zeros(2, 3)), "must be matrices that fit, got (2, 3)"),
    (lambda: _core.trace_gemm(zeros(6), zeros(2, 3)), "must be matrices that fit, got (6,) and"),
    (lambda: _core.trace_gemm(zeros(2, 3), zeros(3)), "must be matrices that fit, got (2, 3)"),
    (
        lambda: _core.trace_gemm(zeros(1, 257), zeros(257, 1)),
        "trace: a sum must have at most 256 terms, got 257",
    ),
    (
        lambda: _core.trace_conv2d_tiled(X, WEIGHT, zeros(3), relu=False, **CONV),
        "trace: bias must have shape (4,), got (3,)",
    ),
    (
        lambda: _core.trace_conv2d_tiled(X, WEIGHT, zeros(4, 1), relu=False, **CONV),
        "trace: bias must have shape (4,), got (4, 1)",
    ),
    (lambda: scattered(zeros(2, 1, 12, 15)), "columns must have shape (2, 1, 12, 16), got (2, 1,"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "text"), REFUSED, ids=[text for _, text in REFUSED])
def test_what_no_kernel_can_compute_is_refused(call: Callable[[], Any], text: str) -> None:
    before = _core.buffer_stats()["in_use"]
    with pytest.raises(ValueError, match=re.escape(text)):
        call()
    assert _core.buffer_stats()["in_use"] == before


def test_the_same_calls_without_the_mistake_are_computed() -> None:
    """So that it is the mistake that was refused."""
    assert augmented().shape == (2, 3, 4, 4)
    assert convolved().shape == normalized().shape == Y.shape
    assert batch_normalized()[0].shape == X.shape
    y, argmax = pooled()
    assert y.shape == averaged().shape == (2, 3, 2, 2)
    assert unpooled(argmax).shape == X.shape
    sgd([zeros(3)], [zeros(3)], [zeros(3)], fresh=[True])
    adagrad([0.1])
    image, after = scattered(zeros(2, 1, 12, 16))
    assert (image.shape, after.shape) == (X.shape, (2, 1, 12, 16))


@pytest.mark.parametrize("array", [zeros(2, 3, dtype=np.float16), zeros(3, 2).T])
def test_another_type_or_layout_is_refused_and_not_copied(array: np.ndarray) -> None:
    with pytest.raises(TypeError, match="incompatible function arguments"):
        _core.relu_forward(array)
