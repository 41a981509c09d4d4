"""Vanishing gradients: sigmoids starve the first layers.

Two networks of five fully connected layers with 30 units each, alike but for their activation, see
the same batch of digits once. With sigmoids (upper row) the gradients of the first layer are
thousands of times smaller than those of the last: it hardly learns. With ReLU (lower row) all
layers get gradients of about the same size. Mind the scales under the histograms.

Alt: Two rows of five histograms of gradients; in the upper row they get narrower by orders of
magnitude towards the first layer, in the lower row they stay about as wide.
"""

from __future__ import annotations

from itertools import pairwise

from _frame import main
from _nets import digits_test
from matplotlib.figure import Figure

import minicnn
from minicnn import nn, viz
from minicnn.nn.functional import cross_entropy


def network(activation: type[nn.Module]) -> nn.Sequential:
    minicnn.manual_seed(0)
    sizes = [64, 30, 30, 30, 30]
    layers = [nn.Flatten()]
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), activation()]
    return nn.Sequential(*layers, nn.Linear(30, 10))


def draw() -> Figure:
    images, labels = digits_test()
    figure = Figure(figsize=(15, 6.4), layout="constrained")
    for row, activation in zip(figure.subfigures(2, 1), (nn.Sigmoid, nn.ReLU)):
        model = network(activation)
        cross_entropy(model(minicnn.Tensor(images)), labels).backward()
        title = f"Gradients of five layers with {activation.__name__}, the first at the left"
        viz.gradient_histograms(model, title=title, columns=5, figure=row)
    return figure


if __name__ == "__main__":
    main(__file__)
