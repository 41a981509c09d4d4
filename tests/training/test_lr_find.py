"""The search for a learning rate finds one, and leaves everything as it was."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import nn
from minicnn.optim import SGD, Adam
from minicnn.training import lr_find
from tests.training.nets import blobs, digest, loader, small_net


class Parabola(nn.Module):
    """Its mean squared output is w^2: with step size lr, w is multiplied by 1 - 2 lr each step."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(np.array([1.0]))

    def forward(self, x):
        return self.w * x


def test_the_losses_are_those_of_gradient_descent() -> None:
    model = Parabola()
    batches = [(np.ones(1), np.zeros(1))]
    result = lr_find(
        model,
        SGD(model.parameters(), lr=7.0),
        batches,
        nn.MSELoss(),
        start=1e-3,
        end=10.0,
        steps=41,
        smoothing=0.0,
    )
    w, expected = 1.0, []
    rates = 1e-3 * 1e4 ** (np.arange(41) / 40)
    for rate in rates:
        expected.append(w * w)
        w *= 1 - 2 * rate
    n = len(result.losses)
    assert 20 < n < 41  # it diverges for rates above 1, and then the search ends
    np.testing.assert_allclose(result.rates, rates[:n], rtol=1e-12)
    np.testing.assert_allclose(result.losses, expected[:n], rtol=1e-9, atol=1e-30)
    assert expected[n] > 4 * min(expected[:n])
    slopes = np.gradient(expected[:n], np.log(rates[:n]))
    assert result.suggestion == pytest.approx(rates[np.argmin(slopes)])


def test_everything_is_as_before(tmp_path) -> None:
    model, batches = small_net(), loader()
    optimizer = Adam(model.parameters(), lr=3e-3)
    model[3].eval()
    model[0].weight.grad = np.ones_like(model[0].weight.data)
    before = digest(model)
    drawn = minicnn.random.default_generator.bit_generator.state["state"]["counter"].copy()
    order = [labels.tolist() for _, labels in loader()]
    result = lr_find(model, optimizer, batches, steps=12)
    assert digest(model) == before
    assert optimizer.state_dict()["state"] == {}
    assert optimizer.param_groups[0]["lr"] == 3e-3
    assert [module.training for module in model] == [True, True, True, False, True, True]
    assert model[0].weight.grad is not None
    assert (model[0].weight.grad == 1).all()
    after = minicnn.random.default_generator.bit_generator.state["state"]["counter"]
    np.testing.assert_array_equal(after, drawn)
    assert [labels.tolist() for _, labels in batches] == order
    result.plot(tmp_path / "find.png")
    assert (tmp_path / "find.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(start=0.0), "must have 0 < start < end, got start=0.0"),
        (dict(start=2.0, end=1.0), "must have 0 < start < end"),
        (dict(steps=1), "steps must be at least 2, got 1"),
        (dict(smoothing=1.0), r"smoothing must be in \[0, 1\), got 1.0"),
        (dict(diverged=1), "diverged must be above 1, got 1"),
        (dict(loader=[]), "the loader is empty"),
    ],
)
def test_errors_name_the_argument(settings, message) -> None:
    model = small_net()
    with pytest.raises(ValueError, match=f"lr_find: {message}"):
        lr_find(model, SGD(model.parameters()), **{"loader": loader(), **settings})


def test_a_model_that_gives_no_numbers_is_refused() -> None:
    model = small_net()
    model[0].weight.data[:] = np.nan
    with pytest.raises(FloatingPointError, match="lr_find: the loss is nan after 0 steps"):
        lr_find(model, SGD(model.parameters()), [blobs(8).tensors])
    assert np.isnan(model[0].weight.data).all()
