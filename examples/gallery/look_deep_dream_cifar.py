"""DeepDream: a small net sees its own features in a photo.

The photo is changed so that whatever a layer sees in it, it sees more strongly; first in a small
copy, then in ever larger ones (octaves), so that there are large patterns and small ones. In this
small net, which has learnt CIFAR-10, the first convolution dreams of stronger colours and contrast,
the second of edges in dark and light, and the third, whose units see 18x18 pixels, of bundles of
slanted lines. Eyes and animals need a deeper net.

Alt: A photo of a temple and three versions of it: one in glaring colours, one with hard edges, and
one covered by bundles of slanted strokes.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _nets import cifar_net
from _photos import temple
from matplotlib.figure import Figure

import minicnn
from minicnn import viz
from minicnn.interpret import deep_dream

NEEDS = "cifar-10-batches-bin"
SLOW = True
WHICH = ("first", "second", "third")


def draw() -> Figure:
    model = cifar_net()
    half = temple()[:426].reshape(213, 2, 320, 2, 3).mean(axis=(1, 3)) / 255  # of half the size
    photo = np.moveaxis(half, -1, 0).astype(np.float32)
    dreams = []
    for layer, lr in (("features.1", 0.003), ("features.4", 0.008), ("features.7", 0.01)):
        minicnn.manual_seed(0)
        dreams.append(deep_dream(model, layer, photo, octaves=4, steps=12, lr=lr).image.data[0])
    return viz.images(
        [photo, *dreams],
        ["The photo", *(f"Dream of the {which} convolution" for which in WHICH)],
        columns=2,
        title="DeepDream: more of what a layer sees",
    )


if __name__ == "__main__":
    main(__file__)
