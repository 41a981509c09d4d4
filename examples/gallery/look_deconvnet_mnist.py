"""A deconvnet shows which strokes have driven a feature map.

For two maps of LeNet-5's second convolution, the five test digits are shown that drive them most,
within an orange square what the unit sees: 14x14 pixels. Below, the one activation has gone back
through the layers to the pixels: unpooled to where the maxima were, rectified, and filtered with
the same kernels. Red is ink that the unit asks for, blue where it wants none.

Alt: Rows of handwritten digits with an orange square, and below each digit a map of the stroke that
the feature map responds to.
"""

from __future__ import annotations

from _frame import main
from _nets import mnist_net, mnist_test
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from minicnn import viz
from minicnn.interpret import Deconvnet, max_activating_patches

NEEDS = "mnist"
SLOW = True
CHANNELS, LAYER = (2, 7), "features.4"


def draw() -> Figure:
    model, (images, _) = mnist_net(), mnist_test()
    panels, titles, scales, boxes = [], [], [], []
    for channel in CHANNELS:
        found = max_activating_patches(model, LAYER, channel, images[:3000], 5)
        project = Deconvnet(model, LAYER).attribute
        panels += [images[patch.image] for patch in found]
        panels += [project(images[p.image], channel, p.position).data[0] for p in found]
        titles += [f"map {channel}: {patch.activation:.1f}" for patch in found]
        titles += ["its deconvolution"] * 5
        scales += ["photo"] * 5 + ["signed"] * 5
        boxes += [patch.box for patch in found] + [None] * 5
    figure = viz.images(
        panels, titles, scale=scales, columns=5, title="Which strokes drive two feature maps"
    )
    for axes, box in zip(figure.axes, boxes):
        if box is not None:
            corner, width, height = (box.left - 0.5, box.top - 0.5), *_size(box)
            axes.add_patch(
                Rectangle(corner, width, height, fill=False, edgecolor="#d9822b", linewidth=2)
            )
    return figure


def _size(box):
    return box.right - box.left, box.bottom - box.top


if __name__ == "__main__":
    main(__file__)
