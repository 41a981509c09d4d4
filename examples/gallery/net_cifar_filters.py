"""Coloured kernels of a network for photos.

The first convolution of a network that tells ten kinds of CIFAR-10's photos apart. Each kernel
reads the three colours of 3 x 3 pixels, so it can be drawn as a tiny coloured image: where it is
red, red light counts for its map; grey counts nothing. Some look for edges, light on one side and
dark on the other; some look for a colour against its opposite.

Alt: Sixteen tiny images of 3 x 3 pixels each, in many colours around grey.
"""

from __future__ import annotations

from _frame import main
from _nets import cifar_net
from matplotlib.figure import Figure

from minicnn import viz

NEEDS = "cifar-10-batches-bin"
SLOW = True


def draw() -> Figure:
    title = "First convolution of a network for CIFAR-10: 16 kernels of 3 x 3 pixels"
    return viz.filters(cifar_net(), "features.0", title=title)


if __name__ == "__main__":
    main(__file__)
