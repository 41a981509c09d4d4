"""Threads: who computes never changes the result; errors."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import minicnn
from minicnn import _core
from tests.machine import using_threads
from tests.processes import TIMEOUT, run_python, step


@pytest.mark.parametrize("threads", [0, -1, 257, 2**31, 2**63 - 1])
def test_a_number_of_threads_out_of_range_is_refused(threads):
    before = minicnn.get_num_threads()
    text = f"set_num_threads: threads must be between 1 and 256, got {threads}"
    with pytest.raises(ValueError, match=text):
        minicnn.set_num_threads(threads)
    assert minicnn.get_num_threads() == before


@pytest.mark.parametrize("threads", ["2", 2.0, None, True, (2,)])
def test_a_number_of_threads_must_be_an_int(threads):
    with pytest.raises(TypeError, match="set_num_threads: threads must be an int, got"):
        minicnn.set_num_threads(threads)


def test_a_number_beyond_64_bits_is_refused():
    with pytest.raises(ValueError, match="threads must fit in 64 bits"):
        minicnn.set_num_threads(2**64)


@pytest.mark.parametrize("threads", [1, 2, 7, 256])
def test_the_number_of_threads_is_what_was_set(threads):
    minicnn.set_num_threads(threads)
    assert minicnn.get_num_threads() == threads
    with using_threads(1):
        expected = step()
    assert step() == expected


@pytest.mark.parametrize("threads", [2, 3, 4, 7])
def test_no_task_is_left_out_however_many_there_are(threads):
    """Each plane is one; what the memory held before are other numbers."""
    rng = np.random.default_rng(threads)
    for planes in range(1, 2 * threads + 2):
        x = rng.standard_normal((planes, 1, 128, 128)).astype(np.float32)
        expected = x.reshape(planes, 1, 64, 2, 64, 2).max(axis=(3, 5))
        with using_threads(threads):
            actual = minicnn.ops.max_pool2d(x, 2).data
        np.testing.assert_array_equal(actual, expected)


def test_at_first_there_are_as_many_threads_as_cores_allowed():
    code = "import minicnn; print(minicnn.get_num_threads())"
    allowed = len(os.sched_getaffinity(0))
    assert 1 <= int(run_python(code)) <= allowed
    one = f"import os; os.sched_setaffinity(0, [{min(os.sched_getaffinity(0))}]);"
    assert int(run_python(one + code)) == 1
    assert int(run_python(code, MINICNN_NUM_THREADS="5")) == 5


def test_eight_python_threads_get_the_serial_bits():
    with using_threads(1):
        expected = step()
    for threads in (1, 2, 4):
        with using_threads(threads), ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda _: step(), range(64), timeout=TIMEOUT))
        assert all(result == expected for result in results)


def test_python_threads_that_change_the_number_of_threads_get_the_serial_bits():
    with using_threads(1):
        expected = step()

    def work(i: int) -> list[bytes]:
        _core.set_num_threads(i % 5 + 1)
        return step()

    with ThreadPoolExecutor(8) as pool:
        assert all(result == expected for result in pool.map(work, range(64), timeout=TIMEOUT))


def test_kernels_release_the_interpreter():
    """While one thread is in a kernel of two seconds, another's heart goes on beating.

    What else the machine does holds a heart up too: that is measured while the thread sleeps, and
    only what holds it up three times in a row is the kernel's fault.
    """
    a = np.ones((64, 2**14), np.float32)
    waits: list[float] = []

    def heartbeat(stop: threading.Event) -> None:
        last = time.perf_counter()
        while not stop.is_set():
            time.sleep(0.001)
            now = time.perf_counter()
            waits.append(now - last)
            last = now

    def beats_during(work: Callable[[], object]) -> tuple[float, float]:
        """Return the seconds that the work took, and the longest wait of the heart meanwhile."""
        waits.clear()
        stop = threading.Event()
        thread = threading.Thread(target=heartbeat, args=(stop,))
        thread.start()
        start = time.perf_counter()
        work()
        took = time.perf_counter() - start
        stop.set()
        thread.join()
        return took, max(waits)

    def kernel(rows: int) -> tuple[float, float]:
        b = np.ones((rows, 2**14), np.float32)
        return beats_during(lambda: _core.gemm(b, a, transpose_b=True, algorithm="naive"))

    rows, took = 64, 0.0
    with using_threads(1):
        for _ in range(3):
            while True:
                took, longest = kernel(rows)
                if took >= 2:
                    break
                rows = round(rows * 2.2 / took) + 1
            _, asleep = beats_during(lambda: time.sleep(2))
            print(f"heartbeat: at most {1e3 * longest:.1f} ms in a kernel of {took:.2f} s,")
            print(f"{1e3 * asleep:.1f} ms while this thread slept")
            if longest <= 0.02 + asleep:
                return
    pytest.fail("the heart waited for longer than 20 ms in each of three kernels")


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system has no affinity masks")
def test_threads_may_run_where_the_process_may():
    """A worker that leaves its caller's core may go anywhere again afterwards."""

    def masks() -> set[frozenset[int]]:
        threads = os.listdir("/proc/self/task")
        return {frozenset(os.sched_getaffinity(int(thread))) for thread in threads}

    expected = {frozenset(os.sched_getaffinity(0))}
    with using_threads(3):
        for _ in range(50):
            step()
            time.sleep(0.002)  # longer than a worker waits: it sleeps and is woken up again
    end = time.monotonic() + TIMEOUT
    while masks() != expected and time.monotonic() < end:
        time.sleep(0.01)  # a worker that woke up late is on its way
    assert masks() == expected
