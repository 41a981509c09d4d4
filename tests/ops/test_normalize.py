"""normalize and cosine_similarity against numpy.linalg.norm in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn import Tensor
from minicnn.ops.normalize import cosine_similarity, normalize
from tests.central_differences import assert_gradients

SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, max_side=6)
NORMS = [1, 1.5, 2, 3, np.inf]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(shape=SHAPES, seed=st.integers(0, 2**32), p=st.sampled_from(NORMS), data=st.data())
def test_values_equal_numpys(dtype, shape, seed, p, data):
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    rng = np.random.default_rng(seed)
    x, other = rng.standard_normal((2, *shape)).astype(dtype)
    wide = x.astype(np.float64)
    expected = wide / np.linalg.norm(wide, p, axis=dim, keepdims=True)
    y = normalize(x, p, dim)
    assert y.dtype == dtype
    np.testing.assert_allclose(y.data, expected, rtol=16 * np.finfo(dtype).eps)

    units = [a / np.linalg.norm(a, axis=dim, keepdims=True) for a in (wide, other.astype(float))]
    cosine = cosine_similarity(x, other, dim)
    assert cosine.dtype == dtype
    assert cosine.shape == tuple(np.delete(shape, dim))
    allowed = 16 * np.finfo(dtype).eps * abs(units[0] * units[1]).sum(axis=dim)
    assert (abs(cosine.data - (units[0] * units[1]).sum(axis=dim)) <= allowed).all()


@pytest.mark.parametrize("p", NORMS)
@pytest.mark.parametrize("dim", [0, 1, -1, (0, 2)])
def test_gradients_equal_central_differences(p, dim):
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    assert_gradients(lambda t: normalize(t, p, dim), x)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_gradients_of_the_cosine_equal_central_differences(dim):
    x1, x2 = np.random.default_rng(0).standard_normal((2, 3, 4))
    assert_gradients(lambda a, b: cosine_similarity(a, b, dim), x1, x2)


def test_short_vectors_are_divided_by_eps():
    x = Tensor(np.array([[3e-4, 4e-4], [0, 0]]), requires_grad=True)
    y = normalize(x, eps=1e-2)
    np.testing.assert_allclose(y.data, [[0.03, 0.04], [0, 0]])
    y.backward(np.ones((2, 2)))
    np.testing.assert_allclose(x.grad, 100)
    for p in NORMS:
        x = Tensor(np.zeros((1, 3)), requires_grad=True)
        y = normalize(x, p)
        y.backward(np.ones((1, 3)))
        assert y.tolist() == [[0, 0, 0]]
        np.testing.assert_allclose(x.grad, 1e12)


def test_an_empty_batch_stays_empty():
    assert normalize(np.zeros((0, 3))).shape == (0, 3)
    assert cosine_similarity(np.zeros((0, 3)), np.zeros((0, 3))).shape == (0,)


def test_errors_name_the_argument():
    x = np.zeros((2, 3))
    with pytest.raises(ValueError, match=r"^normalize: p must be positive, got 0"):
        normalize(x, 0)
    with pytest.raises(ValueError, match=r"^normalize: dim must be from -2 to 1, got 2"):
        normalize(x, dim=2)
    with pytest.raises(
        ValueError, match=r"^cosine_similarity: x1 and x2 must have the same shape, g"
    ):
        cosine_similarity(x, x[0])
    with pytest.raises(
        TypeError, match=r"^cosine_similarity: x2 must be float32 or float64, got int"
    ):
        cosine_similarity(x, x.astype(int))
