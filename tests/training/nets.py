"""Small nets, data and loops for the tests of training."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

import minicnn
from minicnn import nn
from minicnn.data import DataLoader, TensorDataset
from minicnn.nn import Module


def small_net(seed: int = 0) -> nn.Sequential:
    """A convolution, BatchNorm, Dropout: weights, buffers and random numbers."""
    minicnn.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Flatten(),
        nn.Linear(4 * 6 * 6, 3),
    )


def blobs(n: int = 40, seed: int = 1) -> TensorDataset:
    """Images of shape (1, 6, 6) of three classes that can be told apart."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=n)
    images = rng.normal(size=(n, 1, 6, 6)).astype(np.float32)
    images[np.arange(n), 0, labels, labels] += 4
    return TensorDataset(images, labels)


def loader(n: int = 40, batch_size: int = 8, **settings: Any) -> DataLoader:
    return DataLoader(blobs(n), batch_size, shuffle=True, seed=3, **settings)


def weights_of(model: Module) -> dict[str, np.ndarray]:
    return {name: np.array(value.data) for name, value in model.state_dict().items()}


def digest(model: Module) -> str:
    """Return the hash of all weights and buffers."""
    found = hashlib.sha256()
    for name, value in weights_of(model).items():
        found.update(name.encode() + value.tobytes())
    return found.hexdigest()
