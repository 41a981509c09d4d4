"""What four channels of a convolution look for.

Each row is one channel of the second convolution. Of all test digits, those six are shown in which
it is most active, and the orange square is the part of the image that it sees there: 5x5 pixels.
What the squares of a row have in common is what the channel has learnt to find: the corner of an
upper bow, say, or the right side of an upright stroke. A square goes on over the edge of the image
where the channel sees padding.

Alt: Four rows of six handwritten digits, in each of which an orange square marks similar pieces of
the strokes.
"""

from __future__ import annotations

from _frame import main
from _nets import digits_net, digits_test
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from minicnn import viz
from minicnn.interpret import max_activating_patches


def draw() -> Figure:
    model, (images, _) = digits_net(), digits_test()
    channels = (1, 5, 8, 11)
    rows = [max_activating_patches(model, "relu2", c, images, 6) for c in channels]
    found = [patch for row in rows for patch in row]
    titles = [
        f"channel {c}: {patch.activation:.1f}" for c, row in zip(channels, rows) for patch in row
    ]
    figure = viz.images(
        [images[patch.image] for patch in found],
        titles,
        columns=6,
        title="Where four channels of conv2 are most active (activation after ReLU)",
    )
    for axes, (top, left, bottom, right) in zip(figure.axes, (patch.box for patch in found)):
        corner, width, height = (left - 0.5, top - 0.5), right - left, bottom - top
        axes.add_patch(
            Rectangle(corner, width, height, fill=False, edgecolor="#d9822b", linewidth=2.5)
        )
    return figure


if __name__ == "__main__":
    main(__file__)
