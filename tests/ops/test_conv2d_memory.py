"""How much memory a convolution takes beside its arrays: what cpp/README.md says of each step.

The allocator counts it. Sizes of buffers are rounded up by at most a sixteenth, which all bounds
allow, and each thread's part of a buffer lies 64 KiB from the next one's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from minicnn import _core
from tests.machine import using_threads

MIB = 2**20
THREADS = 2
GAPS = 3 * THREADS * 2**16
ROUNDED = 17 / 16
LADDER = [step for step in _core.CONV2D_ALGORITHMS if step not in ("direct", "im2col")]
PASSES = ["forward", "backward_input", "backward_weight"]


def workspace(step: str, name: str, N: int = 1, C: int = 16, H: int = 64, K: int = 3) -> int:
    """Return the most bytes that were in use during one pass, without its result."""
    x = np.zeros((N, C, H, 32), np.float32)
    weight = np.zeros((C, C, K, K), np.float32)
    settings = dict(padding=(K // 2,) * 2, stride=(1, 1), dilation=(1, 1), groups=1, algorithm=step)
    run: Callable[[], np.ndarray] = {
        "forward": lambda: _core.conv2d_forward(x, weight, None, **settings),
        "backward_input": lambda: _core.conv2d_backward_input(
            x, weight, x_shape=x.shape, **settings
        ),
        "backward_weight": lambda: _core.conv2d_backward_weight(
            x, x, weight_shape=weight.shape, **settings
        ),
    }[name]
    with using_threads(THREADS):
        _core.empty_buffers()
        before = _core.buffer_stats()["in_use"]
        result = run()
    return _core.buffer_stats()["peak"] - before - result.nbytes


@pytest.mark.parametrize("name", PASSES)
@pytest.mark.parametrize("step", [*LADDER, "im2col"])
def test_a_larger_batch_takes_no_more(step: str, name: str) -> None:
    """Sums over the batch are cut into 16 parts at most, each of which has the weights' size."""
    sixteen = workspace(step, name, N=16)
    result = 16 * 16 * 64 * 32 * 4  # whose buffer is rounded up, too
    assert workspace(step, name, N=48) <= sixteen + 3 * result / 16


@pytest.mark.parametrize("name", PASSES)
@pytest.mark.parametrize("step", LADDER)
def test_a_higher_image_takes_no_more_but_tables(step: str, name: str) -> None:
    """They have 8 bytes for each place of a plane. (Lower images are cut into fewer parts.)"""
    tables = 2 if step.startswith("winograd") else (step, name) == ("strip", "backward_weight")
    low, high = workspace(step, name, H=512), workspace(step, name, H=2048)
    result = 16 * 2048 * 32 * 4
    assert high <= low + ROUNDED * tables * 8 * 2048 * 32 + result / 16


@pytest.mark.parametrize("K", [1, 3, 5])
@pytest.mark.parametrize("name", PASSES)
def test_im2col_takes_the_columns_of_one_image_and_a_products_panels(name: str, K: int) -> None:
    columns = 16 * K * K * 64 * 32 * 4
    panels = 4 * 384 * (4096 + THREADS * 144)
    result = 8 * 16 * 64 * 32 * 4
    used = workspace("im2col", name, N=8, K=K)
    assert columns <= used <= ROUNDED * (columns + panels) + GAPS + result / 16


def test_a_whole_batchs_columns_would_be_noticed() -> None:
    batch = 48 * 16 * 9 * 64 * 32 * 4
    assert all(workspace(step, "forward", N=48) < batch / 10 for step in [*LADDER, "im2col"])
