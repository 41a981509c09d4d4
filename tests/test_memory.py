"""Memory stays flat: over training steps of any size, over errors, without the cycle collector."""

from __future__ import annotations

import gc
import sys
import tracemalloc
import weakref

import numpy as np
import pytest

from minicnn import Tensor, _core, nn, ops
from minicnn.nn import functional as F
from tests.machine import SCALE
from tests.processes import run_python

MIB = 2**20

TRAINING = """
import sys
import numpy as np
import minicnn
from minicnn import nn

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

steps, rng = int(sys.argv[1]), np.random.default_rng(0)
model = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.1),
    nn.Conv2d(8, 8, 3), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(32, 10),
)
optimizer = minicnn.optim.Adam(model.parameters(), lr=1e-3)
loss_of = nn.CrossEntropyLoss()
for step in range(steps):
    n = int(rng.integers(1, 33))
    x = rng.standard_normal((n, 1, 12, 12), dtype=np.float32)
    loss = loss_of(model(x), rng.integers(0, 10, n))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step == 500:
        before = resident()
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_training_steps_of_varying_batch_size_take_no_more_memory_after_the_first_500() -> None:
    steps = min(10_000, round(1500 * SCALE)) if SCALE >= 1 else 1000
    grown = int(run_python(f"import sys; sys.argv = ['', '{steps}']\n" + TRAINING))
    print(f"{steps} training steps: grown by {grown / MIB:.2f} MiB after step 500")
    assert grown <= 2 * MIB


def a_hundred_errors() -> None:
    """Errors of all kinds, from checks in Python, in the bindings, and by lack of memory."""
    x, weight = np.ones((2, 4, 12, 12), np.float32), np.ones((8, 4, 3, 3), np.float32)
    calls = [
        lambda: ops.conv2d(x, weight, stride=0),
        lambda: ops.conv2d(x, weight[:, :2]),
        lambda: ops.max_pool2d(x, 2, padding=7),
        lambda: ops.conv2d(x, weight, np.ones(3, np.float32), padding=1),
        lambda: _core.gemm(x[0, 0], x[0, 0, :5].copy()),
        lambda: _core.gemm(np.ones((3, 0), np.float32), np.ones((3, 3), np.float32)),
        lambda: _core.set_num_threads(0),
        lambda: ops.conv2d(x, "weight"),
        lambda: Tensor(x, requires_grad=True).sum(axis=9),
        lambda: _core.gemm(np.ones((2**26, 0), np.float32), np.ones((0, 2**26), np.float32)),
    ]
    for call in calls:
        for _ in range(10):
            with pytest.raises((ValueError, TypeError, IndexError, MemoryError)):
                call()


def test_a_thousand_errors_leak_nothing() -> None:
    a_hundred_errors()  # what is made once
    in_use = _core.buffer_stats()["in_use"]
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(10):
            a_hundred_errors()
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    print(f"1000 errors: {grown} bytes of Python's memory more")
    assert _core.buffer_stats()["in_use"] == in_use
    assert grown < 64 * 1000  # less than any object for each of them


def test_the_graph_of_a_network_is_freed_without_the_cycle_collector() -> None:
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(36, 3),
    )
    x = np.ones((2, 1, 8, 8), np.float32)

    def step() -> list[weakref.ref[Tensor]]:
        y = model(x)
        loss = nn.CrossEntropyLoss()(y, np.array([0, 2]))
        loss.backward()
        model.zero_grad()
        return [weakref.ref(y), weakref.ref(loss)]

    step()
    gc.collect()
    gc.disable()
    try:
        before = _core.buffer_stats()["in_use"]
        left = step()
        assert [ref() for ref in left] == [None, None]
        assert _core.buffer_stats()["in_use"] == before
        with pytest.raises(ValueError, match="shape"):  # neither does an error keep one
            F.linear(model[:5](x), np.ones((3, 7), np.float32))
        assert _core.buffer_stats()["in_use"] == before
    finally:
        gc.enable()
