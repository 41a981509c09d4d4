"""linear against NumPy: integers exactly, other numbers in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor, set_num_threads
from minicnn.ops.linear import linear

DTYPES = [np.float32, np.float64]


@st.composite
def shapes(draw):
    """Draw the shapes of x and weight; some batches are empty, most have one axis."""
    batch = draw(st.lists(st.integers(0, 9), max_size=3) | st.tuples(st.integers(1, 70)))
    in_features, out_features = draw(st.tuples(st.integers(1, 80), st.integers(1, 80)))
    return (*batch, in_features), (out_features, in_features)


def run(x, weight, bias=None, grad_y=None):
    """Return y and the gradients of x, weight and (if there is one) bias."""
    inputs = [Tensor(a, requires_grad=True) for a in (x, weight, bias) if a is not None]
    y = linear(*inputs)
    y.backward(np.ones_like(y.data) if grad_y is None else grad_y)
    return y.data, *(t.grad for t in inputs)


def reference(x, weight, bias, grad_y):
    """Return the same four in the dtype of the arguments, by einsum."""
    y = np.einsum("...i,oi->...o", x, weight) + bias
    rows, grad_rows = x.reshape(-1, x.shape[-1]), grad_y.reshape(-1, len(weight))
    return (
        y,
        np.einsum("...o,oi->...i", grad_y, weight),
        np.einsum("no,ni->oi", grad_rows, rows),
        grad_rows.sum(axis=0),
    )


@pytest.mark.parametrize("dtype", DTYPES)
@given(shapes=shapes(), seed=st.integers(0, 2**32))
def test_integers_give_exact_sums(dtype, shapes, seed):
    rng = np.random.default_rng(seed)
    x, weight = (rng.integers(-8, 9, shape) for shape in shapes)
    bias, grad_y = (
        rng.integers(-8, 9, len(weight)),
        rng.integers(-8, 9, (*x.shape[:-1], len(weight))),
    )
    arrays = (x, weight, bias, grad_y)
    for got, expected in zip(run(*(a.astype(dtype) for a in arrays)), reference(*arrays)):
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, expected, strict=False)
        assert got.shape == expected.shape


@pytest.mark.parametrize("dtype", DTYPES)
@given(shapes=shapes(), seed=st.integers(0, 2**32))
def test_the_error_is_a_few_roundings_of_the_terms(dtype, shapes, seed):
    rng = np.random.default_rng(seed)
    x, weight = (rng.standard_normal(shape).astype(dtype) for shape in shapes)
    bias = rng.standard_normal(len(weight)).astype(dtype)
    grad_y = rng.standard_normal((*x.shape[:-1], len(weight))).astype(dtype)
    wide = [a.astype(np.longdouble) for a in (x, weight, bias, grad_y)]
    conditions = reference(*(abs(a) for a in wide))
    for got, expected, condition in zip(run(x, weight, bias, grad_y), reference(*wide), conditions):
        assert (abs(got - expected) <= 8 * np.finfo(dtype).eps * condition).all()


def test_results_do_not_depend_on_the_number_of_threads():
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal((300, 257)), rng.standard_normal((131, 257))
    bias, grad_y = rng.standard_normal(131), rng.standard_normal((300, 131))
    for dtype in DTYPES:
        results = []
        for threads in (1, 2, 3, 4, 7):
            set_num_threads(threads)
            arrays = (a.astype(dtype) for a in (x, weight, bias, grad_y))
            results.append([a.tobytes() for a in run(*arrays)])
        assert results[1:] == results[:1] * 4


def test_any_layout_gives_the_bits_of_the_contiguous_array():
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal((6, 5)), rng.standard_normal((4, 5))
    expected = [a.tobytes() for a in run(x, weight)]
    wide = np.zeros((12, 10))
    wide[::-2, ::2] = x
    others = [np.asfortranarray(x), wide[::-2, ::2], x.astype(">f8"), x.view(np.matrix)]
    read_only = x.copy()
    read_only.flags.writeable = False
    for other in [*others, read_only]:
        assert [a.tobytes() for a in run(other, weight)] == expected
    assert [a.tobytes() for a in run(x, np.asfortranarray(weight))] == expected


def test_only_the_gradients_asked_for_are_computed():
    x, weight, bias = (Tensor(np.ones(shape)) for shape in ((3, 2), (4, 2), (4,)))
    for wanted in (x, weight, bias):
        for t in (x, weight, bias):
            t.grad, t.requires_grad = None, t is wanted
        y = linear(x, weight, bias)
        got = y.creator.backward(np.ones((3, 4)))
        assert [g is not None for g in got] == [t is wanted for t in (x, weight, bias)]


@pytest.mark.parametrize(
    ("x", "weight", "bias", "message"),
    [
        (
            (2, 100),
            (10, 84),
            None,
            r"x has 100 features \(shape \(2, 100\)\) but weight has shape \(10, 84\):"
            r" weight.shape\[1\] = 84 must equal x.shape\[-1\]$",
        ),
        ((), (10, 84), None, r"x must have shape \(\.\.\., in_features\), got shape \(\)$"),
        (
            (2, 3),
            (3,),
            None,
            r"weight must have shape \(out_features, in_features\), got .*\(3,\)$",
        ),
        ((2, 0), (4, 0), None, r"weight must not be empty, got shape \(4, 0\)$"),
        (
            (2, 3),
            (4, 3),
            (3,),
            r"bias must have shape \(4,\), one value for each row of weight with shape \(4, 3\),"
            r" got shape \(3,\)$",
        ),
    ],
)
def test_errors_name_the_argument_and_the_rule(x, weight, bias, message):
    arrays = [np.zeros(s, np.float32) for s in (x, weight, bias) if s is not None]
    with pytest.raises(ValueError, match="^linear: " + message):
        linear(*arrays)


def test_wrong_dtypes_are_type_errors():
    weight = np.ones((4, 3), np.float32)
    with pytest.raises(TypeError, match=r"^linear: x must be float32 or float64, got int64$"):
        linear(np.ones((2, 3), int), weight)
    with pytest.raises(
        TypeError, match="must all be float32 or all float64, got x float64, weight"
    ):
        linear(np.ones((2, 3)), weight)
