"""Arrays of more than 2^31 bytes, and of more than 2^31 elements, give what their parts give.

All is zero but some rows: the first, those around byte 2^31, byte 2^32 and element 2^31, and the
last. Memory that is only read and zero takes next to none, so 8 GiB are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from minicnn import _core, ops
from minicnn.nn import functional as F
from tests.machine import SCALE

WINDOW = 16  # rows and columns, and the stride: results are small
SIDE = 2900 * WINDOW  # 46,400 squared is more than 2^31
ROWS = 2 * WINDOW  # of a part
ENOUGH = 8 * 2**30


def available() -> int:
    """Bytes that this machine has to spare; 0 where that is not known."""
    try:
        with open("/proc/meminfo") as file:
            fields = dict(line.split(":") for line in file)
    except FileNotFoundError:
        return 0
    return int(fields["MemAvailable"].split()[0]) * 1024


pytestmark = [
    pytest.mark.skipif(SCALE <= 1, reason="long tier: MINICNN_TEST_SCALE above 1"),
    pytest.mark.skipif(available() < ENOUGH, reason="needs 8 GiB of free memory"),
]


def begin(element: int) -> int:
    """Return the row at which the part around this element begins."""
    return element // SIDE // WINDOW * WINDOW


PARTS = [0, begin(2**29), begin(2**30), begin(2**31), SIDE - ROWS]


@pytest.fixture(scope="module")
def plane() -> np.ndarray:
    """x, shape (1, 1, SIDE, SIDE), of small integers: all sums are exact."""
    x = np.zeros((1, 1, SIDE, SIDE), np.float32)
    rng = np.random.default_rng(0)
    for row in PARTS:
        x[0, 0, row : row + ROWS] = rng.integers(-4, 5, (ROWS, SIDE))
    assert x.size > 2**31
    return x


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    yield
    _core.empty_buffers()


def assert_as_parts(x: np.ndarray, op: Callable[[np.ndarray], np.ndarray]) -> None:
    """Fail unless the result's rows are those of the parts of x, and zero everywhere else."""
    y = op(x)
    nonzero = 0
    for row in PARTS:
        expected = op(x[:, :, row : row + ROWS].copy())
        first = row // WINDOW
        np.testing.assert_array_equal(y[:, :, first : first + 2], expected)
        nonzero += np.count_nonzero(expected)
    assert nonzero > 1000
    assert np.count_nonzero(y) == nonzero


@pytest.mark.parametrize("step", _core.MAX_POOL2D_ALGORITHMS)
def test_max_pool2d_of_more_than_2_31_elements(plane: np.ndarray, step: str) -> None:
    assert_as_parts(plane, lambda x: ops.max_pool2d(x, WINDOW, algorithm=step).data)


@pytest.mark.parametrize("step", _core.AVG_POOL2D_ALGORITHMS)
def test_avg_pool2d_of_more_than_2_31_elements(plane: np.ndarray, step: str) -> None:
    assert_as_parts(plane, lambda x: ops.avg_pool2d(x, WINDOW, algorithm=step).data)


@pytest.mark.parametrize("step", ["direct", "tiled", "strip"])
def test_conv2d_of_more_than_2_31_elements(plane: np.ndarray, step: str) -> None:
    weight = np.random.default_rng(1).integers(-2, 3, (1, 1, WINDOW, WINDOW)).astype(np.float32)
    assert_as_parts(plane, lambda x: ops.conv2d(x, weight, stride=WINDOW, algorithm=step).data)


def test_conv2ds_gradient_of_the_weights_over_more_than_2_31_elements(plane: np.ndarray) -> None:
    """By `tiled`: `strip` has a table of 8 bytes for each of them."""
    settings = dict(stride=(WINDOW,) * 2, padding=(0, 0), dilation=(1, 1), groups=1)

    def grad_weight(x: np.ndarray) -> np.ndarray:
        grad_y = np.ones((1, 1, x.shape[2] // WINDOW, SIDE // WINDOW), np.float32)
        shape = (1, 1, WINDOW, WINDOW)
        return _core.conv2d_backward_weight(
            grad_y, x, weight_shape=shape, **settings, algorithm="tiled"
        )

    parts = [grad_weight(plane[:, :, row : row + ROWS].copy()) for row in PARTS]
    np.testing.assert_array_equal(grad_weight(plane), sum(parts))


@pytest.mark.parametrize("step", ["packed", "skinny"])
def test_a_product_of_more_than_2_31_elements(plane: np.ndarray, step: str) -> None:
    a, b = plane[0, 0], np.arange(SIDE, dtype=np.float32)[:, None] % 3
    c = _core.gemm(a, b, algorithm=step)
    expected = np.zeros_like(c)
    for row in PARTS:
        expected[row : row + ROWS] = a[row : row + ROWS].astype(np.float64) @ b
    np.testing.assert_array_equal(c, expected)


LENGTH = 2**29 + 2**14 + 5  # float32: more than 2^31 bytes


ONE = np.ones(1, np.float32)


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (lambda x: F.relu(x).data, [0, 2, 3]),
        (lambda x: ops.add(x, x).data, [-2, 4, 6]),
        (
            lambda x: _core.batch_norm_apply(x[None, None], ONE, 0 * ONE, 0 * ONE, 4 * ONE, 0.0),
            [-0.5, 1, 1.5],
        ),
    ],
)
def test_a_result_of_more_than_2_31_bytes(
    op: Callable[[np.ndarray], np.ndarray], expected: list[float]
) -> None:
    x = np.zeros(LENGTH, np.float32)
    places = np.array([0, 1, 2, *(2**29 + i for i in range(-1, 2)), *range(LENGTH - 3, LENGTH)])
    x[places] = [-1, 2, 3] * 3
    y = op(x).reshape(-1)
    assert y[places].tolist() == expected * 3
    assert np.count_nonzero(y) == 3 * np.count_nonzero(expected)
