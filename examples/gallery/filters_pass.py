"""Low-pass and high-pass filters take a photo apart.

A low-pass filter keeps slow changes of brightness, a high-pass filter the rest; together they are
the photo again. The limit here is 0.04 cycles per pixel: waves of 25 pixels and longer pass below.
The ideal filter cuts off sharply, and pays with ripples beside every edge (look along the roofs).
The Gaussian filter fades out and has none. The line along the upper edge is there since both take
the photo for one tile of an endless pattern: bright sky meets dark bushes there.

Alt: A photo of a temple; two blurred versions, the first with ripples; and two maps of its edges.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _photos import grey, temple
from matplotlib.figure import Figure

from minicnn import filters, viz

CUTOFF = 0.04  # cycles per pixel


def draw() -> Figure:
    photo = grey(temple())
    low = {
        f"low-pass, {kind}": np.clip(filters.low_pass(photo, CUTOFF, kind), 0, 1)
        for kind in ("ideal", "gaussian")
    }
    high = {
        f"high-pass, {kind}": filters.high_pass(photo, CUTOFF, kind)
        for kind in ("ideal", "gaussian")
    }
    pictures = [photo, *low.values(), filters.spectrum(photo), *high.values()]
    return viz.images(
        pictures,
        ["the photo", *low, "its frequencies, log(1 + |F|)", *high],
        scale=["photo", "photo", "photo", "positive", "signed", "signed"],
        columns=3,
        title=f"What is slower and what is faster than {CUTOFF} cycles per pixel",
    )


if __name__ == "__main__":
    main(__file__)
