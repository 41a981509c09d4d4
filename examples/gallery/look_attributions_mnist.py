"""Where five methods find the digit in an image.

Each row is a test image of MNIST that LeNet-5 reads right. Saliency and SmoothGrad say how much the
score of that digit would change with each pixel; they also light up paper beside the stroke, where
ink would make another digit. Integrated ("int.") gradients and occlusion share out the score: red
speaks for the digit, blue against it. Grad-CAM only tells, on a coarse grid, where the last maps
found it.

Alt: Three handwritten digits, and beside each five maps in which its stroke or its surroundings
stand out.
"""

from __future__ import annotations

from _frame import main
from _nets import mnist_net, mnist_test
from matplotlib.figure import Figure

import minicnn
from minicnn import interpret, viz

NEEDS = "mnist"
SLOW = True


def draw() -> Figure:
    model, (images, labels) = mnist_net(), mnist_test()
    panels, titles = [], []
    minicnn.manual_seed(0)
    for digit in (3, 4, 7):
        x = images[labels == digit][:1]
        maps = {
            "Saliency": interpret.Saliency(model).attribute(x, digit),
            "SmoothGrad": interpret.SmoothGrad(model).attribute(x, digit),
            "Int. gradients": interpret.IntegratedGradients(model).attribute(x, 0, digit),
            "Occlusion of 4x4": interpret.Occlusion(model).attribute(x, (1, 4, 4), 2, 0, digit),
            "Grad-CAM": interpret.GradCAM(model, "features.4").attribute(x, digit),
        }
        panels += [x[0], *(each.data[0] for each in maps.values())]
        titles += [f"A {digit}", *maps]
    return viz.images(
        panels,
        titles,
        scale=["photo", "positive", "positive", "signed", "signed", "positive"] * 3,
        columns=6,
        title="Five answers to the question where the digit is",
    )


if __name__ == "__main__":
    main(__file__)
