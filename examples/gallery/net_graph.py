"""The computation graph of a residual network.

Each box is a layer: its kind, its name in the model, and the shape of what it gives for one image.
An arrow says who reads whom. Every second batch normalization adds what its block was given, the
arrow that passes by the block on the side: the shortcut that gave residual networks their name.
Where the number of channels doubles, the shortcut takes every second pixel and adds channels of
zeros.

Alt: A chain of boxes from the input at the top to ten scores at the bottom, with arrows that lead
around every second pair of convolutions.
"""

from __future__ import annotations

from _frame import main

from minicnn import nn, viz
from minicnn.models import ResNetCIFAR

KIND = "svg"


def draw() -> viz.Graph:
    with nn.init.undrawn():  # values do not matter here
        model = ResNetCIFAR(8).eval()
    return viz.graph(model, (3, 32, 32), title="ResNet-8 for images of 32 x 32 pixels")


if __name__ == "__main__":
    main(__file__)
