"""The mistakes that a network is surest of.

Test images of MNIST that a trained LeNet-5 gets wrong, those with the highest probability for the
wrong digit first. Some are written so that people would hesitate as well; some lack a stroke, or
have one too many. Looking at them says more about what to improve than the error rate does.

Alt: A grid of handwritten digits, each with its true class, the predicted one and a probability.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _nets import mnist_net, mnist_test
from matplotlib.figure import Figure

import minicnn
from minicnn import viz

NEEDS = "mnist"
SLOW = True


def draw() -> Figure:
    images, labels = mnist_test()
    model = mnist_net()
    with minicnn.no_grad():
        scores = np.asarray(model(minicnn.Tensor(images)))
    return viz.misclassified(images, labels, scores)


if __name__ == "__main__":
    main(__file__)
