"""Five answers to what lies beyond the edge.

At the edge of a photo a kernel reaches over it, and something must stand in for the missing pixels.
Here a mean over 31 x 31 pixels, large so that it shows. "extend" repeats the outermost pixels, and
"reflect" mirrors the photo: both leave the edge natural. "pad" puts zeros there, so the edge turns
dark. "wrap" takes the other end of the photo, so the bright sky bleeds into the dark bushes below.
"crop" keeps only places where the kernel fits: the picture shrinks by 30 pixels each way.

Alt: A photo of a temple and five blurred versions; one has a dark border, one is smaller.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _photos import grey, temple
from matplotlib.figure import Figure

from minicnn import filters, viz


def draw() -> Figure:
    photo = grey(temple())[::2, ::2]
    kernel = filters.box(31)
    pictures, titles = [photo], [f"the photo, {photo.shape[0]} x {photo.shape[1]} pixels"]
    for edges in ("extend", "reflect", "pad", "wrap", "crop"):
        blurred = filters.apply(photo, kernel, edges)
        titles.append(f'edges="{edges}": {blurred.shape[0]} x {blurred.shape[1]}')
        frame = np.ones(photo.shape)  # so that a smaller result looks smaller
        top, left = ((a - b) // 2 for a, b in zip(frame.shape, blurred.shape))
        frame[top : top + blurred.shape[0], left : left + blurred.shape[1]] = blurred
        pictures.append(frame)
    title = "A mean over 31 x 31 pixels, and five rules for the edge"
    return viz.images(np.clip(pictures, 0, 1), titles, columns=3, title=title)


if __name__ == "__main__":
    main(__file__)
