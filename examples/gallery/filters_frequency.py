"""A photo and its frequencies, before and after filters.

Below each photo is its frequency picture: how strongly each wave takes part in it. Slow changes of
brightness are in the middle, fine detail at the rim, and a direction in this picture is the
direction in which a wave runs. A blur darkens the rim. The Laplacian darkens the middle and keeps
the rim. sobel_x darkens the upright line through the middle: waves that only run up and down are
gone.

Alt: Four versions of a photo above their frequency pictures; the blur has only a bright middle, the
Laplacian only a bright rim, and Sobel has a dark upright line.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _photos import grey, temple
from matplotlib.figure import Figure

from minicnn import filters, viz

KERNELS = {
    "Gaussian blur, sigma 3": filters.gaussian(3.0),
    "laplacian": filters.kernel("laplacian"),
    "sobel_x": filters.kernel("sobel_x"),
}


def draw() -> Figure:
    photo = grey(temple())
    maps = {name: filters.apply(photo, k, "reflect") for name, k in KERNELS.items()}
    scales = ["photo", "photo", "signed", "signed"]
    pictures = [photo, np.clip(maps["Gaussian blur, sigma 3"], 0, 1), *list(maps.values())[1:]]
    spectra = [filters.spectrum(each) for each in (photo, *maps.values())]
    return viz.images(
        pictures + spectra,
        ["the photo", *maps, *["log(1 + |frequencies|)"] * 4],
        scale=scales + ["positive"] * 4,
        columns=4,
        title="Filters seen in frequencies",
    )


if __name__ == "__main__":
    main(__file__)
