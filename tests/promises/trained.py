"""What must not depend on threads, on the run or on PYTHONHASHSEED, as one SHA-256 each.

python -m tests.promises.trained
"""

from __future__ import annotations

import hashlib

import numpy as np

import minicnn
from minicnn import nn, optim
from minicnn.nn import functional as F
from minicnn.testing.calls import Call
from tests.promises import table

STEPS, N = 200, 24


def network() -> nn.Module:
    """Return a small network of every kind of kernel, whose random start is that of seed 0."""
    minicnn.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 12, 3, padding=1),  # Winograd's
        nn.BatchNorm2d(12),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(12, 12, 3, stride=2, groups=3),
        nn.GroupNorm(3, 12),
        nn.LeakyReLU(0.1),
        nn.AvgPool2d(2, stride=1),
        nn.Dropout(0.2),
        nn.Flatten(),
        nn.Linear(12 * 4 * 4, 10),
    )


def weights_after_training() -> str:
    """Return the SHA-256 of a network's weights and statistics after 200 steps."""
    rng = np.random.Generator(np.random.Philox(1))
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    for _ in range(STEPS):
        x = rng.standard_normal((N, 3, 24, 24), dtype=np.float32)
        loss = F.cross_entropy(model(x), rng.integers(0, 10, N))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        assert np.isfinite(tensor.data).all(), name
        found.update(name.encode() + tensor.data.tobytes())
    return found.hexdigest()


def all_operations() -> str:
    """Return the SHA-256 of results and gradients of every public operation, on two samples."""
    found = hashlib.sha256()
    for name in table.OPERATIONS:
        for seed in (0, 1):
            rng = np.random.Generator(np.random.Philox(seed))
            call = Call.of(table.operation(name), table.sample(name, rng), seed)
            for key, array in call.in_dtype(np.float32).run().items():
                found.update(f"{name} {seed} {key} {array.dtype} {array.shape}".encode())
                found.update(np.array(array, order="C").tobytes())
    return found.hexdigest()


if __name__ == "__main__":
    print(weights_after_training(), all_operations())
