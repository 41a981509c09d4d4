"""max_pool2d with relu=True against ReLU and pooling one after the other; also rare windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor, _core, no_grad
from minicnn.ops.max_pool2d import ALGORITHMS, max_pool2d
from tests import reference_pool as ref
from tests.machine import kernels_of

KERNELS = kernels_of(ALGORITHMS)
DTYPES = [np.float32, np.float64]
INF, NAN = np.inf, np.nan


def check_both_passes(x, step, setting, seed, indices, relu=True):
    """Compare y, its indices and the gradient with ReLU (or none), then pooling, in NumPy."""
    dtype = x.dtype.type
    rectified = np.where(relu & (x < 0), dtype(0), x)
    y, where = ref.max_pool2d(rectified, **setting)
    grad_y = ref.integers(y.shape, dtype, seed + 1)
    expected = ref.max_pool2d_backward(grad_y, where, x.shape).astype(dtype)
    t = Tensor(x, requires_grad=True)
    got = max_pool2d(t, return_indices=indices, relu=relu, algorithm=step, **setting)
    got_y, got_where = got if indices else (got, None)
    got_y.backward(grad_y)
    assert got_y.dtype == t.grad.dtype == dtype
    np.testing.assert_array_equal(got_y.data, y)
    np.testing.assert_array_equal(np.signbit(got_y.data[y == 0]), np.signbit(y[y == 0]))
    np.testing.assert_array_equal(t.grad, np.where(relu & (x <= 0), dtype(0), expected))
    if indices:
        np.testing.assert_array_equal(got_where.data, where)
    with no_grad():
        plain = max_pool2d(x, algorithm=step, relu=relu, **setting).data
        np.testing.assert_array_equal(plain, y)


@pytest.mark.parametrize(("step", "target"), KERNELS)
@pytest.mark.parametrize("dtype", DTYPES)
@given(pooling=ref.poolings(dilated=True), seed=st.integers(0, 2**32), indices=st.booleans())
def test_relu_on_the_way_gives_the_bits_of_two_operations(
    step, target, dtype, pooling, seed, indices
):
    _core.set_target(target)
    shape, setting = pooling
    rng = np.random.default_rng(seed)
    x = rng.choice(np.array([NAN, INF, -INF, 0.0, -0.0, 1.0, 2.0, -1.0, -3.0], dtype), shape)
    check_both_passes(x, step, setting, seed, indices)


@pytest.mark.parametrize(("step", "target"), KERNELS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("window", ref.RARE_WINDOWS)
@pytest.mark.parametrize("indices", [False, True])
@pytest.mark.parametrize("relu", [False, True])
def test_rare_windows_without_and_with_a_positive_value(step, target, dtype, window, indices, relu):
    _core.set_target(target)
    shape, setting = ref.RARE_WINDOWS[window]
    choices = np.array([0.0, -0.0, -1.0, -3.0, -INF], dtype)
    x = np.random.default_rng(1).choice(choices, shape)
    check_both_passes(x, step, setting, 2, indices, relu)
    x[0, 1, 1, 1], x[0, 1, 1, -1] = 2, NAN
    check_both_passes(x, step, setting, 2, indices, relu)
