"""Processes: fork and spawn are safe, and an interpreter can leave at any time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from tests.machine import SCALE, scaled, using_threads
from tests.processes import TIMEOUT, in_forked_child, run_python, step

CHANGE_THE_TEAM = """
import numpy as np
import minicnn
from minicnn import _core

a = np.ones((128, 64), np.float32)
expected = _core.gemm(a, a, transpose_b=True).tobytes()
for i in range(rounds):
    minicnn.set_num_threads(2 + i % 7)
    assert _core.gemm(a, a, transpose_b=True).tobytes() == expected
print("end")
"""


def test_a_team_that_is_replaced_right_after_a_call_comes_to_an_end():
    """A worker that wakes up late may find the next call, or the end, in place of its own."""
    rounds = round(5000 * min(1, SCALE))
    assert run_python(f"rounds = {rounds}\n{CHANGE_THE_TEAM}") == "end\n"


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


FORKS = scaled(40, most=400)  # 200 in all three and the next test, 2,000 in the long tier


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_forked_child_computes_after_its_parent_did(threads):
    with using_threads(threads):
        expected = step()
        for _ in range(FORKS):
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
            for _ in range(2 * FORKS):
                in_forked_child(lambda: step() == expected)
        finally:
            stop.set()
            for thread in busy:
                thread.join(TIMEOUT)
    assert not any(thread.is_alive() for thread in busy)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_forked_child_has_a_team_of_its_own():
    """Its parent's has no threads there."""
    with using_threads(3):
        expected = step()
        in_forked_child(lambda: step() == expected and len(os.listdir("/proc/self/task")) == 3)


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_child_of_a_child_computes():
    expected = step()

    def grandchild() -> bool:
        in_forked_child(lambda: step() == expected)
        return step() == expected

    with using_threads(2):
        in_forked_child(grandchild)


SPAWN = """
import sys
import multiprocessing as mp
import numpy as np

def work(seed):
    from minicnn.ops.conv2d import conv2d
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal((2, 8, 9, 9)), rng.standard_normal((8, 8, 3, 3))
    return conv2d(x, w).data.tobytes()

if __name__ == "__main__":
    here = [work(seed) for seed in range(4)]
    with mp.get_context(sys.argv[1]).Pool(2) as pool:
        assert pool.map(work, range(4)) == here
    print("same")
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_spawned_process_computes_the_same_bits(tmp_path, method):
    script = tmp_path / "script.py"
    script.write_text(SPAWN)
    done = subprocess.run(
        [sys.executable, str(script), method],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
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
