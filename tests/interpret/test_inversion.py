"""Feature inversion: its penalties by hand, and what it finds where the answer is known."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import minicnn
from minicnn import Tensor, nn
from minicnn.interpret import invert_features
from minicnn.interpret.inversion import penalty
from minicnn.tensor import as_tensor
from tests.central_differences import assert_gradients
from tests.digits_net import digits, trained
from tests.interpret.test_inputs import state


def test_the_penalties_are_means_of_powers_and_of_squared_differences() -> None:
    z = np.random.default_rng(0).uniform(-1, 1, (1, 2, 4, 5))
    powers = neighbours = 0.0
    for c in range(2):
        for h in range(4):
            for w in range(5):
                powers += abs(z[0, c, h, w]) ** 6
                if h < 3:
                    neighbours += (z[0, c, h + 1, w] - z[0, c, h, w]) ** 2
                if w < 4:
                    neighbours += (z[0, c, h, w + 1] - z[0, c, h, w]) ** 2
    got = penalty(Tensor(z), 6.0, 0.5, 0.25)
    np.testing.assert_allclose(got.item(), 0.5 * powers / 40 + 0.25 * neighbours / 40)
    assert_gradients(lambda t: penalty(as_tensor(t), 6.0, 0.5, 0.25), z)


def test_what_an_invertible_layer_has_seen_is_found_again() -> None:
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 12)).eval()
    # singular values from 1 to 2: no direction is hard to see
    u, v = (np.linalg.qr(rng.normal(size=(12, 12)))[0] for _ in range(2))
    model[1].weight.data[:] = u @ np.diag(np.linspace(1, 2, 12)) @ v
    x = rng.uniform(-3, 5, (1, 3, 4)).astype(np.float32)
    found = invert_features(
        model, "1", x, steps=400, alpha_weight=0, variation_weight=0, value_range=(-3.0, 5.0)
    )
    np.testing.assert_allclose(found.image.data[0], x, atol=0.02)
    assert found.feature_error < 0.01


def test_of_a_digit_the_net_has_kept_enough_to_draw_it_again() -> None:
    model, (images, _) = trained(), digits(train=False)
    before = state(model)
    errors = []
    for x in images[:5]:
        minicnn.manual_seed(0)
        found = invert_features(model, "2", x, steps=150)
        assert found.losses[-1] < 0.05 * found.losses[0]
        assert found.feature_error < 0.2
        assert 0 <= found.image.data.min() <= found.image.data.max() <= 1
        errors.append(np.corrcoef(found.image.data.ravel(), x.ravel())[0, 1])
    assert min(errors) > 0.8
    assert state(model) == before


def test_the_losses_are_those_of_the_formula() -> None:
    model, x = trained(), digits(train=False)[0][0]
    found = invert_features(model, "4", x, steps=3, alpha_weight=0.5, variation_weight=0.25)
    assert len(found.losses) == 4
    with minicnn.no_grad():
        got, wanted = (model[:5](image).data for image in (found.image, x[None]))
    z = (found.image.data - 0.5) * 2
    squares = (np.diff(z, axis=2) ** 2).sum() + (np.diff(z, axis=3) ** 2).sum()
    error = ((got - wanted) ** 2).sum() / (wanted**2).sum()
    expected = error + 0.5 * (z**6).mean() + 0.25 * squares / 64
    np.testing.assert_allclose(found.losses[-1], expected, rtol=1e-4)
    np.testing.assert_allclose(found.feature_error, np.sqrt(error), rtol=1e-4)


def test_mistakes_are_said_with_the_fix() -> None:
    model, x = trained(), digits(train=False)[0][0]

    def inverted(image: Any = x, layer: Any = "2", **settings: Any) -> Any:
        return invert_features(model, layer, image, steps=1, **settings)

    for call, message in (
        (lambda: inverted(16 * x), "image must be within 0 to 1, got 0 to 16; give value_range"),
        (lambda: inverted(np.stack([x, x])), "image must be one image, of shape (C, H, W) or"),
        (lambda: inverted(layer="conv"), "the model has no layer 'conv'; it has 0: Conv2d"),
        (lambda: inverted(lr=0), "lr must be finite and above 0, got 0"),
        (lambda: inverted(alpha=0.5), "alpha must be finite and at least 1, got 0.5"),
        (lambda: inverted(alpha_weight=-1), "alpha_weight must be finite and at least 0, got -1"),
    ):
        with pytest.raises(ValueError, match="invert_features: .*" + re.escape(message)):
            call()
    dead = nn.Sequential(nn.ReLU()).eval()
    with pytest.raises(ValueError, match="layer: it gives nothing but 0 for this image"):
        invert_features(dead, "0", 0 * x)
