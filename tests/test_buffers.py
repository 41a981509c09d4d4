"""The reusing allocator: what it keeps, what it counts, and that memory stays flat."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

from minicnn import Tensor, _core
from minicnn.ops.conv2d import conv2d

MIB = 2**20


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    _core.empty_buffers()


def in_use() -> int:
    return _core.buffer_stats()["in_use"]


def result(rows: int = 512) -> np.ndarray:
    """A new array of rows * 4 KiB from the allocator."""
    return _core.gemm(np.ones((rows, 1), np.float32), np.ones((1, 1024), np.float32))


def address(a: np.ndarray) -> int:
    return a.__array_interface__["data"][0]


def test_an_array_is_counted_while_it_lives():
    before = in_use()
    a = result()
    assert a.nbytes <= in_use() - before <= 1.25 * a.nbytes  # sizes are rounded up
    view = a[3:5]
    del a
    assert in_use() > before  # the view needs its memory
    del view
    assert in_use() == before


def test_memory_is_reused():
    a = result()
    first = address(a)
    del a
    kept = _core.buffer_stats()["kept"]
    assert kept >= 512 * 4096
    b = result()
    assert address(b) == first
    assert _core.buffer_stats()["kept"] < kept
    np.testing.assert_array_equal(b, np.ones((512, 1024)))


def test_a_kept_buffer_serves_also_for_less_but_not_for_much_less():
    large = result(1000)
    first = address(large)
    del large
    small = result(100)
    assert address(small) != first
    half = result(600)
    assert address(half) == first
    assert in_use() >= 1000 * 4096  # it is the whole buffer that is taken


def test_arrays_that_live_share_no_memory():
    arrays = [result(rows) for rows in (100, 512, 512, 500, 30)]
    for i, a in enumerate(arrays):
        a[...] = i
    for i, a in enumerate(arrays):
        assert (a == i).all()


@pytest.mark.parametrize("rows", [1, 3, 17, 513])
def test_memory_begins_at_a_cache_line(rows):
    assert address(result(rows)) % 64 == 0


def test_empty_buffers_gives_all_back():
    held, dropped = result(), result()
    del dropped
    before = in_use()
    assert _core.buffer_stats()["kept"] > 0
    _core.empty_buffers()
    assert _core.buffer_stats()["kept"] == 0
    assert in_use() == before
    assert (held == 1).all()


def test_no_more_is_kept_than_the_limit():
    _core.set_buffer_limit(5 * MIB)
    arrays = [result() for _ in range(8)]  # 2 MiB each
    arrays.clear()
    stats = _core.buffer_stats()
    assert 2 * MIB <= stats["kept"] <= stats["limit"] == 5 * MIB
    _core.set_buffer_limit(0)
    assert _core.buffer_stats()["kept"] == 0
    del stats
    result()
    assert _core.buffer_stats()["kept"] == 0


def test_peak_is_the_most_that_was_in_use():
    before = _core.buffer_stats()["peak"]
    many = -(-before // (2 * MIB)) + 2
    arrays = [result() for _ in range(many)]
    peak = _core.buffer_stats()["peak"]
    assert peak >= in_use() > before
    arrays.clear()
    result()
    assert _core.buffer_stats()["peak"] == peak


def test_workspaces_are_given_back():
    """The kernels' scratch memory counts as in use only during the call, also after an error."""
    x, weight = np.ones((4, 8, 12, 12), np.float32), np.ones((8, 8, 3, 3), np.float32)
    for step in _core.CONV2D_ALGORITHMS:
        before = in_use()
        y = conv2d(x, weight, algorithm=step).data
        assert in_use() - before <= 1.25 * y.nbytes
        del y
        with pytest.raises(ValueError, match="must be at least 1"):
            conv2d(x, weight, algorithm=step, stride=0)
        assert in_use() == before


def test_threads_take_and_give_back_at_once():
    before = in_use()
    wrong = []

    def work(value: int) -> None:
        for rows in range(1, 60):
            a = result(rows)
            a[...] = value
            if not (a == value).all():
                wrong.append(rows)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert in_use() == before


def test_a_graph_gives_its_memory_back_without_the_cycle_collector():
    before = in_use()
    x = Tensor(np.ones((4, 8, 12, 12), np.float32))
    weight = Tensor(np.ones((8, 8, 3, 3), np.float32), requires_grad=True)
    y = conv2d(x, weight, padding=1)
    y = conv2d(y, weight, padding=1)
    y.sum().backward()
    weight.grad = None
    del y
    assert in_use() == before


@pytest.mark.parametrize("columns", [2**24, 3 * 2**28])
def test_memory_that_there_is_not_is_an_error_and_leaves_none_in_use(columns):
    """2^50 bytes the system refuses; 3 * 2^61 are more than a buffer may have."""
    before = in_use()
    rows = 2**24 if columns == 2**24 else 2**30
    with pytest.raises(MemoryError, match="minicnn: not enough memory"):
        _core.gemm(np.ones((rows, 0), np.float64), np.ones((0, columns), np.float64))
    assert in_use() == before


def test_many_of_one_size_are_kept_and_all_used_again():
    arrays = [result() for _ in range(5)]
    places = {address(a) for a in arrays}
    arrays.clear()
    assert {address(a) for a in [result() for _ in range(5)]} == places
    _core.set_buffer_limit(5 * MIB)
    assert _core.buffer_stats()["kept"] == 0


@pytest.mark.parametrize("limit", [-1, 2**64])
def test_a_limit_that_is_no_size_is_refused(limit):
    with pytest.raises((TypeError, ValueError)):
        _core.set_buffer_limit(limit)


FLAT = """
import numpy as np
from minicnn import Tensor, _core
from minicnn.ops.conv2d import conv2d

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

rng = np.random.default_rng(0)
weight = Tensor(rng.standard_normal((8, 4, 3, 3)).astype(np.float32), requires_grad=True)
for step in range(2500):
    x = np.ones((int(rng.integers(1, 17)), 4, 12, 12), np.float32)
    conv2d(x, weight, padding=1).sum().backward()
    weight.grad = None
    try:
        conv2d(x, weight, padding=-1)
    except ValueError:
        pass
    if step == 500:
        before = resident()
print(resident() - before)
"""


def test_memory_stays_flat_over_steps_of_varying_size():
    done = subprocess.run(
        [sys.executable, "-c", FLAT], capture_output=True, text=True, timeout=120, check=True
    )
    assert int(done.stdout) <= 2 * MIB
