"""Threads: who computes never changes the result; fork and spawn are safe; errors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import minicnn
from minicnn import Tensor, _core
from minicnn.ops.conv2d import conv2d
from tests.machine import using_threads

TIMEOUT = 60  # seconds; a hang is a failure, a busy machine is not

rng = np.random.default_rng(0)
X = rng.standard_normal((8, 16, 20, 20)).astype(np.float32)
WEIGHT = rng.standard_normal((32, 16, 3, 3)).astype(np.float32)


def step() -> list[bytes]:
    """The bits of a convolution and its gradients."""
    x, weight = Tensor(X, requires_grad=True), Tensor(WEIGHT, requires_grad=True)
    y = conv2d(x, weight, padding=1)
    y.sum().backward()
    return [y.data.tobytes(), x.grad.tobytes(), weight.grad.tobytes()]


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
    """While one thread is in a kernel of half a second, another goes on counting."""
    a = np.ones((600, 600), np.float32)
    stop = threading.Event()
    longest = [0.0]

    def heartbeat() -> None:
        last = time.perf_counter()
        while not stop.is_set():
            time.sleep(0.001)
            now = time.perf_counter()
            longest[0] = max(longest[0], now - last)
            last = now

    thread = threading.Thread(target=heartbeat)
    with using_threads(1):
        thread.start()
        start = time.perf_counter()
        _core.gemm(a, a, algorithm="naive")
        took = time.perf_counter() - start
        stop.set()
        thread.join()
    assert longest[0] < took / 2 + 0.02


# -- processes ------------------------------------------------------------------------------------


def run_python(code: str, **environment: str) -> str:
    """Run a fresh interpreter, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def in_forked_child(work: Callable[[], bool]) -> None:
    """Fail unless `work()` is true in a forked child, and comes to an end."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if work() else 1)
        except BaseException:
            os._exit(2)
    end = time.monotonic() + TIMEOUT
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            pytest.fail("the forked child hung")
        time.sleep(0.002)
    assert os.waitstatus_to_exitcode(status) == 0


CHANGE_THE_TEAM = """
import numpy as np
import minicnn
from minicnn import _core

a = np.ones((128, 64), np.float32)
expected = _core.gemm(a, a, transpose_b=True).tobytes()
for i in range(5000):
    minicnn.set_num_threads(2 + i % 7)
    assert _core.gemm(a, a, transpose_b=True).tobytes() == expected
print("end")
"""


def test_a_team_that_is_replaced_right_after_a_call_comes_to_an_end():
    """A worker that wakes up late may find the next call, or the end, where it expected the last one."""
    assert run_python(CHANGE_THE_TEAM) == "end\n"


FEWER_THREADS_THAN_ASKED_FOR = """
import resource
import numpy as np
import minicnn
from minicnn import _core

a = np.ones((600, 600), np.float32)
minicnn.set_num_threads(1)
expected = _core.gemm(a, a).tobytes()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 100 * 2**20,) * 2)  # room for a few stacks of 8 MiB
minicnn.set_num_threads(200)
assert _core.gemm(a, a).tobytes() == expected
print("same")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_where_the_system_starts_no_more_threads_the_rest_computes_the_same():
    assert run_python(FEWER_THREADS_THAN_ASKED_FOR) == "same\n"


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_forked_child_computes_after_its_parent_did(threads):
    with using_threads(threads):
        expected = step()
        for _ in range(5):
            in_forked_child(lambda: step() == expected)
        assert step() == expected


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_child_forked_while_another_thread_is_inside_a_kernel_computes():
    expected = step()
    stop = threading.Event()

    def keep_busy() -> None:
        while not stop.is_set():
            step()

    busy = [threading.Thread(target=keep_busy) for _ in range(2)]
    with using_threads(2):
        for thread in busy:
            thread.start()
        try:
            for _ in range(20):
                in_forked_child(lambda: step() == expected)
        finally:
            stop.set()
            for thread in busy:
                thread.join(TIMEOUT)
    assert not any(thread.is_alive() for thread in busy)


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_child_of_a_child_computes():
    expected = step()

    def grandchild() -> bool:
        in_forked_child(lambda: step() == expected)
        return step() == expected

    with using_threads(2):
        in_forked_child(grandchild)


SPAWN = """
import multiprocessing as mp
import numpy as np

def work(seed):
    from minicnn.ops.conv2d import conv2d
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal((2, 8, 9, 9)), rng.standard_normal((8, 8, 3, 3))
    return conv2d(x, w).data.tobytes()

if __name__ == "__main__":
    here = [work(seed) for seed in range(4)]
    with mp.get_context("spawn").Pool(2) as pool:
        assert pool.map(work, range(4)) == here
    print("same")
"""


def test_a_spawned_process_computes_the_same_bits(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SPAWN)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert done.stdout == "same\n", done.stderr


def test_a_process_ends_while_its_workers_sleep():
    """The team is never joined at exit; Python's own exit must not wait for it, nor crash."""
    code = (
        "import numpy as np, minicnn\n"
        "from minicnn import _core\n"
        "minicnn.set_num_threads(4)\n"
        "a = np.ones((300, 300), np.float32)\n"
        "_core.gemm(a, a)\n"
        "print('end')\n"
    )
    assert run_python(code) == "end\n"


EXIT_INSIDE_A_KERNEL = """
import threading, time
import numpy as np
from minicnn import _core

a = np.ones((1500, 1500))
def work():
    while True:
        _core.gemm(a, a, algorithm="naive")
threading.Thread(target=work, daemon=True).start()
time.sleep(0.3)
print("leaving")
"""


def test_the_interpreter_can_leave_while_a_daemon_thread_is_inside_a_kernel() -> None:
    assert run_python(EXIT_INSIDE_A_KERNEL) == "leaving\n"


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
