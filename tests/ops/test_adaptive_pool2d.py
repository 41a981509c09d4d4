"""Adaptive pooling against its definition, one window after the other in NumPy."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor, set_num_threads
from minicnn.ops.adaptive_pool2d import adaptive_avg_pool2d, adaptive_max_pool2d
from tests import reference_pool as ref

DTYPES = [np.float32, np.float64]
AXES = st.one_of(
    st.tuples(st.integers(1, 20), st.integers(1, 24)),  # any size from any size
    st.builds(lambda times, out: (times * out, out), st.integers(1, 6), st.integers(1, 6)),
    st.integers(1, 30).map(lambda size: (size, 1)),  # global
)
BATCHES = st.sampled_from([(2, 3), (1, 1), (0, 2), (5, 1)])


def spans(size_in, size_out):
    """Return (begin, end) of each window: floor and ceil of exact fractions."""
    borders = [Fraction(i * size_in, size_out) for i in range(size_out + 1)]
    return [(math.floor(a), math.ceil(b)) for a, b in pairwise(borders)]


def reference(x, size):
    """Yield (ho, wo, pixel indices into the plane) of each window."""
    for ho, (top, bottom) in enumerate(spans(x.shape[2], size[0])):
        for wo, (left, right) in enumerate(spans(x.shape[3], size[1])):
            rows, cols = range(top, bottom), range(left, right)
            yield ho, wo, np.array([h * x.shape[3] + w for h in rows for w in cols])


@pytest.mark.parametrize("dtype", DTYPES)
@given(batch=BATCHES, rows=AXES, columns=AXES, seed=st.integers(0, 2**32))
def test_average_and_its_gradient_equal_the_definition(dtype, batch, rows, columns, seed):
    x = ref.integers((*batch, rows[0], columns[0]), dtype, seed, span=99)
    size = rows[1], columns[1]
    grad_y = np.random.default_rng(seed).standard_normal((*batch, *size)).astype(dtype)
    planes = x.reshape(*batch, rows[0] * columns[0]).astype(np.float64)
    y, grad_x, condition = np.zeros((*batch, *size)), np.zeros_like(planes), np.zeros_like(planes)
    for ho, wo, pixels in reference(x, size):
        y[:, :, ho, wo] = planes[:, :, pixels].sum(axis=2) / len(pixels)
        share = grad_y[:, :, ho, wo, None].astype(np.float64) / len(pixels)
        grad_x[:, :, pixels] += share
        condition[:, :, pixels] += np.abs(share)
    t = Tensor(x, requires_grad=True)
    out = adaptive_avg_pool2d(t, size)
    out.backward(grad_y)
    assert out.dtype == t.grad.dtype == dtype
    np.testing.assert_array_equal(out.data, y.astype(dtype))
    assert t.grad.shape == x.shape
    error = np.abs(t.grad - grad_x.reshape(x.shape))
    assert (error <= 8 * np.finfo(dtype).eps * condition.reshape(x.shape)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    batch=BATCHES,
    rows=AXES,
    columns=AXES,
    seed=st.integers(0, 2**32),
    special=st.booleans(),
)
def test_maximum_and_its_gradient_equal_the_definition(dtype, batch, rows, columns, seed, special):
    x = ref.integers((*batch, rows[0], columns[0]), dtype, seed, span=3)
    if special:
        choices = np.array([np.nan, np.inf, -np.inf, -np.inf, 0.0, -0.0], dtype)
        x = np.random.default_rng(seed).choice(choices, x.shape)
    size = rows[1], columns[1]
    planes = x.reshape(*batch, rows[0] * columns[0])
    y, where = np.zeros((*batch, *size), dtype), np.zeros((*batch, *size), np.int64)
    for ho, wo, pixels in reference(x, size):
        where[:, :, ho, wo] = pixels[np.argmax(planes[:, :, pixels], axis=2)]
        y[:, :, ho, wo] = planes[:, :, pixels].max(axis=2, initial=-np.inf)
    grad_y = ref.integers(y.shape, dtype, seed)
    t = Tensor(x, requires_grad=True)
    out, indices = adaptive_max_pool2d(t, size, return_indices=True)
    out.backward(grad_y)
    np.testing.assert_array_equal(out.data, y)
    np.testing.assert_array_equal(indices.data, where)
    assert indices.dtype == np.int64
    expected = ref.max_pool2d_backward(grad_y, where, x.shape)
    assert t.grad.dtype == dtype
    np.testing.assert_array_equal(t.grad, expected)
    np.testing.assert_array_equal(adaptive_max_pool2d(x, size).data, y)


def test_none_keeps_the_size_of_an_axis_and_an_int_stands_for_both():
    x = np.ones((2, 3, 7, 5), np.float32)
    for pool in (adaptive_avg_pool2d, adaptive_max_pool2d):
        assert pool(x, (None, 2)).shape == (2, 3, 7, 2)
        assert pool(x, (3, None)).shape == (2, 3, 3, 5)
        assert pool(x, (None, None)).shape == x.shape
        assert pool(x, 4).shape == (2, 3, 4, 4)


def test_three_dimensions_are_a_batch_of_one():
    x = ref.integers((3, 7, 5), np.float32, 0)
    for pool in (adaptive_avg_pool2d, adaptive_max_pool2d):
        for size in (1, 2, (7, 5), (9, 4)):
            t = Tensor(x, requires_grad=True)
            y = pool(t, size)
            y.sum().backward()
            np.testing.assert_array_equal(y.data, pool(x[None], size).data[0])
            assert t.grad.shape == x.shape


@pytest.mark.parametrize("size", [1, (2, 3), (5, 4)])
def test_bits_do_not_depend_on_the_number_of_threads(size):
    x = np.random.default_rng(0).standard_normal((9, 5, 13, 21)).astype(np.float32)
    results = []
    for threads in (1, 2, 3, 4):
        set_num_threads(threads)
        t = Tensor(x, requires_grad=True)
        y = adaptive_avg_pool2d(t, size)
        y.backward(np.cos(y.data))
        results.append((y.data.tobytes(), t.grad.tobytes()))
    set_num_threads(1)
    assert results[1:] == results[:1] * 3


@pytest.mark.parametrize("pool", [adaptive_avg_pool2d, adaptive_max_pool2d])
@pytest.mark.parametrize("size", [1, 2, (5, 4)])
def test_every_layout_gives_the_bits_of_the_contiguous_array(pool, size):
    x = np.random.default_rng(0).standard_normal((2, 3, 7, 6)).astype(np.float32)
    grad_y = np.random.default_rng(1).standard_normal(pool(x, size).shape).astype(np.float32)
    t = Tensor(x, requires_grad=True)
    expected = pool(t, size)
    expected.backward(grad_y)
    for name, other in ref.layouts(x):
        assert pool(other, size).data.tobytes() == expected.data.tobytes(), name
    for name, other in ref.layouts(grad_y):
        again = Tensor(x, requires_grad=True)
        pool(again, size).backward(other)
        assert again.grad.tobytes() == t.grad.tobytes(), name


@pytest.mark.parametrize("pool", [adaptive_avg_pool2d, adaptive_max_pool2d])
@pytest.mark.parametrize(
    ("shape", "size", "error", "message"),
    [
        ((1, 1, 4, 4), 0, ValueError, "output_size must be at least 1, got 0"),
        ((1, 1, 4, 4), (2, -1), ValueError, r"output_size must be at least 1, got \(2, -1\)"),
        ((1, 1, 4, 4), None, TypeError, "output_size must be an int or two of int or None"),
        ((1, 1, 4, 4), (1, 2, 3), TypeError, "output_size must be an int or two of int or None"),
        ((1, 1, 4, 4), 2.0, TypeError, "output_size must be an int, got 2.0"),
        ((1, 0, 4, 4), 1, ValueError, r"only the batch axis N may be empty, got shape \(1, 0, 4"),
        ((1, 1, 0, 4), 1, ValueError, r"only the batch axis N may be empty, got shape \(1, 1, 0"),
        ((4, 4), 1, ValueError, r"x must have shape \(N, C, H, W\) or \(C, H, W\), got 2"),
    ],
)
def test_errors_name_the_argument_and_the_rule(pool, shape, size, error, message):
    with pytest.raises(error, match=f"^{pool.__name__}: {message}"):
        pool(np.zeros(shape, np.float32), size)


def test_integers_are_a_type_error():
    for size in (1, 3):
        message = "^adaptive_avg_pool2d: x must be float32 or float64, got int64"
        with pytest.raises(TypeError, match=message):
            adaptive_avg_pool2d(np.zeros((1, 1, 4, 4), np.int64), size)
