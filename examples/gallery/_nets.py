"""Small trained networks for the gallery; each is trained once, its weights are kept in runs/."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

import minicnn
from minicnn import nn
from minicnn.data import DataLoader
from minicnn.datasets import CIFAR10, MNIST, Digits
from minicnn.models import CIFARNet, LeNet5
from minicnn.optim import Adam
from minicnn.optim.lr_scheduler import OneCycleLR
from minicnn.training import History, Trainer

CACHE = Path(__file__).resolve().parents[2] / "runs" / "gallery-nets"
# Other weights than those that this file would train are never loaded.
SOURCE = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]


class DigitsNet(nn.Module):
    """Two convolutions and two fully connected layers for the digits of 8x8 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, kernel_size=3, padding=1)  # (N, 8, 8, 8)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(8, 16, kernel_size=3, padding=1)  # (N, 16, 8, 8)
        self.relu2 = nn.ReLU()
        self.pool = nn.MaxPool2d(2)  # (N, 16, 4, 4)
        self.flatten = nn.Flatten()  # (N, 256)
        self.fc1 = nn.Linear(256, 64)
        self.relu3 = nn.ReLU()
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x: minicnn.Tensor) -> minicnn.Tensor:
        x = self.pool(self.relu2(self.conv2(self.relu1(self.conv1(x)))))
        return self.fc2(self.relu3(self.fc1(self.flatten(x))))


def digits_net() -> DigitsNet:
    """Return the network for `Digits` in eval mode, right on about 97 % of the test images."""
    return _kept("digits", DigitsNet, lambda model: train_digits(model))


def mnist_net() -> LeNet5:
    """Return LeNet-5, trained on MNIST for two epochs."""
    return _kept("mnist", LeNet5, lambda model: _train(model, MNIST(train=True), 2, 64, 4e-3))


def cifar_net() -> CIFARNet:
    """Return `CIFARNet`, trained on CIFAR-10 for four epochs: right on about 70 %."""
    return _kept("cifar", CIFARNet, lambda model: _train(model, CIFAR10(train=True), 4, 64, 3e-3))


def digits_test() -> tuple[np.ndarray, np.ndarray]:
    """Return the 355 test images, shape (355, 1, 8, 8), 0 (paper) to 1 (ink), and their labels."""
    return _arrays(Digits(train=False))


def mnist_test() -> tuple[np.ndarray, np.ndarray]:
    """Return the 10,000 test images, shape (10000, 1, 28, 28), 0 to 1, and their labels."""
    return _arrays(MNIST(train=False))


def cifar_test() -> tuple[np.ndarray, np.ndarray]:
    """Return the 10,000 test images, shape (10000, 3, 32, 32), 0 to 1, and their labels."""
    return _arrays(CIFAR10(train=False))


def train_digits(model: nn.Module, epochs: int = 12) -> History:
    """Train on the digits and return how it went, with the test images as validation."""
    return _train(model, Digits(train=True), epochs, 32, 1e-2, Digits(train=False))


def _arrays(dataset: Digits | MNIST | CIFAR10) -> tuple[np.ndarray, np.ndarray]:
    images, labels = dataset.get_batch(np.arange(len(dataset)))
    return np.asarray(images), np.asarray(labels)


def _train(
    model: nn.Module,
    train: Digits | MNIST | CIFAR10,
    epochs: int,
    batch_size: int,
    lr: float,
    test: Digits | None = None,
) -> History:
    loader = DataLoader(train, batch_size, shuffle=True, seed=0)
    optimizer = Adam(model.parameters(), lr=lr)
    steps = OneCycleLR(optimizer, max_lr=lr, total_steps=epochs * len(loader))
    trainer = Trainer(
        optimizer,
        scheduler=steps,
        schedule="step",
        metrics=[minicnn.metrics.Accuracy()],
        progress=False,
    )
    validation = None if test is None else DataLoader(test, 256)
    return trainer.fit(model, loader, epochs, validation=validation)


def _kept(name: str, make: Callable[[], nn.Module], train: Callable[[nn.Module], object]) -> object:
    minicnn.manual_seed(0)
    model, path = make(), CACHE / f"{name}-{SOURCE}.safetensors"
    if path.exists():
        model.load_state_dict(minicnn.load(path))
    else:
        train(model)
        CACHE.mkdir(parents=True, exist_ok=True)
        minicnn.save(model.state_dict(), path)
    return model.eval()
