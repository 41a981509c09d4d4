"""What training does to the weights.

The weights of each layer as they are drawn at random (blue, upper row) and after 12 epochs of
training (lower row). They start out evenly spread; training makes a few of them large, and the
histograms grow tails. A layer whose histogram hardly changes has hardly learnt.

Alt: Two rows of four histograms of weights; the lower ones are wider and have tails.
"""

from __future__ import annotations

from _frame import main
from _nets import DigitsNet, digits_net
from matplotlib.figure import Figure

import minicnn
from minicnn import viz


def draw() -> Figure:
    figure = Figure(figsize=(13, 6.2), layout="constrained")
    before, after = figure.subfigures(2, 1)
    minicnn.manual_seed(0)
    viz.weight_histograms(DigitsNet(), title="Weights before training", figure=before)
    viz.weight_histograms(digits_net(), title="The same weights after training", figure=after)
    return figure


if __name__ == "__main__":
    main(__file__)
