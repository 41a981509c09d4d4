"""The same digits as pixels and as features.

Both pictures show the two directions in which 355 test digits vary most (principal components). At
the left are their pixels: most classes lie on top of each other. At the right are the 64 features
of the network's last hidden layer: 2, 3 and 4 now stand by themselves. Two of 64 directions do not
show all that the last layer sees; it tells 98 % of these digits apart.

Alt: Two scatter plots of small coloured digits; mixed at the left, some groups apart at the right.
"""

from __future__ import annotations

from _frame import main
from _nets import digits_net, digits_test
from matplotlib.figure import Figure

from minicnn import viz


def draw() -> Figure:
    images, labels = digits_test()
    vectors = viz.activations(digits_net(), images, ["relu3"])["relu3"]  # (355, 64)
    figure = Figure(figsize=(14, 6.4), layout="constrained")
    title = "355 test digits along their two main directions"
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    left, right = figure.subfigures(1, 2)
    viz.embedding(images, labels, title="By their 64 pixels", figure=left)
    viz.embedding(vectors, labels, title="By 64 learnt features", figure=right)
    return figure


if __name__ == "__main__":
    main(__file__)
