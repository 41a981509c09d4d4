"""Ctrl-C ends a kernel soon and leaves nothing behind; other signals' handlers run inside of it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np
import pytest

import minicnn
from minicnn import _core
from tests.interrupts import Delay, interrupted, report
from tests.machine import scaled, using_threads

COUNT = scaled(3, most=20)  # interrupts of each kernel on each number of threads


def array(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


X, WEIGHT, MATRIX = array(4, 64, 56, 56), array(64, 64, 3, 3), array(700, 700)
IMAGE = array(64, 16, 112, 112)
CONV: dict[str, Any] = dict(stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1)
POOL: dict[str, Any] = dict(stride=(1, 1), padding=(4, 4), ceil_mode=False)
LARGE: dict[str, Any] = dict(POOL, kernel_size=(9, 9))  # windows: a slow way, on purpose


def conv2d_passes(step: str) -> dict[str, Callable[[], Any]]:
    settings = dict(CONV, algorithm=step)
    return {
        f"conv2d {step} forward": lambda: _core.conv2d_forward(X, WEIGHT, None, **settings),
        f"conv2d {step} backward_input": lambda: _core.conv2d_backward_input(
            X, WEIGHT, x_shape=X.shape, **settings
        ),
        f"conv2d {step} backward_weight": lambda: _core.conv2d_backward_weight(
            X, X, weight_shape=WEIGHT.shape, **settings
        ),
    }


def batch_norm(step: str) -> Any:
    ones = np.ones(16, np.float32)
    return _core.batch_norm_forward(IMAGE, ones, ones, 1e-5, None, False, step)


KERNELS: dict[str, Callable[[], Any]] = {
    name: run for step in _core.CONV2D_ALGORITHMS for name, run in conv2d_passes(step).items()
}
for _step in _core.GEMM_ALGORITHMS:
    KERNELS[f"gemm {_step}"] = lambda step=_step: _core.gemm(MATRIX, MATRIX, algorithm=step)
for _step in _core.BATCH_NORM_ALGORITHMS:
    KERNELS[f"batch_norm {_step}"] = lambda step=_step: batch_norm(step)
for _step in _core.AVG_POOL2D_ALGORITHMS:
    KERNELS[f"avg_pool2d {_step}"] = lambda step=_step: _core.avg_pool2d_forward(
        IMAGE, count_include_pad=True, divisor_override=None, algorithm=step, **LARGE
    )
for _step in _core.MAX_POOL2D_ALGORITHMS:
    KERNELS[f"max_pool2d {_step}"] = lambda step=_step: minicnn.ops.max_pool2d(
        IMAGE, 9, 1, 4, algorithm=step
    )


@pytest.fixture(scope="module")
def all_delays() -> Iterator[list[Delay]]:
    delays: list[Delay] = []
    yield delays
    report("\nall kernels", delays, threads=2)


@pytest.mark.parametrize("name", KERNELS)
def test_ctrl_c_ends_a_kernel_soon_and_leaves_no_buffer(name: str, all_delays: list[Delay]) -> None:
    before = _core.buffer_stats()["in_use"]
    for threads in (1, 2):
        with using_threads(threads):
            delays = [interrupted(KERNELS[name]) for _ in range(COUNT)]
        report(f"{name}, {threads} threads", delays, threads)
        all_delays += delays
    assert _core.buffer_stats()["in_use"] == before


@contextmanager
def alarms(handler: Callable[[int, FrameType | None], Any], every: float) -> Iterator[None]:
    """Inside this block, `handler` is called every so many seconds."""
    previous = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, every, every)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@pytest.mark.parametrize("threads", [1, 3])
def test_a_handler_that_returns_lets_the_kernel_go_on(threads: int) -> None:
    calls = []
    small = X[:1, :, :16, :16].copy()
    resting = threading.Lock()

    def handler(number: int, frame: FrameType | None) -> None:
        if resting.acquire(blocking=False):  # a busy machine may not be done by the next alarm
            calls.append(_core.conv2d_forward(small, WEIGHT, None, **CONV, algorithm="tiled"))
            resting.release()

    with using_threads(threads):
        for step in ("naive", "packed"):
            expected = _core.gemm(MATRIX, MATRIX, algorithm=step).tobytes()
            calls.clear()
            with alarms(handler, every=0.01):
                while len(calls) < 3:
                    assert _core.gemm(MATRIX, MATRIX, algorithm=step).tobytes() == expected
    assert all(call.tobytes() == calls[0].tobytes() for call in calls)


def test_what_a_handler_raises_is_what_the_caller_gets() -> None:
    class AlarmError(Exception):
        pass

    def handler(number: int, frame: FrameType | None) -> None:
        raise AlarmError("time is up")

    def compute() -> None:
        with alarms(handler, every=0.01):
            while True:
                _core.gemm(MATRIX, MATRIX, algorithm="naive")

    for threads in (1, 2):
        with using_threads(threads), pytest.raises(AlarmError, match="time is up"):
            compute()


FORK_IN_A_HANDLER = """
import os, signal
import numpy as np
import minicnn
from minicnn import _core

minicnn.set_num_threads(2)
a = np.ones((1800, 1800), np.float32)  # longer than the 20 ms between two looks at the handlers
expected = _core.gemm(a, a, algorithm="packed").tobytes()
inside, child = False, None

def handler(number, frame):
    global child
    if inside and child is None:
        child = os.fork()

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
for _ in range(10_000):
    try:
        inside = True
        c = _core.gemm(a, a, algorithm="packed")
        inside = False
    except RuntimeError as error:
        os._exit(7 if child == 0 and "forked inside a kernel" in str(error) else 1)
    if child == 0:
        os._exit(3)  # forked by a handler that ran just before or after the kernel
    assert c.tobytes() == expected
    if child is not None:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code == 7:
            break
        assert code == 3, code
        child = None
print("told")
"""


def test_a_process_forked_by_a_handler_in_a_kernel_is_told_so() -> None:
    """It has none of the threads that were computing, so its copy of the call cannot end well."""
    done = subprocess.run(
        [sys.executable, "-c", FORK_IN_A_HANDLER], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "told\n", done.stderr


def test_a_kernel_of_another_thread_is_not_disturbed() -> None:
    results: list[np.ndarray] = []
    done = threading.Event()
    expected = _core.gemm(MATRIX, MATRIX, algorithm="naive")

    def work() -> None:
        results.append(_core.gemm(MATRIX, MATRIX, algorithm="naive"))
        done.set()

    def wait() -> None:
        time.sleep(10)

    thread = threading.Thread(target=work)
    thread.start()
    report("waiting for another thread's kernel", [interrupted(wait)], threads=2)
    assert done.wait(60)
    assert results[0].tobytes() == expected.tobytes()
