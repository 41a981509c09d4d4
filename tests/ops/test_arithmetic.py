"""Arithmetic of two operands: values against NumPy in float64, gradients against differences."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from minicnn import Tensor, ops
from tests.machine import cases
from tests.reference_gradient import assert_gradients_equal_numeric

OPS = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "pow": np.power,
}
SHAPES = mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)


def numbers_for(name, shape, rng):
    """Return numbers away from 0, so that quotients and powers are smooth; ties have no chance."""
    numbers = rng.uniform(0.5, 2.0, shape)
    return numbers if name == "pow" else numbers * rng.choice([-1.0, 1.0], shape)


@pytest.mark.parametrize("name", OPS)
@cases(20)
@given(shapes=SHAPES, seed=st.integers(0, 2**32 - 1))
def test_values_and_gradients_equal_reference(name, shapes, seed):
    rng = np.random.default_rng(seed)
    arrays = [numbers_for(name, shape, rng) for shape in shapes.input_shapes]
    assert_gradients_equal_numeric(getattr(ops, name), OPS[name], arrays)


@pytest.mark.parametrize("name", OPS)
@cases(20)
@given(shapes=SHAPES, seed=st.integers(0, 2**32 - 1))
def test_float32_is_float64_rounded(name, shapes, seed):
    rng = np.random.default_rng(seed)
    arrays = [numbers_for(name, s, rng).astype(np.float32) for s in shapes.input_shapes]
    y = getattr(ops, name)(*arrays).data
    assert y.dtype == np.float32
    expected = OPS[name](*[a.astype(np.float64) for a in arrays])
    np.testing.assert_allclose(y, expected, rtol=4 * np.finfo(np.float32).eps)


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("number", [2, 0.1, True])
def test_a_python_number_keeps_the_dtype(name, dtype, number):
    x = np.array([1.5, 2.5], dtype)
    for y in (getattr(ops, name)(x, number), getattr(ops, name)(number, x)):
        assert y.dtype == dtype


NUMBERS = [(np.float16(2.5), 2.5), (np.float64(2.5), 2.5), (np.longdouble(2.5), 2.5)]
NUMBERS += [(np.uint8(2), 2), (np.int64(2), 2), (np.bool_(True), True)]


@pytest.mark.parametrize("name", [*OPS, "remainder", "floor_divide"])
@pytest.mark.parametrize(("number", "pythons"), NUMBERS)
def test_numpys_numbers_are_as_pythons(name, number, pythons):
    function = getattr(ops, name)
    for dtype in (np.float16, np.float32, np.float64, np.int64, np.uint8):
        for x in (Tensor(np.array(3, dtype)), Tensor(np.array([3, 5], dtype))):
            got = function(x, number), function(number, x)
            expected = function(x, pythons), function(pythons, x)
            assert [y.dtype for y in got] == [y.dtype for y in expected]
            assert [y.tolist() for y in got] == [y.tolist() for y in expected]
            assert x.data.dtype.kind != "f" or {y.dtype for y in got} == {x.dtype}


def test_integers_and_booleans_follow_the_documented_dtypes():
    i, f, b = np.arange(3), np.ones(3, np.float32), np.ones(3, bool)
    assert ops.add(i, 1).dtype == np.int64
    assert ops.add(i, 0.5).dtype == np.float32
    assert ops.add(i, f).dtype == np.float32  # NumPy says float64
    assert ops.add(b, 1).dtype == np.int64
    assert ops.add(f, np.array(1.0)).dtype == np.float32  # shape () does not widen
    assert ops.add(f, np.ones(3)).dtype == np.float64
    assert ops.add(np.uint8([250]), 3).dtype == np.uint8
    assert ops.div(i, 2).dtype == np.float32
    assert ops.div(i, i + 1).tolist() == [0.0, 0.5, np.float32(2 / 3)]


@pytest.mark.parametrize(
    ("symbol", "name"), [("+", "add"), ("-", "sub"), ("*", "mul"), ("/", "div"), ("**", "pow")]
)
def test_operators_call_the_op_from_both_sides(symbol, name):
    function = {"+": operator.add, "-": operator.sub, "*": operator.mul}
    function |= {"/": operator.truediv, "**": operator.pow}
    a, b = np.array([1.5, 2.0]), np.array([3.0, 0.5])
    expected = OPS[name](a, b)
    for y in (
        function[symbol](Tensor(a), Tensor(b)),
        function[symbol](Tensor(a), b),
        function[symbol](a, Tensor(b)),
    ):
        assert isinstance(y, Tensor)
        np.testing.assert_array_equal(y.data, expected)
    np.testing.assert_array_equal(function[symbol](2.0, Tensor(b)).data, OPS[name](2.0, b))
    np.testing.assert_array_equal(function[symbol](Tensor(a), 2.0).data, OPS[name](a, 2.0))


def test_equal_elements_share_the_gradient():
    for name in ("maximum", "minimum"):
        a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0, 3.0], requires_grad=True)
        getattr(ops, name)(a, b).sum().backward()
        larger = 0.0 if name == "maximum" else 1.0
        assert a.grad.tolist() == [0.5, larger]
        assert b.grad.tolist() == [0.5, 1.0 - larger]


def test_nan_wins_and_takes_a_gradient():
    a, b = Tensor([np.nan, 1.0], requires_grad=True), Tensor([1.0, np.nan], requires_grad=True)
    y = ops.maximum(a, b)
    assert np.isnan(y.data).all()
    assert np.isnan(ops.minimum(a, b).data).all()
    y.sum().backward()
    assert a.grad.tolist() == b.grad.tolist() == [1.0, 1.0]


def test_division_by_zero_follows_ieee_without_warnings():
    y = ops.div([1.0, -1.0, 0.0], 0.0).data
    assert y[0] == np.inf
    assert y[1] == -np.inf
    assert np.isnan(y[2])


def test_the_gradient_of_a_power_is_finite_at_zero():
    x = Tensor([0.0, 0.0, 0.0], requires_grad=True)
    exponent = Tensor([0.0, 1.0, 2.0], requires_grad=True)
    ops.pow(x, exponent).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 0.0]
    assert exponent.grad.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("exponent", [2, 3, 0, -1, 0.5, 2.0])
def test_powers_by_a_number(exponent):
    assert_gradients_equal_numeric(
        lambda x: ops.pow(x, exponent), lambda x: np.power(x, float(exponent)), [[0.5, 1.5, 2.5]]
    )


def test_negation():
    assert_gradients_equal_numeric(ops.neg, np.negative, [[[0.5, -1.5]]])


@pytest.mark.parametrize("name", OPS)
def test_layout_does_not_change_a_bit(name):
    rng = np.random.default_rng(1)
    a, b = rng.uniform(0.5, 2, (2, 40, 33)).astype(np.float32)
    expected = getattr(ops, name)(a, b).data
    wide = np.zeros((40, 66), np.float32)
    wide[:, ::2] = b
    y = getattr(ops, name)(np.asfortranarray(a), wide[:, ::2]).data
    assert y.tobytes() == expected.tobytes()
    y = getattr(ops, name)(a[::-1], b.astype(">f4")[::-1]).data[::-1]
    assert y.tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", OPS)
def test_errors_name_the_op_and_the_axis(name):
    with pytest.raises(
        ValueError,
        match=rf"^{name}: shapes \(2, 3\) and \(4, 3\) do not broadcast: axis -2 has sizes 2 and 4",
    ):
        getattr(ops, name)(np.ones((2, 3)), np.ones((4, 3)))


def test_errors_of_dtypes_and_ranges():
    with pytest.raises(TypeError, match=r"^sub: x and other must be numbers"):
        ops.sub([True], [False])
    with pytest.raises(TypeError, match=r"^neg: x must be numbers"):
        ops.neg([True])
    with pytest.raises(ValueError, match=r"^pow: integers to negative integer powers"):
        ops.pow([1, 2], -1)
    with pytest.raises(ValueError, match=r"^add: 300 is out of range for uint8"):
        ops.add(np.uint8([1]), 300)


def test_a_power_of_one_number_does_not_depend_on_its_stride():
    rng = np.random.default_rng(0)
    for x in rng.uniform(0.1, 3, (500, 1)).astype(np.float32):
        exponent = rng.uniform(-2, 2, 1).astype(np.float32)
        assert ops.pow(x[::-1], exponent).tolist() == ops.pow(x, exponent).tolist()
