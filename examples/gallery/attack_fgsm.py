"""A little grey, put on in the right places, makes a net misread a digit.

Each row: a test digit and what the net takes it for, the change that the fast gradient sign method
makes, and the result. Each pixel moves by 0.15 of full ink in the direction in which the net's
error grows, or less where it comes to no ink or full ink; red adds ink, blue takes it away. The
digit has not become another one for a person. Random noise of this size hardly ever misleads the
net.

Alt: Three rows of a digit, a pattern of red and blue pixels, and the digit with the pattern added,
which the net takes for another digit.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _nets import digits_net, digits_test
from matplotlib.figure import Figure

from minicnn import no_grad, viz
from minicnn.attacks import FGSM
from minicnn.nn import functional as F

EPSILON = 0.15


def draw() -> Figure:
    model, (images, labels) = digits_net(), digits_test()
    attacked = FGSM(model).perturb(images, EPSILON, labels).data
    with no_grad():
        before, after = (F.softmax(model(x), 1).data for x in (images, attacked))
    fooled = (before.argmax(axis=1) == labels) & (after.argmax(axis=1) != labels)
    panels, titles = [], []
    for digit in (3, 4, 8):
        i = int(np.flatnonzero(fooled & (labels == digit))[0])
        panels += [images[i], attacked[i] - images[i], attacked[i]]
        titles += [_reading(before[i]), f"change by at most {EPSILON}", _reading(after[i])]
    return viz.images(
        panels,
        titles,
        scale=["photo", "signed", "photo"] * 3,
        columns=3,
        title="FGSM: the net misreads, a person does not",
    )


def _reading(shares: np.ndarray) -> str:
    return f'read as "{shares.argmax()}" ({shares.max():.0%} sure)'


if __name__ == "__main__":
    main(__file__)
