"""Completeness, and the integral's value where it is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn import nn
from minicnn.interpret import IntegratedGradients
from minicnn.interpret.integrated_gradients import METHODS
from tests.digits_net import digits, trained
from tests.machine import cases
from tests.strategies import seeds


def smooth_net(seed: int) -> nn.Sequential:
    minicnn.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, dtype=np.float64),
        nn.Tanh(),
        nn.Flatten(),
        nn.Linear(36, 3, dtype=np.float64),
    ).eval()


@cases(15)
@given(st.integers(1, 3), st.booleans(), seeds)
def test_attributions_sum_to_what_the_output_gained(n: int, one_target: bool, seed: int) -> None:
    """Gauss's rule with 50 places is exact to rounding for a smooth net."""
    model, rng = smooth_net(seed), np.random.default_rng(seed)
    x, start = rng.normal(size=(2, n, 1, 5, 5))
    target: Any = int(rng.integers(3)) if one_target else rng.integers(3, size=n)
    got, delta = IntegratedGradients(model).attribute(
        x, start, target, return_convergence_delta=True
    )
    with minicnn.no_grad():
        gained = (model(x).data - model(start).data)[np.arange(n), target]
    np.testing.assert_allclose(got.data.sum(axis=(1, 2, 3)), gained, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(delta.data, 0, atol=1e-9)


class Cubes(nn.Module):
    """F = sum of x ** 3: the integral from b to x of 3 t ** 2 is x ** 3 - b ** 3."""

    def forward(self, x: Any) -> Any:
        return (x**3).sum((1, 2, 3))


@pytest.mark.parametrize("method", METHODS)
def test_the_integral_of_a_cube_is_known(method: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 1, 3, 4))
    n = 2 if method == "gausslegendre" else 100
    # What the rules miss of the integral of g(a) = 3 (b + a d) ** 2 * d, d = x - b, for a in 0..1:
    d, change = (
        abs(x - 0.5),
        3 * abs(x - 0.5) * np.maximum(x**2, 0.25),
    )  # |g| at most, g >= 0 or <= 0
    error = {
        "gausslegendre": 0 * x,  # exact for polynomials of degree 2 n - 1 = 3
        "riemann_left": 2 * change / n,  # the variation of g, over n
        "riemann_right": 2 * change / n,
        "riemann_middle": 6 * d**3 / (24 * n**2),  # |g''| / (24 n ** 2)
        "riemann_trapezoid": 6 * d**3 / (12 * (n - 1) ** 2),
    }[method]
    got = IntegratedGradients(Cubes().eval()).attribute(x, 0.5, n_steps=n, method=method)
    missed = abs(got.data - (x**3 - 0.5**3))
    assert (missed <= error + 1e-13).all()
    assert method == "gausslegendre" or (missed > 0.01 * error).any()
    mean = IntegratedGradients(Cubes().eval(), multiply_by_inputs=False).attribute(
        x, 0.5, n_steps=n, method=method
    )
    np.testing.assert_allclose(mean.data * (x - 0.5), got.data, atol=1e-12)


def test_the_passes_size_does_not_matter() -> None:
    model, x = smooth_net(1), np.random.default_rng(1).normal(size=(3, 1, 5, 5))
    results = [
        IntegratedGradients(model)
        .attribute(x, target=[0, 1, 2], n_steps=20, internal_batch_size=size)
        .data
        for size in (1, 7, 1000)
    ]
    for other in results[1:]:
        np.testing.assert_allclose(other, results[0], rtol=1e-12, atol=1e-14)


def test_on_the_digits_net_the_delta_is_small_beside_what_was_gained() -> None:
    images, labels = digits(train=False)
    model, x, y = trained(), images[:40], labels[:40]
    got, delta = IntegratedGradients(model).attribute(
        x, target=y, n_steps=100, return_convergence_delta=True
    )
    with minicnn.no_grad():
        gained = (model(x).data - model(np.zeros_like(x)).data)[np.arange(40), y]
    np.testing.assert_allclose(
        got.data.sum(axis=(1, 2, 3)) - gained, delta.data, atol=1e-5 * abs(gained).max()
    )
    assert (
        abs(delta.data).max() < 0.02 * abs(gained).mean()
    )  # kinks of ReLU cost the rule its order


def test_settings_out_of_range_are_named() -> None:
    method, x = IntegratedGradients(smooth_net(0)), np.zeros((1, 1, 5, 5))
    with pytest.raises(ValueError, match=r"method must be one of gausslegendre, .* got 'simpson'"):
        method.attribute(x, target=0, method="simpson")
    with pytest.raises(ValueError, match="n_steps must be at least 1, got 0"):
        method.attribute(x, target=0, n_steps=0)
    with pytest.raises(ValueError, match="n_steps must be at most 1000 for gausslegendre"):
        method.attribute(x, target=0, n_steps=10**9)
    with pytest.raises(ValueError, match="n_steps must be at least 2 for riemann_trapezoid"):
        method.attribute(x, target=0, n_steps=1, method="riemann_trapezoid")
    with pytest.raises(ValueError, match=r"baselines must be a number or have .* \(1, 1, 5, 5\)"):
        method.attribute(x, np.zeros((5, 5)), target=0)
    with pytest.raises(ValueError, match="baselines must be 1 or 1, as many as the inputs, got 3"):
        method.attribute(x, np.zeros((3, 1, 5, 5)), target=0)
