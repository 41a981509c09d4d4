"""Comparisons: booleans equal to NumPy's, whatever the operands are."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn import Tensor, ops
from tests.machine import cases

OPS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
numbers = st.sampled_from([-1.0, 0.0, -0.0, 1.0, np.inf, -np.inf, np.nan])


@pytest.mark.parametrize("name", OPS)
@cases(30)
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3), data=st.data())
def test_values_equal_numpys(name, shapes, data):
    a, b = (data.draw(hnp.arrays(np.float64, s, elements=numbers)) for s in shapes.input_shapes)
    expected = OPS[name](a, b)
    for y in (getattr(ops, name)(a, b), OPS[name](Tensor(a), Tensor(b)), OPS[name](a, Tensor(b))):
        assert isinstance(y, Tensor)
        assert y.dtype == np.bool_
        np.testing.assert_array_equal(y.data, expected)


@pytest.mark.parametrize("name", OPS)
def test_numbers_and_other_dtypes_compare(name):
    x = np.array([1, 2, 3])
    for other in (2, 2.5, np.float32(2), True):
        np.testing.assert_array_equal(OPS[name](Tensor(x), other).data, OPS[name](x, other))
    assert (
        OPS[name](Tensor([True, False]), False).tolist()
        == OPS[name](np.array([True, False]), False).tolist()
    )


def test_a_number_is_rounded_to_the_tensors_dtype_as_in_arithmetic():
    assert (Tensor(np.float32([0.1])) == 0.1).tolist() == [True]
    assert (Tensor(np.float64([0.1])) == 0.1).tolist() == [True]


def test_comparisons_have_no_gradient():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert not (x > 1).requires_grad
    (x * (x > 1)).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0]


def test_tensors_stay_keys_of_dictionaries():
    x, y = Tensor([1.0]), Tensor([1.0])
    assert len({x, y}) == 2
    assert {x: 1}[x] == 1


@pytest.mark.parametrize("name", OPS)
def test_errors_name_the_op(name):
    with pytest.raises(ValueError, match=rf"^{name}: shapes \(2,\) and \(3,\) do not broadcast"):
        getattr(ops, name)([1, 2], [1, 2, 3])
