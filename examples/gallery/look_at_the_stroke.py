"""A trained net looks at the stroke, not at the black around it.

Each row is a digit somewhere on a black canvas. The maps beside it say what the net's score for the
right digit depends on: how much a pixel's change would matter (saliency), how far the score falls
when 2x2 pixels are covered (occlusion; what falls is shown, what rises is left out), and where the
last layer's maps speak for the digit (Grad-CAM). The numbers say which part of each map lies on
ink; a map that knows nothing would have 13 % there.

Alt: Three handwritten digits on black canvases, and beside each three maps that are bright where
the digit is.
"""

from __future__ import annotations

import numpy as np
from _canvas import canvas_digits, canvas_net
from _frame import main
from matplotlib.figure import Figure

from minicnn import interpret, viz

SLOW = True


def draw() -> Figure:
    model, (images, labels) = canvas_net(), canvas_digits(train=False)
    chosen = [int(np.flatnonzero(labels == digit)[2]) for digit in (2, 5, 8)]
    x, y = images[chosen], labels[chosen]
    maps = {
        "Saliency": interpret.Saliency(model).attribute(x, y),
        "Occlusion": interpret.Occlusion(model).attribute(x, (1, 2, 2), target=y),
        "Grad-CAM": interpret.GradCAM(model, "5").attribute(x, y),
    }
    panels, titles, scales = [], [], []
    for i in range(3):
        panels.append(x[i])
        titles.append(f"A {y[i]}")
        scales.append("photo")
        for name, values in maps.items():
            positive = np.maximum(values.data[i], 0)
            on_ink = positive[x[i] > 0].sum() / positive.sum()
            panels.append(positive)
            titles.append(f"{name}: {on_ink:.0%} on ink")
            scales.append("positive")
    return viz.images(
        panels, titles, scale=scales, columns=4, title="A trained net looks at the stroke"
    )


if __name__ == "__main__":
    main(__file__)
