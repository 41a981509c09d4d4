"""Work whose bits are known, and processes that must come to an end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.ops.conv2d import conv2d

TIMEOUT = 240  # seconds; a hang is a failure, a busy machine is not

rng = np.random.default_rng(0)
X = rng.standard_normal((8, 16, 20, 20)).astype(np.float32)
WEIGHT = rng.standard_normal((32, 16, 3, 3)).astype(np.float32)


def step() -> list[bytes]:
    """The bits of a convolution and its gradients."""
    x, weight = Tensor(X, requires_grad=True), Tensor(WEIGHT, requires_grad=True)
    y = conv2d(x, weight, padding=1)
    y.sum().backward()
    return [y.data.tobytes(), x.grad.tobytes(), weight.grad.tobytes()]


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
