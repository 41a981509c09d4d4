"""Learning curves: what training gains, epoch by epoch.

A small network learns to read 1,442 handwritten digits. After each pass over them (an epoch) it is
also tried on 355 digits that it never trained on. Both losses fall and both accuracies rise. Where
the validation curve stops getting better while the training curve goes on, the network only learns
its training images by heart.

Alt: Two diagrams over 12 epochs: falling curves of the loss, and rising curves of the accuracy, for
training and validation.
"""

from __future__ import annotations

from _frame import main
from _nets import DigitsNet, train_digits
from matplotlib.figure import Figure

import minicnn
from minicnn import viz


def draw() -> Figure:
    minicnn.manual_seed(0)
    history = train_digits(DigitsNet())
    return viz.learning_curves(history, title="A small CNN learns 10 digits from 1,442 images")


if __name__ == "__main__":
    main(__file__)
