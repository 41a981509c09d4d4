"""A digit on its way through a network.

Each row is what one layer makes of the digit at the top left. The first convolution gives eight
maps, one for each of its kernels: red where the kernel fits, blue where its opposite does. ReLU
keeps the red and sets the rest to 0. The second convolution combines these maps into 16, and max
pooling halves their size, keeping the largest of each 2 x 2 values. The last layer gives ten
scores, one for each digit; the highest wins.

Alt: An image of a handwritten digit, and six rows of small maps that get coarser downwards, the
last row with ten values.
"""

from __future__ import annotations

from _frame import main
from _nets import digits_net, digits_test
from matplotlib.figure import Figure

from minicnn import viz


def draw() -> Figure:
    images, labels = digits_test()
    layers = ["conv1", "relu1", "conv2", "relu2", "pool", "fc2"]
    title = f"The digit {labels[3]} on its way through the network"
    return viz.feature_maps(digits_net(), images[3], layers, title=title)


if __name__ == "__main__":
    main(__file__)
