"""A layer whose weights are set by hand.

Four kernels of 4 x 4 weights, half of them 1 and half -1: two for upright edges and two for level
ones, each the negative of the other. So each second map is the negative of the one before it. ReLU
keeps what is above 0, and max pooling makes the maps half as high and wide while keeping the
strongest answers. This is the layer that the lecture sets up before any training.

Alt: A photo of a temple and three rows of four maps: edges in red and blue, the same above zero
only, and the same at half the size.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _photos import grey, temple
from matplotlib.figure import Figure

from minicnn import nn, viz


def draw() -> Figure:
    left = np.array([[-1, -1, 1, 1]] * 4, np.float32)
    kernels = np.stack([left, -left, left.T, -left.T])[:, np.newaxis]  # (4, 1, 4, 4)
    conv = nn.Conv2d(1, 4, 4, bias=False)
    conv.weight.data[...] = kernels
    model = nn.Sequential({"conv": conv, "relu": nn.ReLU(), "pool": nn.MaxPool2d(2)}).eval()
    photo = grey(temple())[::2, ::2].astype(np.float32)
    title = "Kernels set by hand: brighter to the right (0), left (1), below (2), above (3)"
    return viz.feature_maps(model, photo[np.newaxis], ["conv", "relu", "pool"], title=title)


if __name__ == "__main__":
    main(__file__)
