"""Curves and histograms: drawn as logged, as counted."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import Tensor, nn, viz
from minicnn.training import History


def test_each_quantity_has_its_curves():
    logs = [
        {"epoch": i, "loss": 1 / i, "val_loss": 2 / i, "accuracy": 0.1 * i, "lr": 0.1, "seconds": 1}
        for i in range(1, 5)
    ]
    figure = viz.learning_curves(History(logs), title="A run")
    assert figure.get_suptitle() == "A run"
    loss, accuracy = figure.axes
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "accuracy"]
    assert {axes.get_xlabel() for axes in figure.axes} == {"epoch"}
    for line, factor in zip(loss.lines, (1, 2)):
        assert line.get_xdata().tolist() == [1, 2, 3, 4]
        assert np.allclose(line.get_ydata(), [factor / i for i in range(1, 5)])
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["training", "validation"]
    assert len(accuracy.lines) == 1
    assert loss.lines[0].get_color() != loss.lines[1].get_color()


def test_what_is_no_number_is_left_out_and_nothing_to_draw_is_said():
    matrix = {"epoch": 1, "loss": 0.5, "confusion_matrix": np.eye(2)}
    assert len(viz.learning_curves(History([matrix])).axes) == 1
    with pytest.raises(ValueError, match="no epoch has been logged"):
        viz.learning_curves(History())
    with pytest.raises(ValueError, match=r"nothing to draw among \['epoch', 'lr'\]"):
        viz.learning_curves(History([{"epoch": 1, "lr": 0.1}]))


def network() -> nn.Sequential:
    minicnn.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3))


def bars(axes) -> tuple[list[float], float]:
    """Heights of a histogram's bars, and where they begin and end."""
    return [bar.get_height() for bar in axes.patches], (
        axes.patches[0].get_x(),
        axes.patches[-1].get_x() + axes.patches[-1].get_width(),
    )


def test_histograms_count_the_weights():
    model = network()
    figure = viz.weight_histograms(model, bins=7)
    arrays = {"0.weight": model[0].weight.data, "3.weight": model[3].weight.data}
    assert len(figure.axes) == 2  # no biases
    for axes, (name, values) in zip(figure.axes, arrays.items()):
        counts, edges = np.histogram(values.astype(np.float64), bins=7)
        heights, span = bars(axes)
        assert heights == counts.tolist()
        assert np.allclose(span, (edges[0], edges[-1]))
        assert axes.get_title(loc="left") == f"{name}: std {values.std():.2g}"
        assert axes.get_xlabel() == "value of a weight"


def test_histograms_count_the_gradients():
    model = network()
    model(Tensor(np.ones((2, 1, 4, 4), np.float32))).sum().backward()
    figure = viz.gradient_histograms(model, bins=5, columns=1)
    for axes, p in zip(figure.axes, (model[0].weight, model[3].weight)):
        assert bars(axes)[0] == np.histogram(p.grad.astype(np.float64), bins=5)[0].tolist()


def test_without_gradients_it_says_what_to_call():
    with pytest.raises(ValueError, match=r"of 0.weight, 3.weight: call loss.backward\(\) first"):
        viz.gradient_histograms(network())
    with pytest.raises(ValueError, match="no parameter of at least two axes"):
        viz.weight_histograms(nn.Sequential(nn.ReLU()))


def test_values_that_are_not_finite_are_counted_in_the_title():
    model = nn.Linear(3, 2)
    model.weight.data[0, 0] = np.nan
    assert "1 not finite" in viz.weight_histograms(model).axes[0].get_title(loc="left")
