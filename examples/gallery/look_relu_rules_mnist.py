"""Three ways back through a ReLU make three pictures of the same digit.

All three go back from the score of the right digit to the pixels. The gradient stops at each ReLU
that was off on the way forth. The deconvolution ignores that, and stops whatever is negative on the
way back. Guided backprop does both, and so leaves only what some layer's features have in favour of
the digit: its lines are the cleanest. Red pixels speak for the digit, blue ones against it.

Alt: Two digits and three maps of each: a speckled one, a sparse one, and one in which the strokes
are clearly drawn.
"""

from __future__ import annotations

from _frame import main
from _nets import mnist_net, mnist_test
from matplotlib.figure import Figure

from minicnn import interpret, viz

NEEDS = "mnist"
SLOW = True


def draw() -> Figure:
    model, (images, labels) = mnist_net(), mnist_test()
    panels, titles = [], []
    for digit in (2, 5):
        x = images[labels == digit][:1]
        panels += [
            x[0],
            interpret.Saliency(model).attribute(x, digit, abs=False).data[0],
            interpret.Deconvolution(model).attribute(x, digit).data[0],
            interpret.GuidedBackprop(model).attribute(x, digit).data[0],
        ]
        titles += [f"A {digit}", "Gradient", "Deconvolution", "Guided backprop"]
    return viz.images(
        panels,
        titles,
        scale=["photo", "signed", "signed", "signed"] * 2,
        columns=4,
        title="Three rules for the way back through a ReLU (red speaks for the digit)",
    )


if __name__ == "__main__":
    main(__file__)
