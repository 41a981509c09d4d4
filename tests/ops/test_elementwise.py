"""Functions of one tensor, selection, conversion: NumPy in float64, differences for gradients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import expit

from minicnn import Tensor, ops
from tests.machine import cases
from tests.reference_gradient import assert_gradients_equal_numeric

FUNCTIONS = {
    "abs": np.abs,
    "cos": np.cos,
    "exp": np.exp,
    "log": np.log,
    "sigmoid": expit,
    "sin": np.sin,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
}
positive = ("log", "sqrt")
inf, nan = np.inf, np.nan


def drawn_for(name, seed, shape=(3, 4)):
    """Return numbers where the function is smooth: positive, or at least 0.1 away from 0."""
    rng = np.random.default_rng(seed)
    numbers = rng.uniform(0.1, 3, shape)
    return numbers if name in positive else numbers * rng.choice([-1.0, 1.0], shape)


@pytest.mark.parametrize("name", FUNCTIONS)
@cases(10)
@given(seed=st.integers(0, 999), shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=3))
def test_values_and_gradients_equal_reference(name, seed, shape):
    x = drawn_for(name, seed, shape)
    assert_gradients_equal_numeric(getattr(ops, name), FUNCTIONS[name], [x])
    assert_gradients_equal_numeric(lambda x: getattr(x, name)(), FUNCTIONS[name], [x])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_float32_is_float64_rounded_to_a_few_units(name):
    x = drawn_for(name, 0, 10_000).astype(np.float32)
    y = getattr(ops, name)(x).data
    assert y.dtype == np.float32
    expected = FUNCTIONS[name](x.astype(np.float64))
    eps = np.finfo(np.float32).eps
    np.testing.assert_allclose(y, expected, rtol=4 * eps, atol=4 * eps)  # sin and log near 0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_integers_become_float32_and_layout_does_not_change_a_bit(name):
    assert getattr(ops, name)([1, 2]).dtype == (np.int64 if name == "abs" else np.float32)
    x = drawn_for(name, 0, (37, 41)).astype(np.float32)
    expected = getattr(ops, name)(x).data
    assert getattr(ops, name)(x[:, ::-1]).data[:, ::-1].tobytes() == expected.tobytes()
    assert getattr(ops, name)(np.asfortranarray(x)).data.tobytes() == expected.tobytes()
    assert getattr(ops, name)(x.astype(">f4")).data.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("name", "values"),
    {
        "abs": (inf, inf, nan),
        "exp": (inf, 0.0, nan),
        "log": (inf, nan, nan),
        "sigmoid": (1.0, 0.0, nan),
        "sin": (nan, nan, nan),
        "cos": (nan, nan, nan),
        "sqrt": (inf, nan, nan),
        "tanh": (1.0, -1.0, nan),
    }.items(),
)
def test_infinities_and_nan_have_these_values_and_warn_nobody(name, values):
    for dtype in (np.float32, np.float64):
        x = np.array([inf, -inf, nan], dtype)
        np.testing.assert_array_equal(getattr(ops, name)(x).data, np.array(values, dtype))


def test_values_at_the_edges():
    assert ops.log([0.0]).tolist() == [-inf]
    assert ops.exp([1000.0]).tolist() == [inf]
    assert ops.sigmoid([-1000.0, 1000.0]).tolist() == [0.0, 1.0]
    x = Tensor([0.0], requires_grad=True)
    ops.abs(x).sum().backward()
    assert x.grad.tolist() == [0.0]
    x.grad = None
    ops.sqrt(x).sum().backward()
    assert x.grad.tolist() == [inf]


@pytest.mark.parametrize("bounds", [(-0.5, 0.5), (None, 0.5), (-0.5, None), (1.0, -1.0)])
def test_clamp_equals_numpys_clip(bounds):
    x = [-2.0, -0.3, 0.2, 3.0]
    assert_gradients_equal_numeric(
        lambda x: ops.clamp(x, *bounds), lambda x: np.clip(x, *bounds), [x]
    )


def test_clamp_passes_gradients_at_its_bounds_and_keeps_nan():
    x = Tensor([-1.0, 1.0, nan], requires_grad=True)
    y = x.clamp(-1.0, 1.0)
    assert np.isnan(y.data[2])
    y[:2].sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 0.0]


def test_clamp_keeps_dtypes():
    assert ops.clamp(np.float32([1]), 0, 0.5).dtype == np.float32
    assert ops.clamp([1, 5], max=3).tolist() == [1, 3]
    for bound in (2.5, np.float64(2.5), np.float32(2.5)):
        assert ops.clamp([1, 5], max=bound).tolist() == [1.0, 2.5]


@cases(20)
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3))
def test_where_equals_reference(shapes):
    rng = np.random.default_rng(0)
    condition_shape, *others = shapes.input_shapes
    condition = rng.random(condition_shape) < 0.5
    assert_gradients_equal_numeric(
        lambda a, b: ops.where(condition, a, b),
        lambda a, b: np.where(condition, a, b),
        [rng.standard_normal(shape) for shape in others],
    )


def test_where_takes_numbers():
    y = Tensor([1.0, -1.0])
    assert ops.where(y > 0, y, 0.0).tolist() == [1.0, 0.0]
    assert ops.where(y > 0, y, 0.0).dtype == np.float32
    assert y.where(y > 0, 7).tolist() == [1.0, 7.0]


def test_dtypes_are_converted_and_gradients_come_back():
    x = Tensor([1.5, -2.5], requires_grad=True)
    y = x.double() * 2
    assert y.dtype == np.float64
    y.sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [2.0, 2.0]
    assert x.to("float32") is x
    assert x.long().tolist() == [1, -2]
    assert not x.long().requires_grad
    assert Tensor([1, 2]).float().dtype == np.float32


def test_clones_have_memory_of_their_own():
    x = Tensor([1.0], requires_grad=True)
    y = x.clone()
    assert not np.shares_memory(x.data, y.data)
    (y * 3).sum().backward()
    assert x.grad.tolist() == [3.0]


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: ops.clamp([1.0]), ValueError, "clamp: min, max or both must be given, got None"),
        (lambda: ops.clamp([1.0], "a"), TypeError, "clamp: min must be a number or None, got 'a'"),
        (lambda: ops.where([1, 0], 1, 2), TypeError, "where: condition must be boolean, got int64"),
        (
            lambda: ops.where([True, False], [1, 2, 3], 0),
            ValueError,
            "where: shapes (2,) and (3,) do not broadcast: axis -1 has sizes 2 and 3",
        ),
        (
            lambda: ops.where([True], [1, 2, 3], [1, 2]),
            ValueError,
            "where: shapes (3,) and (2,) do not broadcast: axis -1 has sizes 3 and 2",
        ),
        (
            lambda: ops.to([1.0], 7),
            TypeError,
            "to: dtype must be a NumPy dtype or its name",
        ),
        (lambda: ops.to([1.0], "U3"), TypeError, "to: dtype must be boolean, integer or floating"),
    ],
)
def test_errors_name_the_argument(call, kind, text):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value).startswith(text)
