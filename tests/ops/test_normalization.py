"""layer_norm, group_norm and instance_norm against their formulas in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn import Tensor, _core, set_num_threads
from minicnn.ops.normalization import group_norm, instance_norm, layer_norm
from tests.central_differences import assert_gradients

DTYPES = [np.float32, np.float64]


def standardized(rows, eps):
    """Return rows, shape (rows, M), with mean 0 and variance 1."""
    mean, var = rows.mean(axis=1, keepdims=True), rows.var(axis=1, keepdims=True)
    return (rows - mean) / np.sqrt(var + eps)


def assert_close(got, expected, x, row_size, weight, bias, eps):
    """Fail unless got is expected up to 8 roundings of the terms of the formula."""
    assert got.dtype == x.dtype
    assert got.shape == x.shape
    rows = abs(x.astype(np.float64)).reshape(-1, row_size)
    std = np.sqrt(x.astype(np.float64).reshape(-1, row_size).var(axis=1, keepdims=True) + eps)
    normal = ((rows + rows.mean(axis=1, keepdims=True)) / std).reshape(x.shape)
    allowed = (normal + normal**2) * abs(weight) + abs(bias)
    assert (abs(got - expected) <= 8 * np.finfo(x.dtype).eps * allowed).all()


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    shape=hnp.array_shapes(min_dims=1, max_dims=4, max_side=9),
    seed=st.integers(0, 2**32),
    eps=st.sampled_from([1e-5, 1e-2]),
    data=st.data(),
)
def test_layer_norm_equals_the_formula(dtype, shape, seed, eps, data):
    last = data.draw(st.integers(1, len(shape)))
    rng = np.random.default_rng(seed)
    x, sizes = (1 + rng.standard_normal(shape)).astype(dtype), shape[-last:]
    weight, bias = rng.standard_normal((2, *sizes)).astype(dtype)
    M = int(np.prod(sizes))
    normal = standardized(x.astype(np.float64).reshape(-1, M), eps).reshape(shape)
    got = layer_norm(x, list(sizes), weight, bias, eps)
    assert_close(got.data, normal * weight + bias, x, M, weight, bias, eps)
    assert_close(layer_norm(x, sizes, eps=eps).data, normal, x, M, 1, 0, eps)


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    N=st.integers(1, 4),
    G=st.integers(1, 4),
    per_group=st.integers(1, 4),
    plane=hnp.array_shapes(min_dims=0, max_dims=2, max_side=6),
    seed=st.integers(0, 2**32),
)
def test_group_norm_equals_the_formula(dtype, N, G, per_group, plane, seed):
    rng, C = np.random.default_rng(seed), G * per_group
    x = (1 + rng.standard_normal((N, C, *plane))).astype(dtype)
    weight, bias = rng.standard_normal((2, C)).astype(dtype)
    M = x.size // (N * G)
    normal = standardized(x.astype(np.float64).reshape(-1, M), 1e-5).reshape(x.shape)
    scale, shift = (a.reshape(C, *[1] * len(plane)) for a in (weight, bias))
    got = group_norm(x, G, weight, bias)
    assert_close(got.data, normal * scale + shift, x, M, scale, shift, 1e-5)
    if np.prod(plane) > 1 and G == C:
        got = instance_norm(x, None, None, weight, bias)
        assert_close(got.data, normal * scale + shift, x, M, scale, shift, 1e-5)


def test_gradients_equal_central_differences():
    rng = np.random.default_rng(0)
    x, weight, bias = rng.standard_normal((2, 4, 3)), rng.uniform(1, 2, 4), rng.standard_normal(4)
    assert_gradients(lambda x, w, b: group_norm(x, 2, w, b), x, weight, bias)
    assert_gradients(lambda x, w, b: instance_norm(x, None, None, w, b), x, weight, bias)
    weight, bias = rng.standard_normal((2, 4, 3))
    assert_gradients(lambda x, w, b: layer_norm(x, (4, 3), w, b), x, weight, bias)
    assert_gradients(lambda x: layer_norm(x, 3), x)


def test_instance_norm_keeps_running_averages_over_the_samples():
    rng = np.random.default_rng(0)
    x, mean, var = 2 + rng.standard_normal((5, 3, 4, 6)), np.zeros(3), np.ones(3)
    instance_norm(x, mean, var, momentum=0.25)
    np.testing.assert_allclose(mean, 0.25 * x.mean(axis=(0, 2, 3)), rtol=1e-12)
    expected = 0.75 + 0.25 * x.var(axis=(2, 3), ddof=1).mean(axis=0)
    np.testing.assert_allclose(var, expected, rtol=1e-12)
    y = instance_norm(x, mean, var, use_input_stats=False).data
    expected = (x - mean[:, None, None]) / np.sqrt(var[:, None, None] + 1e-5)
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-13)


def test_results_do_not_depend_on_the_number_of_threads():
    before = _core.num_threads()
    x = np.random.default_rng(0).standard_normal((9, 12, 15, 17)).astype(np.float32)
    results = []
    for threads in (1, 2, 3):
        set_num_threads(threads)
        t = Tensor(x, requires_grad=True)
        weight = Tensor(np.ones(12, np.float32), requires_grad=True)
        y = group_norm(t, 3, weight)
        y.backward(x[::-1])
        results.append([a.tobytes() for a in (y.data, t.grad, weight.grad)])
    _core.set_num_threads(before)
    assert results[1:] == results[:1] * 2


def test_an_empty_batch_stays_empty():
    x = Tensor(np.zeros((0, 4, 3)), requires_grad=True)
    for op in (lambda x: layer_norm(x, 3), lambda x: group_norm(x, 2), instance_norm):
        y = op(x)
        y.backward(np.zeros((0, 4, 3)))
        assert y.shape == x.grad.shape == (0, 4, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda x: layer_norm(x, 5),
            r"^layer_norm: the last axes of x must be normalized_shape = \(5,",
        ),
        (
            lambda x: layer_norm(x, ()),
            r"^layer_norm: the last axes of x must be normalized_shape = \(\)",
        ),
        (
            lambda x: layer_norm(x, 3, np.ones(4)),
            r"^layer_norm: weight must have shape \(3,\), got \(4,",
        ),
        (lambda x: layer_norm(x, 3, eps=0), "^layer_norm: eps must be positive, got 0"),
        (
            lambda x: group_norm(x, 3),
            r"^group_norm: num_groups=3 must divide the 4 channels of x \(2,",
        ),
        (lambda x: group_norm(x, 0), "^group_norm: num_groups=0 must divide"),
        (
            lambda x: group_norm(x[0, 0], 1),
            r"^group_norm: x must have shape \(N, C, \.\.\.\), and only N",
        ),
        (
            lambda x: group_norm(x, 2, None, np.ones(3)),
            r"^group_norm: bias must have shape \(4,\), got",
        ),
        (
            lambda x: instance_norm(x[:, :, :1]),
            "^instance_norm: the variance needs more than 1 value per",
        ),
        (
            lambda x: instance_norm(x, np.ones(3), np.ones(3)),
            r"running_mean must have shape \(4,\)",
        ),
        (
            lambda x: instance_norm(x, use_input_stats=False),
            "running_mean and running_var must both",
        ),
    ],
)
def test_errors_name_the_argument_and_the_rule(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.zeros((2, 4, 3)))


def test_wrong_types_are_type_errors():
    with pytest.raises(TypeError, match="layer_norm: x must be float32 or float64, got int64"):
        layer_norm(np.zeros((2, 3), int), 3)
    with pytest.raises(TypeError, match=r"layer_norm: normalized_shape must be an int, got 3.0"):
        layer_norm(np.zeros((2, 3)), 3.0)
    with pytest.raises(TypeError, match="group_norm: x, weight, bias must all be float32 or all"):
        group_norm(np.zeros((2, 3), np.float32), 1, np.ones(3))
