"""relu against its definition, one value at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn import Tensor, nn
from minicnn.ops.relu import relu

DTYPES = [np.float32, np.float64]


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
def test_each_value_is_kept_or_becomes_zero(dtype, data):
    shape = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9)
    x = data.draw(hnp.arrays(dtype, shape))
    grad_y = np.random.default_rng(0).standard_normal(x.shape).astype(dtype)
    t = Tensor(x, requires_grad=True)
    y = relu(t)
    y.backward(grad_y)
    assert y.dtype == t.grad.dtype == dtype
    assert y.shape == t.grad.shape == x.shape
    for value, got, grad, expected in zip(x.flat, y.data.flat, t.grad.flat, grad_y.flat):
        if math.isnan(value):
            assert math.isnan(got)
            assert grad == expected
        else:
            assert got == (value if value > 0 else 0)
            assert grad == (expected if value > 0 else 0)


def test_an_infinite_gradient_does_not_pass_where_x_is_negative():
    x = Tensor([-1.0, 0.0, 2.0], requires_grad=True)
    relu(x).backward(np.array([np.inf, np.nan, np.inf]))
    assert x.grad.tolist() == [0.0, 0.0, np.inf]


def test_the_input_stays_as_it_is():
    x = np.array([-1.0, 1.0], np.float32)
    assert relu(x, inplace=True).tolist() == nn.ReLU(inplace=True)(x).tolist() == [0.0, 1.0]
    assert x.tolist() == [-1.0, 1.0]
    assert not np.shares_memory(relu(x).data, x)


def test_any_layout_is_accepted():
    x = np.random.default_rng(0).standard_normal((6, 8))
    for view in (x.T, x[::-2, ::3], np.broadcast_to(x[0], (3, 8)), x.astype(">f8")):
        np.testing.assert_array_equal(relu(view).data, np.where(view > 0, view, 0))
        assert relu(view).data.flags.carray


@pytest.mark.parametrize("dtype", [np.int64, np.bool_, np.float16])
def test_other_dtypes_are_type_errors(dtype):
    with pytest.raises(
        TypeError, match=f"^relu: x must be float32 or float64, got {dtype.__name__}"
    ):
        relu(np.ones(3, dtype))
