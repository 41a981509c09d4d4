"""The two binary cross-entropies against SciPy in float64."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from minicnn import Tensor
from minicnn.ops.binary_cross_entropy import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
)
from tests.central_differences import assert_gradients

DTYPES = [np.float32, np.float64]
REDUCTIONS = {"none": lambda x: x, "sum": np.sum, "mean": np.mean}


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    shape=hnp.array_shapes(min_dims=1, max_dims=3, max_side=7),
    seed=st.integers(0, 2**32),
    hard=st.booleans(),
    weighted=st.booleans(),
    reduction=st.sampled_from(list(REDUCTIONS)),
)
def test_values_equal_the_definition(dtype, shape, seed, hard, weighted, reduction):
    rng = np.random.default_rng(seed)
    x = (10 * rng.standard_normal(shape)).astype(dtype)
    target = rng.random(shape)
    target = (np.round(target) if hard else target).astype(dtype)
    weight = rng.uniform(0.5, 2, shape[-1]).astype(dtype) if weighted else None
    pos_weight = rng.uniform(0.5, 2, shape[-1]).astype(dtype) if weighted else None
    wide, t = x.astype(np.float64), target.astype(np.float64)
    yes, no = special.log_expit(wide), special.log_expit(-wide)
    scale = 1 if weight is None else weight.astype(np.float64)
    more = 1 if pos_weight is None else pos_weight.astype(np.float64)
    expected = REDUCTIONS[reduction](-scale * (more * t * yes + (1 - t) * no))
    got = binary_cross_entropy_with_logits(
        x, target, weight, pos_weight=pos_weight, reduction=reduction
    )
    condition = REDUCTIONS[reduction](np.ones(shape) * scale * (1 + more) * (1 + abs(wide)))
    assert got.dtype == dtype
    assert got.shape == np.shape(expected)
    assert (abs(got.data - expected) <= 8 * np.finfo(dtype).eps * condition).all()

    p = special.expit(x / 3).astype(dtype)
    wide = p.astype(np.float64)
    expected = REDUCTIONS[reduction](-scale * (t * np.log(wide) + (1 - t) * np.log1p(-wide)))
    got = binary_cross_entropy(p, target, weight, reduction=reduction)
    condition = REDUCTIONS[reduction](-scale * (np.log(wide) + np.log1p(-wide)))
    assert got.dtype == dtype
    assert got.shape == np.shape(expected)
    assert (abs(got.data - expected) <= 8 * np.finfo(dtype).eps * condition).all()


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_gradients_equal_central_differences(reduction, weighted):
    rng = np.random.default_rng(0)
    x, target = rng.standard_normal((4, 3)), rng.random((4, 3))
    weight = rng.uniform(0.5, 2, (4, 1)) if weighted else None
    pos_weight = rng.uniform(0.5, 2, 3) if weighted else None
    settings = dict(weight=weight, reduction=reduction)
    assert_gradients(partial(binary_cross_entropy, **settings), special.expit(x), target)
    logits = partial(binary_cross_entropy_with_logits, pos_weight=pos_weight, **settings)
    assert_gradients(logits, x, target)


def test_certainty_is_finite_for_probabilities_and_linear_for_logits():
    x = Tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    y = binary_cross_entropy(x, [0.0, 1.0, 1.0, 0.0], reduction="none")
    assert y.tolist() == [0, 0, 100, 100]
    y.backward(np.ones(4))
    np.testing.assert_allclose(x.grad, [0, 0, -1e12, 1e12], rtol=1e-6)
    x = Tensor([-1e30, 1e30, -1e30, 1e30], requires_grad=True)
    y = binary_cross_entropy_with_logits(x, [0.0, 1.0, 1.0, 0.0], reduction="none")
    np.testing.assert_allclose(y.data, [0, 0, 1e30, 1e30], rtol=1e-6)
    y.backward(np.ones(4))
    assert x.grad.tolist() == [0, 0, -1, 1]


def test_errors_name_the_argument():
    half = np.full((2, 3), 0.5, np.float32)
    for bad in (1.5, -0.5, np.nan):
        p = half.copy()
        p[1, 2] = bad
        with pytest.raises(
            ValueError, match=rf"must hold probabilities in \[0, 1\], got {bad} at \(1, 2"
        ):
            binary_cross_entropy(p, half)
    for loss in (binary_cross_entropy, binary_cross_entropy_with_logits):
        name = loss.__name__
        with pytest.raises(
            ValueError, match=rf"^{name}: weight must broadcast to the shape of input"
        ):
            loss(half, half, half[:, :2])
        with pytest.raises(
            ValueError, match=rf"^{name}: weight must broadcast to the shape of input"
        ):
            loss(half, half, half[None])
        with pytest.raises(
            TypeError, match=f"^{name}: weight must have the dtype of input, float32"
        ):
            loss(half, half, np.ones(3))
        with pytest.raises(
            ValueError, match=rf"^{name}: input and target must have the same shape, g"
        ):
            loss(half, half[0])
        with pytest.raises(ValueError, match=f"^{name}: reduction must be"):
            loss(half, half, reduction="batchmean")
