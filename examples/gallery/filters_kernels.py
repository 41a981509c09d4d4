"""Eight small kernels, and what each makes of a photo.

Every picture is one convolution of the grey photo at the top left with a kernel of 3 x 3 to 13 x 13
numbers. Kernels whose numbers add up to 1 keep the brightness: the blurs take means, sharpen and
emboss exaggerate differences. The others add up to 0, or nearly, and give 0 on flat
ground, white here: the Laplacian answers to spots and edges, the Gabor filters to stripes of one
direction and width.

Alt: A grey photo of a flower, four filtered versions of it and four maps in red and blue.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _photos import flower, grey
from matplotlib.figure import Figure

from minicnn import filters, viz

SIGNED = {
    "laplacian: spots and edges": filters.kernel("laplacian"),
    "prewitt_x: upright edges": filters.kernel("prewitt_x"),
    "Gabor, 0 degrees, 6 pixels": filters.gabor(6, 0, size=13),
    "Gabor, 60 degrees, 6 pixels": filters.gabor(6, 60, size=13),
}
PHOTOS = {
    "box blur, 9 x 9": filters.box(9),
    "Gaussian blur, sigma 2 pixels": filters.gaussian(2.0),
    "sharpen": filters.kernel("sharpen"),
    "emboss": filters.kernel("emboss"),
}


def draw() -> Figure:
    photo = grey(flower())[60:380, 120:520]
    blurred = {name: np.clip(filters.apply(photo, k), 0, 1) for name, k in PHOTOS.items()}
    maps = {name: filters.apply(photo, k) for name, k in SIGNED.items()}
    pictures = {"the photo": photo} | blurred | maps
    return viz.images(
        list(pictures.values()),
        list(pictures),
        scale=["photo"] * (1 + len(blurred)) + ["signed"] * len(maps),
        columns=3,
        title="What small kernels make of a photo",
    )


if __name__ == "__main__":
    main(__file__)
