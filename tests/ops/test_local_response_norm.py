"""local_response_norm against its formula, channel by channel in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn import Tensor
from minicnn.ops.local_response_norm import local_response_norm
from tests.central_differences import assert_gradients


def reference(x, size, alpha, beta, k):
    y = np.empty(x.shape)
    for c in range(x.shape[1]):
        window = x[:, max(0, c - size // 2) : c + (size - 1) // 2 + 1]
        y[:, c] = x[:, c] / (k + alpha * (window**2).sum(axis=1) / size) ** beta
    return y


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(
    shape=hnp.array_shapes(min_dims=2, max_dims=4, max_side=9),
    size=st.integers(1, 12),
    alpha=st.sampled_from([1e-4, 1.0, 3.0]),
    beta=st.sampled_from([0.75, 1.0, 0.5]),
    k=st.sampled_from([1.0, 2.0]),
    seed=st.integers(0, 2**32),
)
def test_values_equal_the_formula(dtype, shape, size, alpha, beta, k, seed):
    x = (2 * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)
    y = local_response_norm(x, size, alpha, beta, k)
    assert y.dtype == dtype
    expected = reference(x.astype(np.float64), size, alpha, beta, k)
    np.testing.assert_allclose(y.data, expected, rtol=16 * np.finfo(dtype).eps)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 9])
def test_gradients_equal_central_differences(size):
    x = np.random.default_rng(0).standard_normal((2, 6, 3))
    assert_gradients(lambda t: local_response_norm(t, size, 2.0, 0.75, 1.5), x)


def test_a_huge_window_costs_no_more_than_all_channels():
    x = np.ones((1, 3, 2), np.float32)
    assert local_response_norm(x, 2**62).shape == x.shape
    assert local_response_norm(Tensor(x[:0]), 3).shape == (0, 3, 2)


def test_errors_name_the_argument():
    x = np.ones((2, 3), np.float32)
    with pytest.raises(ValueError, match=r"^local_response_norm: size must be at least 1, got 0"):
        local_response_norm(x, 0)
    with pytest.raises(TypeError, match=r"^local_response_norm: size must be an int, got 1\.5"):
        local_response_norm(x, 1.5)
    with pytest.raises(
        ValueError, match=r"^local_response_norm: x must have shape \(N, C, \.\.\.\)"
    ):
        local_response_norm(x[0], 1)
    with pytest.raises(
        TypeError, match=r"^local_response_norm: x must be float32 or float64, got i"
    ):
        local_response_norm(x.astype(int), 1)
