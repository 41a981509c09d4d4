"""A small net for digits anywhere on a canvas, and one that was attacked while it learnt."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from _nets import DigitsNet, _kept

import minicnn
from minicnn import nn
from minicnn.attacks import FGSM, AdversarialTraining
from minicnn.data import DataLoader, TensorDataset
from minicnn.datasets import Digits
from minicnn.training import Trainer

CANVAS = 16  # rows and columns
SOURCE = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]


def canvas_digits(train: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return digits of 8x8 pixels, each at a random place of a black image, and their labels."""
    data, rng = Digits(train=train), np.random.default_rng(int(train))
    images = np.zeros((len(data), 1, CANVAS, CANVAS), np.float32)
    for canvas, digit in zip(images, data.data):
        top, left = rng.integers(0, CANVAS - 8 + 1, 2)
        canvas[0, top : top + 8, left : left + 8] = digit / 16
    return images, data.targets


def canvas_net() -> nn.Sequential:
    """Return three convolutions under a global max pooling, in eval mode: right on about 96 %."""

    def make() -> nn.Sequential:
        layers: list[nn.Module] = []
        for channels, more in ((1, 16), (16, 32), (32, 32)):
            layers += [nn.Conv2d(channels, more, 3, padding=1), nn.ReLU()]  # (N, more, 16, 16)
        return nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(32, 10))

    return _kept(f"canvas-{SOURCE}", make, lambda model: _fit(model, *canvas_digits(True), 8, 4e-3))


def robust_net() -> DigitsNet:
    """Return the network for `Digits`, half of whose lessons were attacked by FGSM."""

    def train(model: DigitsNet) -> None:
        images, labels = Digits(train=True).get_batch(np.arange(1442))
        defence = AdversarialTraining(FGSM(model), epsilon=0.1)
        _fit(model, np.asarray(images), np.asarray(labels), 12, 3e-3, defence)

    return _kept(f"robust-{SOURCE}", DigitsNet, train)


def _fit(model, images, labels, epochs, lr, *callbacks):
    loader = DataLoader(TensorDataset(images, labels), batch_size=32, shuffle=True, seed=0)
    optimizer = minicnn.optim.Adam(model.parameters(), lr=lr)
    return Trainer(optimizer, callbacks=callbacks, progress=False).fit(model, loader, epochs)
