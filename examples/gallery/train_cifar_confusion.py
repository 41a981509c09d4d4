"""Which kinds of photos a network mixes up.

A small network sorts CIFAR-10's test photos into ten kinds. Each row holds 1,000 photos of one
kind, and says what they were taken for. Machines and animals form two blocks: a truck is taken for
an automobile, a cat for a dog, but rarely a cat for a truck. The network has never been told that
cats and dogs are alike.

Alt: A table of ten rows and ten columns with a dark diagonal and paler mistakes between like kinds.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _nets import cifar_net, cifar_test
from matplotlib.figure import Figure

import minicnn
from minicnn import viz
from minicnn.datasets import CIFAR10
from minicnn.metrics import confusion_matrix

NEEDS = "cifar-10-batches-bin"
SLOW = True


def draw() -> Figure:
    images, labels = cifar_test()
    net = cifar_net()
    with minicnn.no_grad():
        scores = [np.asarray(net(minicnn.Tensor(part))) for part in np.array_split(images, 20)]
    counts = confusion_matrix(np.concatenate(scores), labels)
    return viz.confusion_matrix(counts, CIFAR10.classes)


if __name__ == "__main__":
    main(__file__)
