"""What one unit sees.

A unit of the second convolution reads 3 x 3 places of the maps below it, each of which reads 3 x 3
pixels: so it sees 5 x 5 pixels of the digit, the frame. How much each of them matters is another
question: at the right is by how much the unit changes when a pixel does. Pixels in the middle are
read along several ways and mostly count most.

Alt: A digit of 8 x 8 pixels with a frame around 5 x 5 of them, and a map of how much each pixel
matters, which is 0 outside the frame.
"""

from __future__ import annotations

from _frame import main
from _nets import digits_net, digits_test
from matplotlib.figure import Figure

from minicnn import viz


def draw() -> Figure:
    images, _ = digits_test()
    return viz.receptive_field(digits_net(), images[3], "conv2", (5, 4, 3))


if __name__ == "__main__":
    main(__file__)
