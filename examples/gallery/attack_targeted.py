"""One digit, made to be read as any other.

The first image is a 6. The others are the same 6, changed by projected gradient descent with a
wish: that the net reads it as 0, as 1, and so on. No pixel moves by more than 0.25 of full ink.
Most wishes come true, and the net is sure of it, though the strokes of the 6 are still there. A
wish that needs more than that fails.

Alt: Ten grey images of the digit 6, nine of them with patterns, each with what the net was to read
and what it reads.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _nets import digits_net, digits_test
from matplotlib.figure import Figure

from minicnn import no_grad, viz
from minicnn.attacks import PGD
from minicnn.nn import functional as F


def draw() -> Figure:
    model, (images, labels) = digits_net(), digits_test()
    x, wishes = images[labels == 6][:1], np.array([0, 1, 2, 3, 4, 5, 7, 8, 9])
    attacked = PGD(model).perturb(x.repeat(9, axis=0), 0.25, 0.025, 30, wishes, targeted=True).data
    panels = np.concatenate([x, attacked])
    with no_grad():
        shares = F.softmax(model(panels), 1).data
    titles = [
        f'{asked}\nread as "{share.argmax()}" ({share.max():.0%} sure)'
        for asked, share in zip(["as it is", *(f'wish: "{w}"' for w in wishes)], shares)
    ]
    return viz.images(
        list(panels), titles, columns=5, title='A "6" that is to be read as something else'
    )


if __name__ == "__main__":
    main(__file__)
