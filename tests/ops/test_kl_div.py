"""kl_div against scipy.special.rel_entr in float64."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from minicnn import Tensor
from minicnn.ops.kl_div import kl_div
from tests.central_differences import assert_gradients

REDUCTIONS = {
    "none": lambda x: x,
    "sum": np.sum,
    "mean": np.mean,
    "batchmean": lambda x: x.sum() / len(x),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(
    shape=hnp.array_shapes(min_dims=2, max_dims=3, max_side=7),
    seed=st.integers(0, 2**32),
    reduction=st.sampled_from(list(REDUCTIONS)),
)
def test_values_equal_scipys(dtype, shape, seed, reduction):
    rng = np.random.default_rng(seed)
    log_q = special.log_softmax(rng.standard_normal(shape), axis=1).astype(dtype)
    p = special.softmax(2 * rng.standard_normal(shape), axis=1).astype(dtype)
    p[rng.random(shape) < 0.2] = 0
    wide = p.astype(np.float64)
    each = special.rel_entr(wide, np.exp(log_q.astype(np.float64)))
    expected = REDUCTIONS[reduction](each)
    condition = REDUCTIONS[reduction](special.entr(wide) - wide * log_q + wide)
    got = kl_div(log_q, p, reduction=reduction)
    assert got.dtype == dtype
    assert got.shape == np.shape(expected)
    assert (abs(got.data - expected) <= 8 * np.finfo(dtype).eps * condition).all()

    log_p = special.log_softmax(rng.standard_normal(shape), axis=1).astype(dtype)
    wide = np.exp(log_p.astype(np.float64))
    expected = REDUCTIONS[reduction](wide * (log_p.astype(np.float64) - log_q))
    condition = REDUCTIONS[reduction](wide * (1 - log_p) * (1 - log_p - log_q))
    got = kl_div(log_q, log_p, reduction=reduction, log_target=True)
    assert (abs(got.data - expected) <= 8 * np.finfo(dtype).eps * condition).all()


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_gradients_equal_central_differences(reduction):
    rng = np.random.default_rng(0)
    log_q, log_p = special.log_softmax(rng.standard_normal((2, 4, 5)), axis=2)
    assert_gradients(partial(kl_div, reduction=reduction), log_q, np.exp(log_p))
    assert_gradients(partial(kl_div, reduction=reduction, log_target=True), log_q, log_p)


def test_a_class_of_probability_zero_costs_nothing():
    log_q = Tensor([[-np.inf, 0.0]], requires_grad=True)
    assert kl_div(log_q, [[0.0, 1.0]], reduction="sum").item() == 0
    assert kl_div(log_q, [[-np.inf, 0.0]], reduction="sum", log_target=True).item() == 0
    loss = kl_div(log_q, [[0.5, 0.5]], reduction="sum")
    assert loss.item() == np.inf
    loss.backward()
    assert log_q.grad.tolist() == [[-0.5, -0.5]]


def test_errors_name_the_argument():
    x = np.zeros((2, 3), np.float32)
    with pytest.raises(
        ValueError, match=r"^kl_div: input and target must have the same shape, got"
    ):
        kl_div(x, x[0])
    with pytest.raises(ValueError, match=r"^kl_div: 'batchmean' needs a batch, got .* \(0, 3\)"):
        kl_div(x[:0], x[:0], reduction="batchmean")
    with pytest.raises(TypeError, match=r"^kl_div: log_target must be True or False, got 1"):
        kl_div(x, x, log_target=1)
    with pytest.raises(ValueError, match=r"^kl_div: reduction must be"):
        kl_div(x, x, reduction="median")
