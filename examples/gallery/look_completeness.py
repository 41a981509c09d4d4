"""Integrated gradients share out all of the score, given steps enough.

On the way from a black image to the digit the net's score for "3" rises from F(black) to F(digit),
as the left curve shows. The method adds up the gradients along that way, so the attributions of all
pixels together must be the difference, the dashed line on the right. With few steps the sum misses
it; with more it settles there. How far it is off is what the method returns as its delta.

Alt: Left, a curve of the score that rises as the image fades in. Right, the sum of the attributions
against the number of steps, which settles on a dashed line.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _nets import digits_net, digits_test
from matplotlib.figure import Figure

import minicnn
from minicnn.interpret import IntegratedGradients


def draw() -> Figure:
    model, (images, labels) = digits_net(), digits_test()
    x = images[labels == 3][:1]
    way = np.linspace(0, 1, 101, dtype=np.float32)
    with minicnn.no_grad():
        scores = model(way.reshape(-1, 1, 1, 1) * x).data[:, 3]
    steps, method = [1, 2, 3, 5, 8, 12, 20, 35, 60, 100, 200], IntegratedGradients(model)
    sums = [
        method.attribute(x, target=3, n_steps=n, method="riemann_middle").data.sum() for n in steps
    ]
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    figure.suptitle("Integrated gradients share out the score", x=0.01, ha="left", weight="bold")
    left, right = figure.subplots(1, 2)
    left.plot(100 * way, scores, color="#2a6fbb", linewidth=2)
    left.set_title("The score on the way to the digit", loc="left")
    left.set_xlabel("ink of the digit (percent of the full image)")
    left.set_ylabel('score of "3" (logit)')
    right.plot(steps, sums, "o-", color="#d9822b", label="sum of all pixels' attributions")
    gained = scores[-1] - scores[0]
    right.axhline(gained, color="#2a6fbb", linestyle="--", label="F(digit) - F(black)")
    right.set_xscale("log")
    right.set_xticks([1, 10, 100], ["1", "10", "100"])
    right.set_title("The sum of the attributions", loc="left")
    right.set_xlabel("steps on the way (log scale)")
    right.set_ylabel('part of the score of "3" (logit)')
    right.legend(frameon=False)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="0.9", linewidth=0.8)
    return figure


if __name__ == "__main__":
    main(__file__)
