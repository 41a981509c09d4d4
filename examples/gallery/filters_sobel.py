"""The Sobel filter finds edges.

A Sobel filter compares the pixels on the right of each place with those on its left (or those below
with those above). Where brightness stays the same it gives 0. Upright edges, like the columns,
light up in the first map: red where the photo gets brighter to the right, blue where it gets
darker. Level edges, like the roofs, light up in the second. The length of both together shows every
edge, whatever its direction.

Alt: A photo of a temple and three maps of it: one shows the upright edges in red and blue, one the
level edges, and one all edges bright on a dark ground.
"""

from __future__ import annotations

from _frame import main
from _photos import grey, temple
from matplotlib.figure import Figure

from minicnn import filters, viz


def draw() -> Figure:
    photo = grey(temple())
    across, down = filters.apply(photo, "sobel_x"), filters.apply(photo, "sobel_y")
    steepness = filters.gradient_magnitude(photo, "sobel")
    return viz.images(
        [photo, across, down, steepness],
        [
            "The photo, in grey",
            "sobel_x: change of brightness to the right",
            "sobel_y: change of brightness downwards",
            "Both together: how steep, in any direction",
        ],
        scale=["photo", "signed", "signed", "positive"],
        columns=2,
        title="The Sobel filter finds edges",
    )


if __name__ == "__main__":
    main(__file__)
