"""Rounding and remainders: Python's own arithmetic is the oracle, and NumPy's for NaN."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import minicnn
from minicnn import Tensor, ops

numbers = st.floats(-1e6, 1e6, width=32)
integers = st.integers(-1000, 1000)


@given(st.lists(numbers, min_size=1, max_size=20))
@example([0.5, 1.5, 2.5, -0.5, -1.5])  # of two equally near, the even one
def test_whole_numbers_are_pythons(values: list[float]) -> None:
    x = np.array(values, np.float32)
    for name, function in (("floor", math.floor), ("ceil", math.ceil), ("round", round)):
        y = getattr(ops, name)(x)
        assert y.dtype == np.float32
        assert y.tolist() == [function(v) for v in x.tolist()]
    assert ops.sign(x).tolist() == [(v > 0) - (v < 0) for v in x.tolist()]


@given(integers, integers.filter(bool))
def test_integers_are_divided_as_in_python(a: int, b: int) -> None:
    x = Tensor([a, a])
    assert (x // b).tolist() == [a // b] * 2
    assert (x % b).tolist() == [a % b] * 2
    assert (a // Tensor([b])).tolist() == [a // b]
    assert (a % Tensor([b])).tolist() == [a % b]
    assert x.dtype == (x // b).dtype == np.int64


@given(numbers, numbers.filter(lambda v: abs(v) > 1e-3))
def test_a_remainder_is_exact_in_rational_arithmetic(a: float, b: float) -> None:
    exact = Fraction(a) % Fraction(b)
    got = ops.remainder(np.float64(a), np.float64(b)).item()
    assert abs(got - float(exact)) <= 1e-15 * abs(b)  # the last addition of the divisor rounds


def test_integers_stay_as_they_are_and_have_memory_of_their_own() -> None:
    x = Tensor([1, 2])
    y = ops.floor(x)
    assert y.dtype == np.int64
    assert not np.shares_memory(y.data, x.data)


def test_gradients_are_zero_but_that_of_a_remainder() -> None:
    x = Tensor([2.7, -3.2], requires_grad=True)
    b = Tensor([2.0], requires_grad=True)
    (ops.floor(x) + ops.ceil(x) + ops.round(x) + ops.sign(x)).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]
    x.grad = None
    (x % b).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    assert b.grad.tolist() == [-(1 - 2)]  # -floor(2.7 / 2) - floor(-3.2 / 2)
    assert not (x // b).requires_grad


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: Tensor([1]) % 0, ValueError, "remainder: an integer cannot be divided by 0"),
        (lambda: Tensor([1]) // 0, ValueError, "floor_divide: an integer cannot be divided by 0"),
        (lambda: ops.remainder([True], [True]), TypeError, "remainder: x and other must be numb"),
        (lambda: ops.sign([True]), TypeError, "sign: x must be numbers, got dtype bool"),
        (lambda: ops.floor_divide([1.0, 2.0], [1.0, 2.0, 3.0]), ValueError, "floor_divide: shap"),
    ],
)
def test_errors_name_the_operation(call, error, text) -> None:
    with pytest.raises(error, match=f"^{text}"):
        call()


def test_division_of_a_real_number_by_0_is_ieees() -> None:
    assert np.isnan(ops.remainder([1.0], [0.0]).data).all()
    assert minicnn.floor_divide([1.0, -1.0], [0.0, 0.0]).tolist() == [math.inf, -math.inf]
