"""Grad-CAM shows where in a photo the net finds its class.

Five photos of CIFAR-10 that the net sees right. In the second row, yellow marks the places whose
feature maps speak for the class, as Grad-CAM weighs them at the last convolution (8x8 places,
enlarged to the photo's 32x32 pixels; the numbers are parts of the score's gradient and only tell
more from less). In the third row the photo is lit by that map: the wheel of the car and the chest
of the horse, but for the deer it is the meadow around it.

Alt: Five small photos, below each a coarse map in dark blue to yellow, and the photo lit only where
the map is bright.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _nets import cifar_net, cifar_test
from matplotlib.figure import Figure

from minicnn import no_grad, viz
from minicnn.interpret import GradCAM

NEEDS = "cifar-10-batches-bin"
SLOW = True
NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def draw() -> Figure:
    model, (images, labels) = cifar_net(), cifar_test()
    with no_grad():
        right = np.flatnonzero(model(images[:500]).data.argmax(axis=1) == labels[:500])
    chosen = [next(i for i in right if labels[i] == c) for c in (1, 4, 6, 7, 8)]
    x, y = images[chosen], labels[chosen]
    maps = GradCAM(model, "features.7").attribute(x, y).data
    lit = x * (0.2 + 0.8 * maps / maps.max(axis=(2, 3), keepdims=True))
    titles = [NAMES[c] for c in y] + ["Grad-CAM"] * 5 + ["the photo in its light"] * 5
    return viz.images(
        [*x, *maps, *lit],
        titles,
        scale=["photo"] * 5 + ["positive"] * 5 + ["photo"] * 5,
        columns=5,
        title="Where the net finds its class",
    )


if __name__ == "__main__":
    main(__file__)
