"""LeNet-5 has the sizes of the paper, and trains to the same bits with any number of threads."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

import minicnn
import minicnn.nn.functional as F
from minicnn.data import DataLoader
from minicnn.datasets import Digits
from minicnn.models import LeNet5
from minicnn.optim import Adam


def test_shapes_and_number_of_parameters() -> None:
    model = LeNet5()
    assert model(np.zeros((3, 1, 28, 28), np.float32)).shape == (3, 10)
    # 6 * (25 + 1) + 16 * (6 * 25 + 1) + 120 * (400 + 1) + 84 * (120 + 1) + 10 * (84 + 1)
    assert sum(p.numel() for p in model.parameters()) == 61_706
    wide = LeNet5(num_classes=7, in_channels=3)
    assert wide(np.zeros((2, 3, 28, 28), np.float32)).shape == (2, 7)


def trained(threads: int) -> str:
    """Return the hash of the weights after training on enlarged Digits for 20 steps."""
    minicnn.set_num_threads(threads)
    minicnn.manual_seed(0)
    model = LeNet5()
    optimizer = Adam(model.parameters(), lr=2e-3)
    batches = iter(DataLoader(Digits(), 32, shuffle=True, seed=0))
    for _ in range(20):
        x, labels = next(batches)
        large = np.pad(x.data.repeat(3, axis=2).repeat(3, axis=3), ((0, 0), (0, 0), (2, 2), (2, 2)))
        optimizer.zero_grad()
        F.cross_entropy(model(large), labels).backward()
        optimizer.step()
    digest = hashlib.sha256()
    for value in model.state_dict().values():
        digest.update(value.data.tobytes())
    return digest.hexdigest()


def test_training_gives_the_same_bits_for_any_number_of_threads() -> None:
    threads = minicnn.get_num_threads()
    try:
        hashes = {trained(n) for n in (1, 2, 3)}
    finally:
        minicnn.set_num_threads(threads)
    assert len(hashes) == 1


def test_it_learns() -> None:
    minicnn.manual_seed(0)
    model = LeNet5()
    optimizer = Adam(model.parameters(), lr=2e-3)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(32, 1, 28, 28)).astype(np.float32)
    labels = rng.integers(10, size=32)
    losses = []
    for _ in range(80):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(np.log(10), rel=0.1)  # at first every class is as likely
    assert losses[-1] < 0.1
