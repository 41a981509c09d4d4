"""The losses of a difference against their formulas in float64."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn import Tensor
from minicnn.ops.regression_loss import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from tests.central_differences import assert_gradients
from tests.machine import cases

LOSSES = {
    "mse": (mse_loss, lambda d: d**2),
    "l1": (l1_loss, abs),
    "smooth_l1": (smooth_l1_loss, lambda d: np.where(abs(d) < 1, d**2 / 2, abs(d) - 0.5)),
    "smooth_l1(0.3)": (
        partial(smooth_l1_loss, beta=0.3),
        lambda d: np.where(abs(d) < 0.3, d**2 / 0.6, abs(d) - 0.15),
    ),
    "smooth_l1(0)": (partial(smooth_l1_loss, beta=0), abs),
    "huber": (huber_loss, lambda d: np.where(abs(d) < 1, d**2 / 2, abs(d) - 0.5)),
    "huber(2)": (
        partial(huber_loss, delta=2),
        lambda d: np.where(abs(d) < 2, d**2 / 2, 2 * (abs(d) - 1)),
    ),
}
REDUCTIONS = {"none": lambda x: x, "sum": np.sum, "mean": np.mean}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(
    shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=7),
    seed=st.integers(0, 2**32),
    reduction=st.sampled_from(list(REDUCTIONS)),
)
@cases(40)
def test_values_equal_the_formula(name, dtype, shape, seed, reduction):
    loss, formula = LOSSES[name]
    rng = np.random.default_rng(seed)
    x, target = (2 * rng.standard_normal((2, *shape))).astype(dtype)
    x, target = np.asarray(x), np.asarray(target)
    y = loss(x, target, reduction=reduction)
    expected = REDUCTIONS[reduction](formula(x.astype(np.float64) - target))
    assert y.dtype == dtype
    assert y.shape == np.shape(expected)
    condition = REDUCTIONS[reduction]((1 + abs(x) + abs(target)).astype(np.float64) ** 2)
    assert (abs(y.data - expected) <= 8 * np.finfo(dtype).eps * condition).all()


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_gradients_equal_central_differences(name, reduction):
    rng = np.random.default_rng(0)
    target = rng.standard_normal((4, 5))
    # differences away from the kinks at 0, 0.3, 1 and 2
    difference = rng.choice([-2.5, -1.4, -0.6, -0.2, 0.2, 0.5, 1.5, 3], (4, 5))
    assert_gradients(partial(LOSSES[name][0], reduction=reduction), target + difference, target)


def test_the_slope_of_the_absolute_difference_at_zero_is_zero():
    x = Tensor([1.0, 2.0], requires_grad=True)
    l1_loss(x, [1.0, 1.0], reduction="sum").backward()
    assert x.grad.tolist() == [0.0, 1.0]


def test_infinite_differences_have_finite_slopes():
    x = Tensor([np.inf, -np.inf, np.nan], requires_grad=True)
    y = huber_loss(x, np.zeros(3, np.float32), "none")
    np.testing.assert_array_equal(y.data, [np.inf, np.inf, np.nan])
    y.backward(np.ones(3))
    np.testing.assert_array_equal(x.grad, [1, -1, np.nan])


def test_nothing_has_sum_zero_and_mean_nan():
    empty = np.zeros((0, 3))
    for loss, _ in LOSSES.values():
        assert loss(empty, empty, reduction="sum").item() == 0
        assert np.isnan(loss(empty, empty).item())
        x = Tensor(empty, requires_grad=True)
        loss(x, empty).backward()
        assert x.grad.shape == (0, 3)


def test_errors_name_the_argument():
    x = np.zeros((4, 1), np.float32)
    for loss in (mse_loss, l1_loss, smooth_l1_loss, huber_loss):
        name = loss.__name__
        with pytest.raises(
            ValueError, match=rf"^{name}: input and target must have the same shape,"
        ):
            loss(x, x[:, 0])
        with pytest.raises(
            TypeError, match=f"^{name}: input, target must all be float32 or all flo"
        ):
            loss(x, x.astype(np.float64))
        with pytest.raises(
            TypeError, match=f"^{name}: target must be float32 or float64, got int64"
        ):
            loss(x, x.astype(np.int64))
        with pytest.raises(
            ValueError, match=f"^{name}: reduction must be 'mean', 'sum' or 'none', g"
        ):
            loss(x, x, reduction="avg")
    with pytest.raises(ValueError, match="smooth_l1_loss: beta must not be negative, got -1"):
        smooth_l1_loss(x, x, beta=-1)
    with pytest.raises(ValueError, match="huber_loss: delta must be positive, got 0"):
        huber_loss(x, x, delta=0)
