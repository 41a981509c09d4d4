"""Negative log-likelihoods against SciPy's distributions, whose constants are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from minicnn import Tensor
from minicnn.nn import functional as F
from tests.central_differences import assert_gradients

seeds = st.integers(0, 2**32)


@given(seeds, st.booleans())
def test_counts_are_poissons(seed: int, log_input: bool) -> None:
    rng = np.random.default_rng(seed)
    rate, counts = rng.uniform(0.1, 5, (3, 4)), rng.poisson(3, (3, 4)).astype(float)
    x = np.log(rate) if log_input else rate
    got = F.poisson_nll_loss(x, counts, log_input, eps=0.0, reduction="none")
    exact = -stats.poisson.logpmf(counts, rate) - special.gammaln(counts + 1)
    np.testing.assert_allclose(got.data, exact, rtol=1e-12, atol=1e-12)
    full = F.poisson_nll_loss(x, counts, log_input, full=True, eps=0.0, reduction="none")
    # Stirling's series: log(n!) lies above what is added by less than 1 / (12 n)
    added, n = full.data - got.data, counts
    assert (added[n <= 1] == 0).all()
    many = n > 1
    missing = special.gammaln(n[many] + 1) - added[many]
    assert ((missing > -1e-12) & (missing < 1 / (12 * n[many]) + 1e-12)).all()


@given(seeds, st.sampled_from([(3, 4), (3, 1), (3,), ()]))
def test_real_numbers_are_gausss(seed: int, var_shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(seed)
    mean, x = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    var = rng.uniform(0.2, 3, var_shape)
    got = F.gaussian_nll_loss(mean, x, var, full=True, reduction="none")
    wide = var[:, np.newaxis] if var_shape == (3,) else var
    exact = -stats.norm.logpdf(x, mean, np.sqrt(wide))
    np.testing.assert_allclose(got.data, exact, rtol=1e-12, atol=1e-12)
    bare = F.gaussian_nll_loss(mean, x, var).item()
    assert math.isclose(bare, exact.mean() - math.log(2 * math.pi) / 2, abs_tol=1e-12)


def test_gradients_equal_central_differences() -> None:
    rng = np.random.default_rng(0)
    x, y, var = rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), rng.uniform(0.5, 2, (3, 4))
    assert_gradients(lambda u, v, w: F.gaussian_nll_loss(u, v, w, full=True), x, y, var)
    assert_gradients(lambda u: F.poisson_nll_loss(u, np.abs(y).round(), full=True), x)
    assert_gradients(lambda u: F.poisson_nll_loss(u, np.abs(y).round(), log_input=False), var)


def test_small_variances_count_as_eps_and_negative_ones_are_refused() -> None:
    tiny = F.gaussian_nll_loss([1.0], [2.0], [1e-9], eps=0.5)
    assert tiny.item() == pytest.approx((math.log(0.5) + 2) / 2)
    var = Tensor([1e-9], requires_grad=True)  # the gradient is that at eps, as torch's
    F.gaussian_nll_loss([1.0], [2.0], var, eps=0.5).backward()
    assert var.grad.tolist() == [pytest.approx((1 / 0.5 - 1 / 0.25) / 2)]
    with pytest.raises(ValueError, match=r"^gaussian_nll_loss: var must not be negative, got -1"):
        F.gaussian_nll_loss([1.0], [2.0], [-1.0])
    with pytest.raises(ValueError, match=r"^gaussian_nll_loss: var must have the shape of input"):
        F.gaussian_nll_loss(np.ones((2, 3)), np.ones((2, 3)), np.ones(4))
