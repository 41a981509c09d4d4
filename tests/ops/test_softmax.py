"""softmax and log_softmax against SciPy in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from minicnn.ops.softmax import log_softmax, softmax
from tests.central_differences import assert_gradients
from tests.machine import cases

DTYPES = [np.float32, np.float64]
SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=9)


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    shape=SHAPES, seed=st.integers(0, 2**32), scale=st.sampled_from([1, 30, 1e4]), data=st.data()
)
def test_values_equal_scipys(dtype, shape, seed, scale, data):
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = (scale * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)
    wide = x.astype(np.float64)
    eps = np.finfo(dtype).eps
    p, log_p = softmax(x, dim).data, log_softmax(x, dim).data
    assert p.dtype == log_p.dtype == dtype
    assert p.shape == log_p.shape == shape
    # exp(x - max) has the relative error of the rounded difference, |x - max| * eps, and its own
    spread = wide.max(axis=dim, keepdims=True) - wide
    expected = special.softmax(wide, axis=dim)
    relative = eps * (8 + spread.max(axis=dim, keepdims=True) * (spread < 100) + shape[dim] / 2)
    assert (abs(p - expected) <= relative * expected + np.finfo(dtype).tiny).all()
    expected = special.log_softmax(wide, axis=dim)
    assert (abs(log_p - expected) <= eps * (8 + 2 * spread + shape[dim] / 2)).all()


@given(shape=hnp.array_shapes(max_dims=3, max_side=4), seed=st.integers(0, 2**32), data=st.data())
@cases(40)
def test_gradients_equal_central_differences(shape, seed, data):
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = np.random.default_rng(seed).standard_normal(shape)
    assert_gradients(lambda t: softmax(t, dim), x)
    assert_gradients(lambda t: log_softmax(t, dim), x)


def test_large_values_neither_overflow_nor_vanish():
    x = np.array([[3e38, -3e38], [1e38, 1e38]], np.float32)
    assert softmax(x, 1).tolist() == [[1.0, 0.0], [0.5, 0.5]]
    assert log_softmax(x, 1).data[0].tolist() == [0.0, -np.inf]
    assert log_softmax([-200.0, 0.0], 0).tolist() == [-200.0, 0.0]


def test_infinities_and_nan_are_defined():
    inf, nan = np.inf, np.nan
    x = np.array([[-inf, 0, 0], [-inf, -inf, -inf], [inf, 0, -inf], [nan, 0, -inf]], np.float32)
    p, log_p = softmax(x, 1).data, log_softmax(x, 1).data
    np.testing.assert_array_equal(p[0], [0, 0.5, 0.5])
    assert log_p[0, 0] == -inf
    np.testing.assert_allclose(log_p[0, 1:], -np.log(2), rtol=1e-6)
    assert np.isnan(p[1:]).all()
    assert np.isnan(log_p[1:]).all()


def test_empty_arrays_stay_empty():
    for shape in ((0, 3), (3, 0), (0,)):
        for dim in range(len(shape)):
            assert softmax(np.zeros(shape), dim).shape == shape
            assert log_softmax(np.zeros(shape), dim).shape == shape


def test_any_layout_gives_the_bits_of_the_contiguous_array():
    x = np.random.default_rng(0).standard_normal((13, 17))
    for view in (x.T, x[::-2, ::3], np.asfortranarray(x), x.astype(">f8")):
        before = view.copy()
        copy = np.ascontiguousarray(view, np.float64)
        for op in (softmax, log_softmax):
            for dim in (0, 1):
                assert op(view, dim).data.tobytes() == op(copy, dim).data.tobytes()
        np.testing.assert_array_equal(view, before)


@pytest.mark.parametrize("op", [softmax, log_softmax])
def test_errors_name_the_argument(op):
    name = op.__name__
    with pytest.raises(ValueError, match=rf"^{name}: dim must be from -2 to 1, got 2"):
        op(np.zeros((2, 3)), 2)
    with pytest.raises(TypeError, match=rf"^{name}: dim must be an int, got None"):
        op(np.zeros((2, 3)), None)
    with pytest.raises(TypeError, match=f"^{name}: x must be float32 or float64, got int64"):
        op(np.zeros((2, 3), int), 1)
