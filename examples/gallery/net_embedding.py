"""Feature vectors of digits, in the plane.

The last hidden layer turns each test image into 64 numbers. Here these vectors are laid out in the
plane so that neighbours stay neighbours (t-SNE). Each is drawn as the digit it is. The network has
put the ten classes into ten groups that the last layer can tell apart; a digit in a foreign group
is one that it gets wrong, or nearly so.

Alt: Ten groups of small coloured digits, each group of one digit, well apart.
"""

from __future__ import annotations

from _frame import main
from _nets import digits_net, digits_test
from matplotlib.figure import Figure

from minicnn import viz


def draw() -> Figure:
    images, labels = digits_test()
    vectors = viz.activations(digits_net(), images, ["relu3"])["relu3"]  # (355, 64)
    title = "355 test digits by the 64 features of the last hidden layer (t-SNE)"
    return viz.embedding(vectors, labels, method="tsne", title=title)


if __name__ == "__main__":
    main(__file__)
