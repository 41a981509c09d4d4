"""Small nets that have learnt the digits, to look at in tests. Nobody may change them."""

from __future__ import annotations

import functools

import numpy as np

import minicnn
from minicnn import nn
from minicnn.data import DataLoader, TensorDataset
from minicnn.datasets import Digits
from minicnn.training import Trainer

CANVAS = 16  # rows and columns


def untrained(seed: int = 0) -> nn.Sequential:
    minicnn.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),  # (N, 16, 8, 8)
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),  # (N, 32, 8, 8)
        nn.ReLU(),
        nn.MaxPool2d(2),  # (N, 32, 4, 4)
        nn.Flatten(),
        nn.Linear(512, 10),
    )


@functools.cache
def trained() -> nn.Sequential:
    """A net for digits of 8x8 pixels, in eval mode."""
    return learnt(untrained(), *digits(train=True), epochs=8, lr=2e-3)


@functools.cache
def trained_on_canvas() -> nn.Sequential:
    """A net for digits anywhere on a canvas, which decides by each channel's largest value."""
    minicnn.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding=1),
        nn.ReLU(),  # (N, 32, 16, 16)
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(32, 10),
    )
    return learnt(model, *on_canvas(train=True), epochs=4, lr=4e-3)


def learnt(
    model: nn.Sequential, images: np.ndarray, labels: np.ndarray, epochs: int, lr: float
) -> nn.Sequential:
    loader = DataLoader(TensorDataset(images, labels), batch_size=32, shuffle=True, seed=0)
    optimizer = minicnn.optim.Adam(model.parameters(), lr=lr)
    Trainer(optimizer, progress=False).fit(model, loader, epochs=epochs)
    return model.eval()


@functools.cache
def digits(train: bool) -> tuple[np.ndarray, np.ndarray]:
    """Images, shape (N, 1, 8, 8), values 0 to 1, and their labels."""
    data = Digits(train=train)
    return data.data[:, None].astype(np.float32) / 16, data.targets


@functools.cache
def on_canvas(train: bool) -> tuple[np.ndarray, np.ndarray]:
    """The digits, each at a random place of a black image, shape (N, 1, 16, 16)."""
    images, labels = digits(train)
    rng = np.random.default_rng(int(train))
    canvas = np.zeros((len(images), 1, CANVAS, CANVAS), np.float32)
    for place, image in zip(canvas, images):
        top, left = rng.integers(0, CANVAS - 8 + 1, 2)
        place[:, top : top + 8, left : left + 8] = image
    return canvas, labels


def accuracy(model: nn.Module, images: np.ndarray, labels: np.ndarray) -> float:
    with minicnn.no_grad():
        return float((model(images).data.argmax(axis=1) == labels).mean())
