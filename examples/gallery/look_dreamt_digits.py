"""What the net thinks a perfect 0, 1, 2, ... looks like.

Each image began as grey noise and was changed in 30 small steps, each in the direction in which the
score of one digit rises fastest. A light blur after each step keeps it from becoming speckle. The
numbers say how the score rose, and the best score of the real test digits of that class: the net
likes each of these better than any digit that a person wrote, and yet few look like one.

Alt: Ten grey images of 8 by 8 pixels, one for each digit, some of which resemble it, with the score
before and after.
"""

from __future__ import annotations

from _frame import main
from _nets import digits_net, digits_test
from matplotlib.figure import Figure

import minicnn
from minicnn import viz
from minicnn.interpret import activation_maximization


def draw() -> Figure:
    model, (real, labels) = digits_net(), digits_test()
    with minicnn.no_grad():
        scores = model(real).data
    images, titles = [], []
    for digit in range(10):
        minicnn.manual_seed(digit)
        found = activation_maximization(model, "fc2", digit, (1, 8, 8), lr=0.05, blur=0.4)
        first, last = found.activations[0], found.activations[-1]
        images.append(found.image.data[0])
        best = scores[labels == digit, digit].max()
        titles.append(f'"{digit}": {first:.1f} to {last:.1f}\nreal ones: up to {best:.1f}')
    return viz.images(
        images, titles, columns=5, title="Images that raise the score (logit) of one digit"
    )


if __name__ == "__main__":
    main(__file__)
