"""The loss landscape around trained weights.

A network has thousands of weights; this is the loss in a plane through the trained ones, along two
random directions that change each filter by its own length. The cross marks where training ended: a
valley with no other nearby. The colours have a log scale, so each white line is a fixed factor
above the one inside it.

Alt: A map of the loss with contour lines around a low region in the middle, marked by a cross.
"""

from __future__ import annotations

from _frame import main
from _nets import digits_net, digits_test
from matplotlib.figure import Figure

from minicnn import viz


def draw() -> Figure:
    images, labels = digits_test()
    title = "The loss of the test digits around the trained weights"
    return viz.loss_landscape(digits_net(), images, labels, points=25, title=title)


if __name__ == "__main__":
    main(__file__)
