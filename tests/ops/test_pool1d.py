"""Pooling in 1-D against the definition in NumPy, and max pooling undone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor
from minicnn.ops.pool1d import adaptive_avg_pool1d, adaptive_max_pool1d, avg_pool1d, max_pool1d
from minicnn.testing import gradcheck
from tests.machine import cases
from tests.reference import assert_exact
from tests.reference_pool import Axis, axis_settings, integers

SEEDS = st.integers(0, 2**32)
DTYPES = st.sampled_from([np.float32, np.float64])
LEADING = st.sampled_from([(2, 3), (1, 1), (0, 2), (4,)])


@given(
    axis=axis_settings(dilated=True), leading=LEADING, ceil=st.booleans(), dtype=DTYPES, seed=SEEDS
)
@cases(150)
def test_max_pool1d_is_its_definition(axis, leading, ceil, dtype, seed):
    size, kernel, stride, padding, dilation = axis
    windows = Axis(size, kernel, stride, padding, dilation, ceil)
    x = integers((*leading, size), dtype, seed)
    y = np.full((*leading, windows.count), -np.inf, dtype)
    indices = np.full(y.shape, -1, np.int64)
    for i, pixels in enumerate(windows.pixels):
        if pixels:
            first = x[..., pixels].argmax(axis=-1)
            y[..., i] = x[..., pixels].max(axis=-1)
            indices[..., i] = np.array(pixels)[first]
    t = Tensor(x, requires_grad=True)
    got, where = max_pool1d(t, kernel, stride, padding, dilation, ceil, return_indices=True)
    np.testing.assert_array_equal(got.data, y)
    np.testing.assert_array_equal(where.data, indices)
    assert (got.dtype, where.dtype) == (dtype, np.int64)
    grad_y = integers(y.shape, dtype, seed + 1)
    got.backward(grad_y)
    expected = np.zeros((*x.shape[:-1], size + 1))  # the last place stands for "nowhere"
    for at in np.ndindex(y.shape):
        expected[(*at[:-1], indices[at])] += grad_y[at]
    np.testing.assert_array_equal(t.grad, expected[..., :-1])
    assert_exact(max_pool1d(x, kernel, stride, padding, dilation, ceil).data, y, dtype)


@given(
    axis=axis_settings(dilated=False),
    leading=LEADING,
    ceil=st.booleans(),
    include=st.booleans(),
    seed=SEEDS,
)
@cases(150)
def test_avg_pool1d_is_its_definition(axis, leading, ceil, include, seed):
    size, kernel, stride, padding, _ = axis
    windows = Axis(size, kernel, stride, padding, 1, ceil)
    x = integers((*leading, size), np.float64, seed)
    counts = windows.padded if include else [len(p) for p in windows.pixels]
    matrix = np.zeros((windows.count, size))  # y = matrix @ x
    for i, (pixels, count) in enumerate(zip(windows.pixels, counts)):
        if pixels:
            matrix[i, pixels] = 1 / count
    t = Tensor(x, requires_grad=True)
    y = avg_pool1d(t, kernel, stride, padding, ceil, include)
    np.testing.assert_allclose(y.data, x @ matrix.T, rtol=1e-12, atol=1e-12)
    grad_y = integers(y.shape, np.float64, seed + 1)
    y.backward(grad_y)
    np.testing.assert_allclose(t.grad, grad_y @ matrix, rtol=1e-12, atol=1e-12)


@given(size=st.integers(1, 20), out=st.integers(1, 9), leading=LEADING, seed=SEEDS)
@cases(80)
def test_adaptive_pools_take_the_documented_windows(size, out, leading, seed):
    x = integers((*leading, size), np.float64, seed)
    bounds = [(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]
    parts = [x[..., begin:end] for begin, end in bounds]
    means = np.stack([part.mean(axis=-1) for part in parts], axis=-1)
    np.testing.assert_allclose(adaptive_avg_pool1d(x, out).data, means, rtol=1e-12, atol=1e-12)
    y, indices = adaptive_max_pool1d(x, (out,), return_indices=True)
    np.testing.assert_array_equal(y.data, np.stack([p.max(axis=-1) for p in parts], axis=-1))
    first = [begin + p.argmax(axis=-1) for p, (begin, _) in zip(parts, bounds)]
    np.testing.assert_array_equal(indices.data, np.stack(first, axis=-1))
    assert_exact(adaptive_max_pool1d(x, None).data, x, np.float64)


@pytest.mark.parametrize(
    "op",
    [
        lambda x: max_pool1d(x, 3, 2, 1),
        lambda x: avg_pool1d(x, 3, 2, 1),
        lambda x: adaptive_avg_pool1d(x, 4),
        lambda x: adaptive_max_pool1d(x, 4),
    ],
)
def test_gradients_agree_with_differences(op):
    x = np.random.default_rng(0).permutation(2 * 3 * 10).reshape(2, 3, 10) / 7  # no ties
    assert gradcheck(op, Tensor(x, requires_grad=True))


X = np.zeros((2, 3, 8), np.float32)


@pytest.mark.parametrize(
    ("op", "x", "setting", "message"),
    [
        (max_pool1d, X, dict(kernel_size=0), "kernel_size must be at least 1, got 0"),
        (avg_pool1d, X, dict(kernel_size=2, stride=0), "stride must be at least 1, got 0"),
        (max_pool1d, X, dict(kernel_size=2, padding=-1), "padding must be at least 0, got -1"),
        (max_pool1d, X, dict(kernel_size=2, dilation=0), "dilation must be at least 1, got 0"),
        (
            avg_pool1d,
            X,
            dict(kernel_size=3, padding=2),
            r"padding must be at most kernel_size / 2 = 3 / 2 = 1, got 2",
        ),
        (
            max_pool1d,
            X,
            dict(kernel_size=3, dilation=2**62),
            r"length: the window covers dilation \* \(kernel_size - 1\) \+ 1 = \d+ values but the"
            r" padded input has only 8 \+ 2 \* 0 = 8",
        ),
        (
            max_pool1d,
            X[0, 0],
            dict(kernel_size=2),
            r"x must have shape \(N, C, L\) or \(C, L\), got 1 dimensions: \(8,\)",
        ),
        (
            avg_pool1d,
            X[:, :0],
            dict(kernel_size=2),
            r"only the batch axis N may be empty, got shape \(2, 0, 8\)",
        ),
        (adaptive_avg_pool1d, X, dict(output_size=0), "output_size must be at least 1, got 0"),
    ],
)
def test_errors_name_the_argument_and_the_rule(op, x, setting, message):
    with pytest.raises(ValueError, match=f"^{op.__name__}: {message}"):
        op(x, **setting)


@pytest.mark.parametrize(
    ("op", "x", "setting", "message"),
    [
        (max_pool1d, X.astype(int), dict(kernel_size=2), "x must be float32 or float64, got int64"),
        (max_pool1d, X, dict(kernel_size=(2, 2)), "kernel_size must be an int or a tuple of one"),
        (avg_pool1d, X, dict(kernel_size=2.0), "kernel_size must be an int, got 2"),
        (avg_pool1d, X, dict(kernel_size=2, ceil_mode=1), "ceil_mode must be True or False, got 1"),
        (adaptive_max_pool1d, X, dict(output_size="1"), "output_size must be an int, got '1'"),
    ],
)
def test_wrong_types_are_type_errors(op, x, setting, message):
    with pytest.raises(TypeError, match=f"^{op.__name__}: {message}"):
        op(x, **setting)
