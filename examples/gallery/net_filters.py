"""The kernels that a network has learnt.

The first convolution of a network for digits: eight kernels of 3 x 3 weights. Red weights count ink
for the map that the kernel makes, blue ones count it against. A kernel with red on one side and
blue on the other finds edges in that direction, like a Sobel filter, but nobody wrote these down:
they came out of training.

Alt: Eight tables of 3 x 3 cells in shades of red and blue.
"""

from __future__ import annotations

from _frame import main
from _nets import digits_net
from matplotlib.figure import Figure

from minicnn import viz


def draw() -> Figure:
    title = "First convolution of a network for digits: 8 kernels of 3 x 3"
    return viz.filters(digits_net(), "conv1", title=title)


if __name__ == "__main__":
    main(__file__)
