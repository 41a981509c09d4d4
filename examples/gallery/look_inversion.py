"""How much of a digit is left, layer by layer.

Beginning with noise, an image is sought that gives the same values in one layer as the digit at the
upper left does. What the layer has kept comes back, what it has thrown away does not. Even after
pooling, 256 numbers tell almost every one of the 64 pixels. The hidden layer has 64 numbers, many
of them 0, and the end has ten scores: they know which digit it is, so quite another image will do.

Alt: A digit of 8 by 8 pixels and its reconstructions from five layers: three like it, and two that
look like noise.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _nets import digits_net, digits_test
from matplotlib.figure import Figure

import minicnn
from minicnn import viz
from minicnn.interpret import invert_features

LAYERS = {
    "relu1": "after the first convolution",
    "relu2": "after the second convolution",
    "pool": "after pooling",
    "relu3": "after the hidden layer",
    "fc2": "from the ten scores",
}


def draw() -> Figure:
    model, (images, labels) = digits_net(), digits_test()
    x = images[labels == 5][3]
    found, titles = [x], ["The image"]
    for layer, text in LAYERS.items():
        minicnn.manual_seed(0)
        image = invert_features(model, layer, x, steps=300, variation_weight=1e-3).image.data[0]
        found.append(image)
        titles.append(f"{text}: off by {np.sqrt(np.mean((image - x) ** 2)):.2f}")
    return viz.images(
        found,
        titles,
        columns=3,
        title="Images with the same features (off by: root mean square, ink is 1)",
    )


if __name__ == "__main__":
    main(__file__)
