"""minicnn and PyTorch behind one set of names, for promises_pytorch.py."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


def digest(arrays: list[np.ndarray]) -> str:
    """Return a short hash of their bytes."""
    return hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()[:16]


class Minicnn:
    def __init__(self) -> None:
        import minicnn
        import minicnn.nn.functional as F
        from minicnn.training import load_checkpoint, save_checkpoint

        self.lib, self.nn, self.F, self.optim = minicnn, minicnn.nn, F, minicnn.optim
        self.set_threads: Callable[[int], Any] = minicnn.set_num_threads
        self.seed: Callable[[int], Any] = minicnn.manual_seed
        self.save_checkpoint, self.load_checkpoint = save_checkpoint, load_checkpoint

    def tensor(self, a: np.ndarray, grad: bool = False) -> Any:
        return self.lib.Tensor(a, requires_grad=grad)

    def array(self, t: Any) -> np.ndarray:
        return np.asarray(t.data)

    def grad(self, t: Any) -> np.ndarray:
        return np.asarray(t.grad)

    def backward(self, y: Any, grad_y: np.ndarray) -> None:
        y.backward(grad_y)

    def save(self, arrays: Arrays, path: str) -> None:
        self.save_checkpoint(dict(arrays), path)

    def load(self, path: str) -> Arrays:
        return dict(self.load_checkpoint(path))

    def save_weights(self, arrays: Arrays, path: str) -> None:
        self.lib.save(arrays, path)

    def load_weights(self, path: str) -> Arrays:
        return {name: t.data for name, t in self.lib.load(path).items()}


class Torch:
    def __init__(self) -> None:
        import torch
        import torch.nn.functional as F

        self.lib, self.nn, self.F, self.optim = torch, torch.nn, F, torch.optim
        self.set_threads: Callable[[int], Any] = torch.set_num_threads
        self.seed: Callable[[int], Any] = torch.manual_seed
        if os.environ.get("PROMISES_DETERMINISTIC"):
            torch.use_deterministic_algorithms(True)

    def tensor(self, a: np.ndarray, grad: bool = False) -> Any:
        return self.lib.from_numpy(a).requires_grad_(grad)

    def array(self, t: Any) -> np.ndarray:
        return np.asarray(t.detach().numpy())

    def grad(self, t: Any) -> np.ndarray:
        return np.asarray(t.grad.numpy())

    def backward(self, y: Any, grad_y: np.ndarray) -> None:
        y.backward(self.lib.from_numpy(grad_y))

    def save(self, arrays: Arrays, path: str) -> None:
        self.lib.save({name: self.lib.from_numpy(a) for name, a in arrays.items()}, path)

    def load(self, path: str) -> Arrays:
        loaded = self.lib.load(path, weights_only=True)
        return {name: t.numpy() for name, t in loaded.items()}

    save_weights, load_weights = save, load


Library = Minicnn | Torch


def library(name: str) -> Library:
    return Minicnn() if name == "minicnn" else Torch()


def conv_passes(lib: Library, x: Any, weight: Any, grad_y: Any, **settings: Any) -> Arrays:
    """Return y, grad_x and grad_weight of one convolution."""
    a, w = lib.tensor(x, True), lib.tensor(weight, True)
    y = lib.F.conv2d(a, w, **settings)
    lib.backward(y, grad_y)
    return {"y": lib.array(y), "grad_x": lib.grad(a), "grad_weight": lib.grad(w)}


def small_net(lib: Library) -> Any:
    nn = lib.nn
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(32 * 4 * 4, 10),
    )  # fmt: skip


def trained_digest(lib: Library, threads: int, steps: int = 30) -> str:
    """Return the hash of all weights after some steps of training."""
    lib.set_threads(threads)
    lib.seed(0)
    rng = np.random.default_rng(0)
    net, F = small_net(lib), lib.F
    for p in net.parameters():
        values = lib.array(p)
        values[...] = rng.uniform(-0.1, 0.1, values.shape)  # the same start in every library
    optimizer = lib.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for _ in range(steps):
        x = rng.standard_normal((32, 3, 16, 16)).astype(np.float32)
        labels = lib.tensor(rng.integers(0, 10, 32))
        optimizer.zero_grad()
        loss = F.cross_entropy(net(lib.tensor(x)), labels)
        loss.backward()
        optimizer.step()
    return digest([lib.array(p) for p in net.parameters()])
