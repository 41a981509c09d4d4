"""The loss along two directions: filter-normalised, computed at the right weights, undone after."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import Tensor, nn, viz
from minicnn.nn.functional import cross_entropy
from minicnn.viz.landscape import _direction

X = np.random.default_rng(0).standard_normal((6, 1, 5, 5)).astype(np.float32)
LABELS = np.array([0, 1, 2, 0, 1, 2])


def network() -> nn.Sequential:
    minicnn.manual_seed(0)
    layers = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(36, 3)
    return nn.Sequential(*layers).eval()


@pytest.mark.parametrize("shape", [(4, 2, 3, 3), (5, 7)])
def test_each_filters_part_of_a_direction_has_the_filters_norm(shape):
    rng = np.random.default_rng(0)
    weight = rng.standard_normal(shape) * np.arange(shape[0]).reshape(-1, *[1] * (len(shape) - 1))
    direction = _direction(weight, rng)
    for part, of in zip(direction, weight):
        assert np.isclose(np.linalg.norm(part), np.linalg.norm(of))
    assert not np.allclose(direction, weight)


def test_the_middle_is_the_loss_as_it_is_and_the_weights_stay():
    model = network()
    before = [p.data.copy() for p in model.parameters()]
    steps, losses = viz.loss_grid(model, X, LABELS, span=0.5, points=5)
    assert steps.tolist() == [-0.5, -0.25, 0, 0.25, 0.5]
    assert losses[2, 2] == cross_entropy(model(Tensor(X)), Tensor(LABELS)).item()
    assert all(np.array_equal(p.data, w) for p, w in zip(model.parameters(), before))


def test_losses_are_those_at_the_moved_weights():
    """Of a linear loss, the grid is a plane: sums of the two slopes."""
    model = nn.Linear(3, 2, bias=False).double().eval()
    x = np.eye(3)
    mean = lambda y, labels: y.mean()  # noqa: E731
    steps, losses = viz.loss_grid(model, x, None, loss=mean, points=5)
    sums = np.add.outer(losses[:, 2], losses[2]) - losses[2, 2]
    assert np.allclose(losses, sums)
    assert np.allclose(np.diff(losses, 2, axis=0), 0)
    assert np.ptp(losses[2]) > 0.01
    assert np.ptp(losses[:, 2]) > 0.01
    assert len(steps) == 5


def test_the_weights_are_back_after_an_error():
    model = network()
    before = [p.data.copy() for p in model.parameters()]
    with pytest.raises(ValueError, match="cross_entropy"):
        viz.loss_grid(model, X, np.array([0, 1, 2]), points=3)
    assert all(np.array_equal(p.data, w) for p, w in zip(model.parameters(), before))


def test_seeds_choose_the_directions():
    grids = [viz.loss_grid(network(), X, LABELS, points=3, seed=s).losses for s in (0, 0, 1)]
    assert np.array_equal(grids[0], grids[1])
    assert not np.array_equal(grids[0], grids[2])


def test_the_picture_is_the_grid():
    model = network()
    figure = viz.loss_landscape(model, X, LABELS, points=5, span=0.3, title="Valley")
    losses = viz.loss_grid(model, X, LABELS, points=5, span=0.3).losses
    axes, bar = figure.axes
    assert np.array_equal(axes.collections[0].get_array().reshape(5, 5), losses)
    assert figure.get_suptitle() == "Valley"
    assert bar.get_ylabel() == "loss (log scale)"
    assert axes.texts[0].get_text() == f"as trained: {losses[2, 2]:.3g}"
    assert "second random direction" in axes.get_ylabel()


def test_wrong_settings_are_named():
    with pytest.raises(ValueError, match="points must be odd and at least 3, got 4"):
        viz.loss_grid(network(), X, LABELS, points=4)
    with pytest.raises(ValueError, match="span must be positive and finite, got 0"):
        viz.loss_grid(network(), X, LABELS, span=0)
    with pytest.raises(ValueError, match=r"must be in eval mode"):
        viz.loss_grid(network().train(), X, LABELS)
