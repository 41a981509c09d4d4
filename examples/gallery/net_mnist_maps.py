"""What LeNet-5 makes of a digit of MNIST.

The rows follow a handwritten digit through the two convolutions of LeNet-5, each with its ReLU and
its max pooling. Each of the first six maps answers to strokes of one kind: the lower left ones, the
level ones, the inside of a bow. The second convolution has 16 maps of combinations of these, small
and no longer easy to name.

Alt: A handwritten digit and six rows of maps, first sharp outlines, then coarser blobs.
"""

from __future__ import annotations

from _frame import main
from _nets import mnist_net, mnist_test
from matplotlib.figure import Figure

from minicnn import viz

NEEDS = "mnist"
SLOW = True


def draw() -> Figure:
    images, labels = mnist_test()
    layers = [f"features.{i}" for i in range(6)]
    title = f"The digit {labels[3]} in LeNet-5: convolution, ReLU, max pooling, twice"
    return viz.feature_maps(mnist_net(), images[3], layers, title=title)


if __name__ == "__main__":
    main(__file__)
