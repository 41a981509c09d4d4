"""Max and average pooling make a map smaller.

The edges of a photo (its Sobel map) at a quarter of the height and width, by two rules. Max pooling
keeps the strongest of each 4 x 4 values, so thin edges survive. Average pooling takes their mean,
so thin edges fade: mind the bars, its values are lower. Plain striding takes every fourth value
and loses edges that lie between.

Alt: A large map of edges and three small ones: bright by max pooling, dim by average pooling, and
broken by striding.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _photos import grey, temple
from matplotlib.figure import Figure

from minicnn import filters, viz
from minicnn.nn.functional import avg_pool2d, max_pool2d


def draw() -> Figure:
    edges = filters.gradient_magnitude(grey(temple()))
    x = edges[np.newaxis, np.newaxis]  # (1, 1, H, W)
    small = {
        "max pooling, 4 x 4": max_pool2d(x, 4),
        "average pooling, 4 x 4": avg_pool2d(x, 4),
        "every fourth value": x[..., ::4, ::4],
    }
    pictures = [edges, *(np.asarray(each)[0, 0] for each in small.values())]
    titles = [
        f"{name}: {each.shape[0]} x {each.shape[1]}"
        for name, each in zip(["edges of the photo", *small], pictures)
    ]
    title = "Three ways to a quarter of the size"
    return viz.images(pictures, titles, scale="positive", columns=2, title=title)


if __name__ == "__main__":
    main(__file__)
