"""Reductions: values against NumPy and SciPy in float64, gradients against differences."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp as scipy_logsumexp

from minicnn import Tensor, ops
from tests.machine import cases
from tests.reference_gradient import assert_gradients_equal_numeric

AXES = st.sampled_from([None, 0, 1, 2, -1, (0,), (0, 2), (1, 2), (-1, 0), (0, 1, 2)])
SHAPES = st.tuples(*[st.integers(1, 3)] * 3)
drawn = cases(20)

REDUCTIONS = {
    "sum": (ops.sum, np.sum),
    "mean": (ops.mean, np.mean),
    "amax": (ops.amax, np.max),
    "amin": (ops.amin, np.min),
    "logsumexp": (ops.logsumexp, scipy_logsumexp),
    "var of a population": (
        lambda x, dim, keepdim: ops.var(x, dim, unbiased=False, keepdim=keepdim),
        np.var,
    ),
    "norm": (
        lambda x, dim, keepdim: ops.norm(x, 2, dim, keepdim),
        lambda x, axis, keepdims: np.sqrt((x**2).sum(axis=axis, keepdims=keepdims)),
    ),
    "norm of order 1": (
        lambda x, dim, keepdim: ops.norm(x, 1, dim, keepdim),
        lambda x, axis, keepdims: np.abs(x).sum(axis=axis, keepdims=keepdims),
    ),
    "norm of order 3": (
        lambda x, dim, keepdim: ops.norm(x, 3, dim, keepdim),
        lambda x, axis, keepdims: np.cbrt((np.abs(x) ** 3).sum(axis=axis, keepdims=keepdims)),
    ),
    "norm of order inf": (
        lambda x, dim, keepdim: ops.norm(x, float("inf"), dim, keepdim),
        lambda x, axis, keepdims: np.abs(x).max(axis=axis, keepdims=keepdims),
    ),
}


@pytest.mark.parametrize("name", REDUCTIONS)
@drawn
@given(shape=SHAPES, dim=AXES, keepdim=st.booleans(), seed=st.integers(0, 2**32 - 1))
def test_values_and_gradients_equal_reference(name, shape, dim, keepdim, seed):
    op, reference = REDUCTIONS[name]
    x = distinct(shape, seed)
    assert_gradients_equal_numeric(
        lambda x: op(x, dim, keepdim), lambda x: reference(x, axis=dim, keepdims=keepdim), [x]
    )


def distinct(shape, seed):
    """Return numbers whose absolute values differ by 0.1 at least, so that maxima are smooth."""
    rng = np.random.default_rng(seed)
    numbers = rng.permutation(int(np.prod(shape))).reshape(shape) * 0.1 + 0.3
    return numbers * rng.choice([-1.0, 1.0], shape)


@drawn
@given(dim=AXES, correction=st.integers(0, 1), keepdim=st.booleans(), seed=st.integers(0, 99))
def test_var_and_std_with_correction(dim, correction, keepdim, seed):
    x = distinct((2, 3, 4), seed)
    for op, reference in ((ops.var, np.var), (ops.std, np.std)):
        assert_gradients_equal_numeric(
            lambda x, op=op: op(x, dim, correction=correction, keepdim=keepdim),
            lambda x, f=reference: f(x, axis=dim, ddof=correction, keepdims=keepdim),
            [x],
        )


def test_var_takes_torchs_older_arguments():
    x = Tensor([[1.0, 2.0], [4.0, 8.0]])
    assert x.var(False).item() == pytest.approx(np.var(x.data))
    assert x.var(0, True).tolist() == [4.5, 18.0]
    assert x.var().item() == pytest.approx(np.var(x.data, ddof=1))
    with pytest.raises(TypeError, match=r"^var: give unbiased or correction, not both"):
        x.var(unbiased=True, correction=1)


def test_the_standard_deviation_of_equal_numbers_has_gradient_0():
    x = Tensor([2.0, 2.0], requires_grad=True)
    x.std().backward()
    assert x.grad.tolist() == [0.0, 0.0]


def test_norms_of_zero_have_gradient_0():
    for p in (1, 1.5, 2, 3, float("inf")):
        x = Tensor([0.0, 0.0], requires_grad=True)
        x.norm(p).backward()
        assert x.grad.tolist() == [0.0, 0.0]


@drawn
@given(dim=st.sampled_from([None, 0, 1, -1]), keepdim=st.booleans(), zeros=st.integers(0, 3))
def test_prod_equals_reference_also_with_zeros(dim, keepdim, zeros):
    x = distinct((3, 4), zeros)
    x.reshape(-1)[[0, 5, 9][:zeros]] = 0
    assert_gradients_equal_numeric(
        lambda x: ops.prod(x, dim, keepdim), lambda x: np.prod(x, axis=dim, keepdims=keepdim), [x]
    )


@pytest.mark.parametrize("op", [ops.sum, ops.mean, ops.amax, ops.prod, ops.norm, ops.std])
def test_a_number_can_be_reduced(op):
    x = Tensor(np.array(3.0), requires_grad=True)
    y = op(x, dim=0) if op is ops.norm else op(x, -1)
    assert y.shape == ()
    assert np.isnan(y.item()) if op is ops.std else y.item() == 3.0
    y.backward()
    assert x.grad.shape == ()


def test_max_and_min_of_an_axis_name_values_and_indices():
    x = np.array([[3.0, 1.0, 3.0], [np.nan, 5.0, np.nan]])
    values, indices = Tensor(x).max(1)
    np.testing.assert_array_equal(values.data, [3.0, np.nan])
    assert indices.tolist() == [0, 0]  # the first of equals, and the first NaN
    smallest = Tensor(x).min(dim=1, keepdim=True)
    np.testing.assert_array_equal(smallest.values.data, [[1.0], [np.nan]])
    assert smallest.indices.tolist() == [[1], [0]]
    assert smallest.indices.dtype == np.int64


@drawn
@given(dim=st.sampled_from([0, 1, -1]), keepdim=st.booleans(), seed=st.integers(0, 99))
def test_max_and_min_of_an_axis_equal_reference(dim, keepdim, seed):
    x = distinct((3, 4), seed)
    for op, reference, place in ((ops.max, np.max, np.argmax), (ops.min, np.min, np.argmin)):
        assert_gradients_equal_numeric(
            lambda x, op=op: op(x, dim, keepdim).values,
            lambda x, f=reference: f(x, axis=dim, keepdims=keepdim),
            [x],
        )
        expected = place(x, axis=dim, keepdims=keepdim)
        np.testing.assert_array_equal(op(x, dim, keepdim).indices.data, expected)


def test_with_an_axis_only_the_first_of_equals_gets_the_gradient_else_all_share_it():
    x = Tensor([[2.0, 2.0], [0.0, 2.0]], requires_grad=True)
    x.max(1).values.sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    x.grad = None
    (x.max() * 3).backward()
    assert x.grad.tolist() == [[1.0, 1.0], [0.0, 1.0]]


def test_max_and_min_of_two_tensors():
    assert ops.max(Tensor([1.0, 5.0]), Tensor([3.0, 4.0])).tolist() == [3.0, 5.0]
    assert ops.min(Tensor([1.0, 5.0]), Tensor([3.0, 4.0])).tolist() == [1.0, 4.0]


def test_argmax_and_argmin_equal_numpy():
    x = distinct((3, 4, 2), 0)
    for dim in (None, 0, 1, -1):
        for keepdim in (False, True):
            got = Tensor(x).argmax(dim, keepdim)
            np.testing.assert_array_equal(got.data, np.argmax(x, axis=dim, keepdims=keepdim))
            got = Tensor(x).argmin(dim, keepdim)
            np.testing.assert_array_equal(got.data, np.argmin(x, axis=dim, keepdims=keepdim))
            assert got.dtype == np.int64


@drawn
@given(data=st.data(), largest=st.booleans(), dim=st.sampled_from([0, 1, -1]))
def test_topk_equals_a_stable_sort(data, largest, dim):
    x = np.array(data.draw(st.lists(st.integers(0, 4), min_size=12, max_size=12)), np.float64)
    x = x.reshape(3, 4)
    k = data.draw(st.integers(0, x.shape[dim]))
    order = np.argsort(-x if largest else x, axis=dim, kind="stable")
    order = order[:k] if dim == 0 else order[:, :k]
    values, indices = Tensor(x).topk(k, dim, largest)
    np.testing.assert_array_equal(indices.data, order)
    np.testing.assert_array_equal(values.data, np.take_along_axis(x, order, dim))


def test_topk_sends_gradients_back_to_the_places_chosen():
    x = Tensor([[1.0, 4.0, 3.0]], requires_grad=True)
    values, _ = x.topk(2)
    values.backward([[10.0, 20.0]])
    assert x.grad.tolist() == [[0.0, 10.0, 20.0]]
    assert Tensor([1.0, np.nan]).topk(1).indices.tolist() == [1]


@pytest.mark.parametrize("shape", [(100_003,), (100_003, 3), (3, 100_003), (317, 319, 3)])
def test_float32_sums_stay_as_good_as_pairwise_sums(shape):
    x = np.random.default_rng(0).random(shape, np.float32)
    eps = np.finfo(np.float32).eps
    for dims in (None, 0, tuple(range(len(shape) - 1)) or 0):
        expected = x.sum(axis=dims, dtype=np.float64)
        error = np.abs(ops.sum(x, dims).data - expected) / expected
        assert error.max() < 8 * eps  # 64 eps if one row is added after the other


def test_sums_are_exact_where_exact_arithmetic_fits():
    x = np.random.default_rng(0).integers(-50, 50, (300, 7, 260)).astype(np.float32)
    for dim in (None, 0, 1, 2, (0, 1), (0, 2), (1, 2)):
        expected = x.astype(np.int64).sum(axis=dim)
        np.testing.assert_array_equal(ops.sum(x, dim).data, expected)


def test_layout_does_not_change_a_bit():
    x = np.random.default_rng(0).standard_normal((300, 40, 5)).astype(np.float32)
    for name in ("sum", "mean", "std", "logsumexp", "norm", "prod"):
        reduced = partial(getattr(ops, name), dim=0)
        expected = reduced(x).data.tobytes()
        for layout in (np.asfortranarray(x), x[::-1].copy()[::-1], x.astype(">f4")):
            assert reduced(layout).data.tobytes() == expected


def test_the_total_is_the_same_for_any_layout():
    x = np.random.default_rng(0).standard_normal((300, 401)).astype(np.float32)
    expected = ops.sum(x).data.tobytes()
    misaligned = np.zeros(x.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(x.shape)
    misaligned[:] = x
    for layout in (np.asfortranarray(x), x[:, ::-1].copy()[:, ::-1], x.astype(">f4"), misaligned):
        assert ops.sum(layout).data.tobytes() == expected
        assert ops.sum(layout, (0, 1), keepdim=True).data.tobytes() == expected


def test_integers_and_booleans_are_counted_in_int64():
    assert ops.sum([True, True]).tolist() == 2
    assert ops.sum(np.full(3, 200, np.uint8)).tolist() == 600
    assert ops.sum(np.ones(3, np.int32)).dtype == np.int64
    for dtype in (np.uint8, np.int8, np.bool_, np.int32):
        y = ops.sum(np.ones((300, 3), dtype), 0)
        assert (y.dtype, y.tolist()) == (np.int64, [300, 300, 300])


def test_infinities_are_defined_without_warnings():
    x = Tensor([[-np.inf, -np.inf], [np.inf, 0.0]], requires_grad=True)
    y = x.logsumexp(1)
    assert y.tolist() == [-np.inf, np.inf]
    y[0].backward()
    assert x.grad[0].tolist() == [0.0, 0.0]
    assert np.isnan(ops.mean(np.zeros((0, 2)), 0).data).all()
    assert ops.sum(np.zeros((0, 2)), 0).tolist() == [0.0, 0.0]
    assert ops.prod(np.zeros((0, 2)), 0).tolist() == [1.0, 1.0]


def test_a_mean_is_within_one_rounding_of_the_exact_one():
    x = [0.1, 0.2, 0.4]
    exact = sum(Fraction(v) for v in x) / 3
    assert ops.mean(np.array(x)).item() == pytest.approx(float(exact), rel=2.3e-16)


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std", "logsumexp", "amax", "argmax"])
def test_errors_name_the_op(name):
    op = getattr(ops, name)
    with pytest.raises(ValueError, match=rf"^{name}: dim must be from -2 to 1, got 2"):
        op(np.ones((2, 3)), 2)
    with pytest.raises(TypeError, match=rf"^{name}: dim must be an int, got 'a'"):
        op(np.ones((2, 3)), "a")


def test_more_errors():
    with pytest.raises(ValueError, match=r"^sum: dim must name each axis once, got \(0, -2\)"):
        ops.sum(np.ones((2, 3)), (0, -2))
    with pytest.raises(TypeError, match=r"^mean: x must be floating point, got int64"):
        ops.mean([1, 2])
    with pytest.raises(ValueError, match=r"^max: x of shape \(0,\) has no elements"):
        ops.max(np.ones(0))
    with pytest.raises(ValueError, match=r"^argmin: x of shape \(2, 0\) has no elements"):
        ops.argmin(np.ones((2, 0)), 1)
    with pytest.raises(ValueError, match=r"^topk: k must be from 0 to x.shape\[0\] = 2, got 3"):
        ops.topk([1.0, 2.0], 3)
    with pytest.raises(TypeError, match=r"^var: correction must be a number, got 'a'"):
        ops.var([1.0], correction="a")
    with pytest.raises(ValueError, match=r"^norm: p must be positive, got 0"):
        ops.norm([1.0], 0)
