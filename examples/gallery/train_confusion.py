"""A confusion matrix says which classes are mixed up.

Each row holds the test images of one digit, each column what the network took them for. The dark
diagonal are the right ones; any other number is a mistake, and its place says which: row 8, column
1 counts eights that were taken for ones.

Alt: A table of ten rows and ten columns; nearly all images are on its diagonal.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _nets import digits_net, digits_test
from matplotlib.figure import Figure

import minicnn
from minicnn import viz
from minicnn.metrics import confusion_matrix


def draw() -> Figure:
    model, (images, labels) = digits_net(), digits_test()
    with minicnn.no_grad():
        scores = np.asarray(model(minicnn.Tensor(images)))
    return viz.confusion_matrix(confusion_matrix(scores, labels))


if __name__ == "__main__":
    main(__file__)
