"""On photos, the change that fools a net cannot be seen.

Four photos of CIFAR-10 that the net sees right; the change that PGD finds for each, ten times
as strong and on grey; and the photo with that change. No colour of any pixel moves by more than
2 of its 255 steps, so the photos look the same to a person, but the net sees another class in them,
and is more than half sure of it.

Alt: Four small photos, coloured noise below each, and the photos again, which look unchanged but
are labelled as something else.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _nets import cifar_net, cifar_test
from look_grad_cam_cifar import NAMES
from matplotlib.figure import Figure

from minicnn import no_grad, viz
from minicnn.attacks import PGD
from minicnn.nn import functional as F

NEEDS = "cifar-10-batches-bin"
SLOW = True
RADIUS = 2 / 255


def draw() -> Figure:
    model, (images, labels) = cifar_net(), cifar_test()
    images, labels = images[:200], labels[:200]
    attacked = PGD(model).perturb(images, RADIUS, RADIUS / 4, 20, labels).data
    with no_grad():
        before, after = (F.softmax(model(x), 1).data for x in (images, attacked))
    fooled = (before.argmax(axis=1) == labels) & (after.argmax(axis=1) != labels)
    chosen = [int(np.flatnonzero(fooled & (labels == c))[0]) for c in (0, 1, 5, 7)]
    change = 0.5 + 10 * (attacked - images)
    return viz.images(
        [*images[chosen], *change[chosen], *attacked[chosen]],
        [
            *(_seen(before[i]) for i in chosen),
            *["the change, 10 times as strong"] * 4,
            *(_seen(after[i]) for i in chosen),
        ],
        columns=4,
        title="PGD with 2 of 255 steps of colour: before, change, after",
    )


def _seen(shares: np.ndarray) -> str:
    return f"{NAMES[shares.argmax()]} ({shares.max():.0%} sure)"


if __name__ == "__main__":
    main(__file__)
